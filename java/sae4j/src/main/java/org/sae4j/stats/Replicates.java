package org.sae4j.stats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Means and ratios over sequences, had other sequences of the same kind been drawn.
 *
 * <p>A bootstrap over sequences: each replicate draws some of them more than once and others not at
 * all. Intervals are between percentiles of the replicates' values, which are further out the fewer
 * sequences there are; a sequence without counted tokens is not drawn.
 */
public final class Replicates {
  private final Resampling resampling;
  private final long sequences;
  private final Map<String, double[]> values; // [replicates] each

  /**
   * Takes the values of some numbers.
   *
   * @param resampling how sequences were drawn
   * @param sequences how many there were to draw from
   * @param values [replicates] of each number, by its key; NaN where it is undefined
   */
  public Replicates(Resampling resampling, long sequences, Map<String, double[]> values) {
    this.resampling = resampling;
    this.sequences = sequences;
    this.values = values;
  }

  /** The number of sequences that have a counted token. */
  public long sequences() {
    return sequences;
  }

  /** What a number is in one replicate; NaN if it is undefined there. */
  public double of(String key, int replicate) {
    return values.get(key)[replicate];
  }

  /** Why no number has an interval; empty if they can have one. */
  public Optional<String> missing() {
    return sequences < PercentileInterval.FEWEST_SEQUENCES
        ? Optional.of(
            "intervals need %d sequences, found %d"
                .formatted(PercentileInterval.FEWEST_SEQUENCES, sequences))
        : Optional.empty();
  }

  /**
   * Where a number lies with a confidence of 95 %.
   *
   * @param key the number
   * @return empty if there are too few sequences, or the number is no mean or ratio over tokens
   */
  public Optional<Interval> ci95(String key) {
    return Optional.ofNullable(values.get(key))
        .flatMap(each -> PercentileInterval.ci95(each, sequences));
  }

  /** All intervals that there are, by the numbers' keys. */
  public Map<String, Interval> ci95() {
    Map<String, Interval> intervals = new LinkedHashMap<>();
    values.keySet().forEach(key -> ci95(key).ifPresent(ci -> intervals.put(key, ci)));
    return intervals;
  }

  /**
   * Where the difference of a number from another SAE's lies with a confidence of 95 %.
   *
   * <p>Both are of the same sequences in each replicate, so that what makes a text easy or hard for
   * both cancels out.
   *
   * @throws IllegalArgumentException if the other one is of another evaluation
   */
  public Optional<Interval> ci95OfDifference(String key, Replicates other) {
    if (!resampling.equals(other.resampling) || sequences != other.sequences) {
      throw new IllegalArgumentException("differences are between results of one evaluation");
    }
    double[] mine = values.get(key);
    double[] theirs = other.values.get(key);
    if (mine == null || theirs == null) {
      return Optional.empty();
    }
    double[] differences = new double[mine.length];
    Arrays.setAll(differences, r -> mine[r] - theirs[r]);
    return PercentileInterval.ci95(differences, sequences);
  }
}
