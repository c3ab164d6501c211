package org.sae4j.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random numbers that are the same for ever. */
class SplitMix64Test {
  /** The first numbers for this seed in the authors' own implementation. */
  @Test
  void splitMix64IsTheKnownOne() {
    SplitMix64 random = new SplitMix64(1234567);
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("6457827717110365317");
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("3203168211198807973");
    assertThat(Long.toUnsignedString(random.next())).isEqualTo("9817491932198370423");
  }

  @Test
  void boundedNumbersStayBelowTheirBound() {
    SplitMix64 random = new SplitMix64(1);
    int[] counts = new int[7];
    IntStream.range(0, 70_000).forEach(i -> counts[random.below(7)]++);
    assertThat(Arrays.stream(counts)).allMatch(count -> count > 9_500 && count < 10_500);
    assertThat(random.below(1)).isZero();
    assertThat(random.below(Integer.MAX_VALUE)).isNotNegative();
  }

  @Test
  void gaussiansHaveMeanZeroAndVarianceOne() {
    SplitMix64 random = new SplitMix64(2);
    double[] values = IntStream.range(0, 100_000).mapToDouble(i -> random.gaussian()).toArray();
    assertThat(Arrays.stream(values).average().orElseThrow()).isCloseTo(0, within(0.02));
    assertThat(Arrays.stream(values).map(v -> v * v).average().orElseThrow())
        .isCloseTo(1, within(0.02));
  }

  @Test
  void seedsWithMoreDiffer() {
    assertThat(new SplitMix64(1, 2, 3).next()).isNotEqualTo(new SplitMix64(1, 3, 2).next());
    assertThat(new SplitMix64(1, 2).next()).isNotEqualTo(new SplitMix64(1).next());
  }

  @Test
  void boundsMayNeedMoreThan31Bits() {
    SplitMix64 random = new SplitMix64(3);
    long bound = 7L << 58;
    int[] counts = new int[7];
    IntStream.range(0, 70_000).forEach(i -> counts[(int) (random.below(bound) >> 58)]++);
    assertThat(Arrays.stream(counts)).allMatch(count -> count > 9_500 && count < 10_500);
    assertThat(new SplitMix64(4).below(100L)).isEqualTo(new SplitMix64(4).below(100));
    assertThat(new SplitMix64(4).below(1L << 31) >>> 11)
        .isEqualTo(new SplitMix64(4).below(1 << 20));
  }
}
