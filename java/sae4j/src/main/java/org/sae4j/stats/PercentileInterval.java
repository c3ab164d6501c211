package org.sae4j.stats;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where a number lies with a confidence of 95 %, from its values in the replicates of a bootstrap.
 *
 * <p>The 2.5 and 97.5 percentiles are too close together for few sequences: of 10, they cover the
 * truth nine times out of ten. So percentiles further out are taken, by as much as Student's t with
 * the unbiased variance is further out than the normal distribution. Source: Hesterberg 2015, "What
 * teachers should know about the bootstrap", the expanded percentile interval.
 */
public final class PercentileInterval {
  /** Of fewer there are too few different draws for any percentile. */
  public static final int FEWEST_SEQUENCES = 5;

  private static final double Z = 1.959963984540054; // 97.5 % of the normal distribution

  private PercentileInterval() {}

  /**
   * The interval, if there is one.
   *
   * @param values [replicates]; NaN where a replicate has no value, which is then left out
   * @param sequences how many sequences the replicates draw from
   */
  public static Optional<Interval> ci95(double[] values, long sequences) {
    double[] sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    if (sequences < FEWEST_SEQUENCES || sorted.length <= values.length / 2) {
      return Optional.empty();
    }
    int outside = (int) Math.floor(tail(sequences) * sorted.length);
    return Optional.of(new Interval(sorted[outside], sorted[sorted.length - 1 - outside]));
  }

  /** The share of the replicates to leave out on each side: Φ(−√(n / (n − 1))·t). */
  static double tail(long sequences) {
    double n = sequences;
    return normalTail(Math.sqrt(n / (n - 1)) * student(n - 1));
  }

  /** 97.5 % of Student's t with ν ≥ 4 degrees of freedom. Source: Abramowitz, Stegun, 26.7.5. */
  private static double student(double nu) {
    double z2 = Z * Z;
    double g1 = (z2 + 1) * Z / 4;
    double g2 = ((5 * z2 + 16) * z2 + 3) * Z / 96;
    double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * Z / 384;
    double g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) * Z / 92160;
    return Z + (g1 + (g2 + (g3 + g4 / nu) / nu) / nu) / nu;
  }

  /** 1 − Φ(x) for x ≥ 0, to 1e-7. Source: Abramowitz, Stegun, 26.2.17. */
  private static double normalTail(double x) {
    double t = 1 / (1 + 0.2316419 * x);
    double series =
        ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.319381530)
            * t;
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * series;
  }
}
