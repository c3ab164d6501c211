package org.sae4j;

import java.util.Arrays;

/** How sure a mean is, from resamples with replacement; the same whenever it is asked. */
final class Bootstrap {
  private static final int RESAMPLES = 1000;
  private static final long SEED = 20240606;

  private Bootstrap() {}

  /** Between the 2.5 and 97.5 percentiles of the resamples' means; NaN if there are no values. */
  static AblationSummary.Interval ci95(double[] values) {
    if (values.length == 0) {
      return new AblationSummary.Interval(Double.NaN, Double.NaN);
    }
    SplitMix64 random = new SplitMix64(SEED);
    double[] means = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.below(values.length)];
      }
      means[r] = sum / values.length;
    }
    Arrays.sort(means);
    return new AblationSummary.Interval(
        means[RESAMPLES * 25 / 1000], means[RESAMPLES * 975 / 1000 - 1]);
  }
}
