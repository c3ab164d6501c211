package org.sae4j.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums of blocks are exact, so that nothing of their order is left. */
class BlockSumsTest {

  private static double sum(List<Double> blocks) {
    BlockSums sums = new BlockSums(1);
    for (double block : blocks) {
      sums.add(0, block);
      sums.close();
    }
    return sums.get(0);
  }

  /** Doubles of all sizes and signs, from the smallest to so large that a sum of them is finite. */
  private static List<Double> anyDoubles(Random random, int exponents) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      int exponent = random.nextInt(2 * exponents) - exponents;
      values.add(Math.scalb(random.nextDouble() - 0.5, Math.min(exponent, 1010)));
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 60, 300, 1100})
  void theOrderDoesNotMatter(int exponents) {
    Random random = new Random(exponents);
    List<Double> values = anyDoubles(random, exponents);
    double expected = sum(values);
    for (int trial = 0; trial < 20; trial++) {
      Collections.shuffle(values, random);
      assertThat(sum(values)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 60, 300, 1100})
  void theyAreRightToTheLastBit(int exponents) {
    List<Double> values = anyDoubles(new Random(exponents), exponents);
    double exact =
        values.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add).doubleValue();
    assertThat(sum(values)).isCloseTo(exact, within(Math.ulp(exact)));
  }

  @Test
  void whatCancelsOutLeavesTheRest() {
    assertThat(sum(List.of(1e300, 1.0, -1e300, 1e-300, -1.0))).isEqualTo(1e-300);
    assertThat(sum(List.of(Double.MIN_VALUE, Double.MIN_VALUE))).isEqualTo(2 * Double.MIN_VALUE);
    assertThat(sum(List.of(0.1, -0.1))).isZero();
  }

  @Test
  void infinitiesAndNanStay() {
    assertThat(sum(List.of(1.0, Double.POSITIVE_INFINITY, 2.0))).isInfinite();
    assertThat(sum(List.of(Double.NEGATIVE_INFINITY, 1.0, Double.POSITIVE_INFINITY))).isNaN();
    assertThat(sum(List.of(Double.NaN, 1.0))).isNaN();
  }

  /** Within a block they are what a loop over doubles makes. */
  @Test
  void anOpenBlockIsSummedUpInOrder() {
    BlockSums sums = new BlockSums(2);
    double expected = 0;
    for (int i = 1; i < 100; i++) {
      sums.add(1, 1.0 / i);
      expected += 1.0 / i;
    }
    assertThat(sums.get(1)).isEqualTo(expected);
    sums.close();
    assertThat(sums.get(1)).isEqualTo(expected);
    assertThat(sums.get(0)).isZero();
  }
}
