package org.sae4j.ablation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sae4j.arch.HookPoint;

/** The effects of an ablation, summed up as they come: one number is kept of each. */
final class AblationSums {
  private double[] sparsities = new double[1024];
  private int counted;
  private final ClusteredMean clustered = new ClusteredMean();
  private double rowSum;
  private long pairs;
  private long belowNoise;
  private long unchanged;
  private final Map<String, Long> skipped = new LinkedHashMap<>();
  private final SortedMap<Integer, Sum> byAblated = new TreeMap<>();

  private static final class Sum {
    private long pairs;
    private double sparsity;
    private double rowSparsity;

    private AblationSummary.Means means() {
      return new AblationSummary.Means(pairs, sparsity / pairs, rowSparsity / pairs);
    }
  }

  void add(AblationEffect effect) {
    pairs++;
    if (effect.isBelowNoise()) {
      belowNoise++;
      unchanged += effect.change().isNone() ? 1 : 0;
      return;
    }
    if (counted == sparsities.length) {
      sparsities = Arrays.copyOf(sparsities, Math.multiplyExact(2, counted));
    }
    sparsities[counted++] = effect.sparsity();
    clustered.add(effect.sequence(), effect.position(), effect.sparsity());
    rowSum += effect.rowSparsity();
    Sum sum = byAblated.computeIfAbsent(effect.ablated(), ablated -> new Sum());
    sum.pairs++;
    sum.sparsity += effect.sparsity();
    sum.rowSparsity += effect.rowSparsity();
  }

  /** Counts pairs that are left out. */
  void skip(String reason, long count) {
    if (count > 0) {
      skipped.merge(reason, count, Long::sum);
    }
  }

  AblationSummary summary(
      HookPoint point,
      AblationOptions options,
      Optional<AblationSummary> compared,
      double seconds) {
    double[] values = Arrays.copyOf(sparsities, counted);
    Map<String, String> undefined = new LinkedHashMap<>();
    if (counted == 0) {
      String reason =
          pairs == 0 ? "no pair was measured" : "all %d pairs are below the noise".formatted(pairs);
      List.of("mean", "median", "ci95", "row_mean").forEach(key -> undefined.put(key, reason));
    }
    SortedMap<Integer, AblationSummary.Means> means = new TreeMap<>();
    byAblated.forEach((ablated, sum) -> means.put(ablated, sum.means()));
    return new AblationSummary(
        point,
        options,
        Arrays.stream(values).sum() / counted,
        median(values),
        clustered.ci95(),
        clustered.drawn(),
        rowSum / counted,
        pairs,
        skipped,
        belowNoise,
        unchanged,
        means,
        compared,
        seconds,
        undefined);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
