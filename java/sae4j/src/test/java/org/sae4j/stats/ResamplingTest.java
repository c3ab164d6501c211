package org.sae4j.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** Intervals from a Poisson bootstrap, where the truth is known. */
class ResamplingTest {
  private static final int TRIALS = 400;

  @Test
  void drawsArePoisson() {
    int[] counts = new int[20];
    for (int sequence = 0; sequence < 1000; sequence++) {
      for (byte draws : Resampling.defaults().draws(sequence)) {
        counts[draws]++;
      }
    }
    double share = Math.exp(-1);
    for (int k = 0; k < 6; share /= ++k) {
      double deviation = Math.sqrt(1e6 * share * (1 - share));
      assertThat((double) counts[k]).isCloseTo(1e6 * share, within(4 * deviation));
    }
  }

  /** A replicate has to draw each sequence independently of the others, and as others draw it. */
  @Test
  void drawsAreIndependent() {
    Resampling resampling = new Resampling(1000, 1);
    double products = 0;
    double neighbours = 0;
    for (int sequence = 0; sequence < 200; sequence++) {
      byte[] one = resampling.draws(sequence);
      byte[] next = resampling.draws(sequence + 1);
      for (int r = 1; r < 1000; r++) {
        products += (one[r] - 1) * (next[r] - 1);
        neighbours += (one[r] - 1) * (one[r - 1] - 1);
      }
    }
    double deviation = Math.sqrt(200 * 999);
    assertThat(products).isCloseTo(0, within(4 * deviation));
    assertThat(neighbours).isCloseTo(0, within(4 * deviation));
  }

  @Test
  void drawsAreTheSameForEver() {
    assertThat(Arrays.copyOf(Resampling.defaults().draws(0), 12))
        .containsExactly(0, 1, 0, 1, 2, 0, 1, 2, 0, 2, 0, 0);
    assertThat(Resampling.defaults().draws(7)).isEqualTo(Resampling.defaults().draws(7));
    assertThat(Resampling.defaults().draws(7)).isNotEqualTo(Resampling.defaults().draws(7L << 32));
    assertThat(new Resampling(1000, 1).draws(7)).isNotEqualTo(Resampling.defaults().draws(7));
  }

  @Test
  void fewReplicatesAreRefused() {
    assertThatThrownBy(() -> new Resampling(99, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("99");
  }

  /** Expected values: Φ(−√(n / (n − 1))·t) by scipy.stats. */
  @Test
  void tailsAreThoseOfStudent() {
    Map<Integer, Double> tails =
        Map.of(5, 0.00095410, 6, 0.00243180, 10, 0.00855064, 30, 0.01875390, 1_000_000, 0.0249999);
    tails.forEach(
        (n, tail) ->
            assertThat(PercentileInterval.tail(n))
                .as("%d", n)
                .isCloseTo(tail, withinPercentage(0.5)));
  }

  @Test
  void fewSequencesHaveNoInterval() {
    double[] values = new double[1000];
    assertThat(PercentileInterval.ci95(values, 4)).isEmpty();
    assertThat(PercentileInterval.ci95(values, 5)).contains(new Interval(0, 0));
  }

  @Test
  void replicatesWithoutAValueAreLeftOut() {
    double[] values = new double[1000];
    Arrays.setAll(values, r -> r < 499 ? Double.NaN : r);
    Interval interval = PercentileInterval.ci95(values, 1_000_000).orElseThrow();
    assertThat(interval).isEqualTo(new Interval(511, 987));
    values[499] = Double.NaN;
    values[500] = Double.POSITIVE_INFINITY;
    assertThat(PercentileInterval.ci95(values, 1_000_000)).isEmpty();
  }

  /** 95 % ± 3.5 standard deviations of the share of successes. */
  @Test
  void intervalsCoverTheTruthAsOftenAsTheySay() {
    for (int sequences : new int[] {6, 10, 30, 60}) {
      SplitMix64 random = new SplitMix64(sequences);
      double share = coverage(sequences, 1, random, () -> 1 + random.gaussian());
      assertThat(share).as("%d sequences", sequences).isCloseTo(0.95, within(0.038));
    }
  }

  /** KL is skewed, which costs any percentile interval of few sequences some of its coverage. */
  @Test
  void intervalsOfSkewedNumbersComeCloseWithManySequences() {
    SplitMix64 random = new SplitMix64(5);
    double truth = Math.exp(0.5 * 0.5 / 2);
    DoubleSupplier lognormal = () -> Math.exp(0.5 * random.gaussian());
    assertThat(coverage(20, truth, random, lognormal)).isBetween(0.87, 0.97);
    assertThat(coverage(100, truth, random, lognormal)).isBetween(0.90, 0.98);
  }

  /** How often the interval of a mean over the tokens of sequences of 8 to 64 covers the truth. */
  private static double coverage(
      int sequences, double truth, SplitMix64 random, DoubleSupplier value) {
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      Resampling resampling = new Resampling(1000, trial);
      BootstrapSums sums = new BootstrapSums(1000, 2);
      for (int s = 0; s < sequences; s++) {
        int tokens = 8 + random.below(57);
        sums.add(resampling.draws(s), new double[] {tokens * value.getAsDouble(), tokens});
      }
      Interval interval = PercentileInterval.ci95(means(sums), sequences).orElseThrow();
      covered += interval.low() <= truth && truth <= interval.high() ? 1 : 0;
    }
    return (double) covered / TRIALS;
  }

  private static double[] means(BootstrapSums sums) {
    double[] means = new double[1000];
    Arrays.setAll(means, r -> sums.of(r, 0) / sums.of(r, 1));
    return means;
  }

  /** The plain bootstrap draws as many sequences as there are, with replacement. */
  @Test
  void intervalsAreThoseOfThePlainBootstrap() {
    SplitMix64 random = new SplitMix64(9);
    BootstrapSums sums = new BootstrapSums(1000, 2);
    double[] values = new double[80];
    for (int s = 0; s < values.length; s++) {
      values[s] = random.gaussian() * random.gaussian();
      sums.add(Resampling.defaults().draws(s), new double[] {values[s], 1});
    }
    double[] plain = new double[20_000];
    for (int r = 0; r < plain.length; r++) {
      for (int s = 0; s < values.length; s++) {
        plain[r] += values[random.below(values.length)] / values.length;
      }
    }
    Interval poisson = PercentileInterval.ci95(means(sums), values.length).orElseThrow();
    Interval expected = PercentileInterval.ci95(plain, values.length).orElseThrow();
    double tenth = expected.width() / 10;
    assertThat(poisson.low()).isCloseTo(expected.low(), within(tenth));
    assertThat(poisson.high()).isCloseTo(expected.high(), within(tenth));
  }
}
