package org.sae4j.ablation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sae4j.stats.BootstrapSums;
import org.sae4j.stats.Interval;
import org.sae4j.stats.PercentileInterval;
import org.sae4j.stats.Resampling;

/**
 * How sure the mean over the effects of an ablation is.
 *
 * <p>Effects at one token are alike, and so are those in one sequence: what a bootstrap may draw
 * are whole sequences, or whole tokens where too few sequences have effects. Of very few tokens the
 * effects themselves are drawn, which is better than no interval, if too narrow a one.
 */
final class ClusteredMean {
  private final SortedMap<Long, Sum> tokens = new TreeMap<>();
  private final List<Sum> effects = new ArrayList<>(); // while there are too few tokens

  private static final class Sum {
    private double value;
    private long count;

    private Sum() {}

    private Sum(double value) {
      add(value, 1);
    }

    private void add(double value, long count) {
      this.value += value;
      this.count += count;
    }
  }

  void add(int sequence, int position, double value) {
    long token = (long) sequence << Integer.SIZE | position;
    tokens.computeIfAbsent(token, t -> new Sum()).add(value, 1);
    if (isEnough(tokens.values())) {
      effects.clear();
    } else {
      effects.add(new Sum(value));
    }
  }

  private static boolean isEnough(Collection<Sum> units) {
    return units.size() >= PercentileInterval.FEWEST_SEQUENCES;
  }

  /** What is drawn. */
  AblationSummary.Drawn drawn() {
    if (isEnough(sequences())) {
      return AblationSummary.Drawn.SEQUENCES;
    }
    if (isEnough(tokens.values())) {
      return AblationSummary.Drawn.TOKENS;
    }
    return isEnough(effects) ? AblationSummary.Drawn.EFFECTS : AblationSummary.Drawn.NOTHING;
  }

  private Collection<Sum> units() {
    return switch (drawn()) {
      case SEQUENCES -> sequences();
      case TOKENS -> tokens.values();
      case EFFECTS, NOTHING -> effects;
    };
  }

  private Collection<Sum> sequences() {
    SortedMap<Long, Sum> sums = new TreeMap<>();
    tokens.forEach(
        (token, sum) ->
            sums.computeIfAbsent(token >> Integer.SIZE, s -> new Sum()).add(sum.value, sum.count));
    return sums.values();
  }

  /** Where the mean lies with a confidence of 95 %; empty if there is nothing to draw. */
  Optional<Interval> ci95() {
    Collection<Sum> units = units();
    Resampling resampling = Resampling.defaults();
    BootstrapSums sums = new BootstrapSums(resampling.replicates(), 2);
    long index = 0;
    for (Sum unit : units) {
      sums.add(resampling.draws(index++), new double[] {unit.value, unit.count});
    }
    double[] means = new double[resampling.replicates()];
    for (int r = 0; r < means.length; r++) {
      means[r] = sums.of(r, 0) / sums.of(r, 1);
    }
    return PercentileInterval.ci95(means, units.size());
  }
}
