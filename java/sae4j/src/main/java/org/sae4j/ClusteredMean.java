package org.sae4j;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How sure the mean over the effects of an ablation is.
 *
 * <p>Effects at one token are alike, and so are those in one sequence: what a bootstrap may draw
 * are whole sequences, or whole tokens where too few sequences have effects.
 */
final class ClusteredMean {
  private final SortedMap<Long, Sum> tokens = new TreeMap<>();

  private static final class Sum {
    private double value;
    private long count;

    private void add(double value, long count) {
      this.value += value;
      this.count += count;
    }
  }

  void add(int sequence, int position, double value) {
    long token = (long) sequence << Integer.SIZE | position;
    tokens.computeIfAbsent(token, t -> new Sum()).add(value, 1);
  }

  /** What is drawn. */
  AblationSummary.Drawn drawn() {
    if (sequences().size() >= PercentileInterval.FEWEST_SEQUENCES) {
      return AblationSummary.Drawn.SEQUENCES;
    }
    return tokens.size() >= PercentileInterval.FEWEST_SEQUENCES
        ? AblationSummary.Drawn.TOKENS
        : AblationSummary.Drawn.NOTHING;
  }

  private SortedMap<Long, Sum> sequences() {
    SortedMap<Long, Sum> sums = new TreeMap<>();
    tokens.forEach(
        (token, sum) ->
            sums.computeIfAbsent(token >> Integer.SIZE, s -> new Sum()).add(sum.value, sum.count));
    return sums;
  }

  /** Where the mean lies with a confidence of 95 %; empty if there is nothing to draw. */
  Optional<Interval> ci95() {
    SortedMap<Long, Sum> units = drawn() == AblationSummary.Drawn.SEQUENCES ? sequences() : tokens;
    Resampling resampling = Resampling.defaults();
    ReplicateSums sums = new ReplicateSums(resampling.replicates(), 2);
    units.forEach(
        (unit, sum) -> sums.add(resampling.draws(unit), new double[] {sum.value, sum.count}));
    double[] means = new double[resampling.replicates()];
    for (int r = 0; r < means.length; r++) {
      means[r] = sums.of(r, 0) / sums.of(r, 1);
    }
    return PercentileInterval.ci95(means, units.size());
  }
}
