package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReducedPrecisionTest {
  private static final int HALF_INFINITY = 0x7c00;
  private static final int BFLOAT16_INFINITY = 0x7f80;

  /** What half-precision bits mean, by the definition and in exact arithmetic. */
  private static double halfValue(int bits) {
    int exponent = bits >>> 10;
    int mantissa = bits & 0x3ff;
    return exponent == 0
        ? Math.scalb((double) mantissa, -24)
        : Math.scalb((double) (1024 + mantissa), exponent - 25);
  }

  private static int half(float value) {
    return ReducedPrecision.toFloat16(value) & 0xffff;
  }

  private static int bfloat16(float value) {
    return ReducedPrecision.toBfloat16(value) & 0xffff;
  }

  @Test
  void everyHalfSurvives() {
    for (int bits = 0; bits < HALF_INFINITY; bits++) {
      float value = (float) halfValue(bits);
      assertThat(half(value)).isEqualTo(bits);
      assertThat(half(-value)).isEqualTo(0x8000 | bits);
    }
  }

  @Test
  void betweenTwoHalvesTheNearerWinsAndTheEvenOneATie() {
    // The next number after the largest half, 65536, stands for infinity here.
    for (int bits = 0; bits < HALF_INFINITY; bits++) {
      float middle = (float) ((halfValue(bits) + halfValue(bits + 1)) / 2);
      assertThat(half(middle)).isEqualTo(bits + (bits & 1));
      assertThat(half(Math.nextDown(middle))).isEqualTo(bits);
      assertThat(half(Math.nextUp(middle))).isEqualTo(bits + 1);
      assertThat(half(-middle)).isEqualTo(0x8000 | bits + (bits & 1));
    }
  }

  @Test
  void halfHasTheLimitsThatTheStandardNames() {
    assertThat(half(65504f)).isEqualTo(0x7bff);
    assertThat(half(Math.nextDown(65520f))).isEqualTo(0x7bff);
    assertThat(half(65520f)).isEqualTo(HALF_INFINITY);
    assertThat(half(Float.MAX_VALUE)).isEqualTo(HALF_INFINITY);
    assertThat(half(Float.NEGATIVE_INFINITY)).isEqualTo(0x8000 | HALF_INFINITY);
    assertThat(half(0x1p-25f)).isZero();
    assertThat(half(Math.nextUp(0x1p-25f))).isEqualTo(1);
    assertThat(half(Float.MIN_VALUE)).isZero();
    assertThat(half(-0f)).isEqualTo(0x8000);
  }

  @Test
  void everyBfloat16Survives() {
    for (int bits = 0; bits <= BFLOAT16_INFINITY; bits++) {
      float value = Float.intBitsToFloat(bits << 16);
      assertThat(bfloat16(value)).isEqualTo(bits);
      assertThat(bfloat16(-value)).isEqualTo(0x8000 | bits);
    }
  }

  @Test
  void betweenTwoBfloat16TheNearerWinsAndTheEvenOneATie() {
    for (int bits = 0; bits < BFLOAT16_INFINITY; bits++) {
      float middle = Float.intBitsToFloat(bits << 16 | 0x8000);
      assertThat(bfloat16(middle)).isEqualTo(bits + (bits & 1));
      assertThat(bfloat16(Math.nextDown(middle))).isEqualTo(bits);
      assertThat(bfloat16(Math.nextUp(middle))).isEqualTo(bits + 1);
      assertThat(bfloat16(-middle)).isEqualTo(0x8000 | bits + (bits & 1));
    }
  }

  @Test
  void notANumberStaysOne() {
    int[] patterns = {0x7fc00000, 0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff};
    for (int pattern : patterns) {
      float value = Float.intBitsToFloat(pattern);
      assertThat(half(value) & 0x7fff).isGreaterThan(HALF_INFINITY);
      assertThat(bfloat16(value) & 0x7fff).isGreaterThan(BFLOAT16_INFINITY);
    }
  }

  @Test
  void finiteIsWhatIsNeitherInfiniteNorNotANumber() {
    assertThat(ReducedPrecision.isFiniteFloat16((short) 0xfbff)).isTrue();
    assertThat(ReducedPrecision.isFiniteFloat16((short) 0xfc00)).isFalse();
    assertThat(ReducedPrecision.isFiniteFloat16((short) 0x7e00)).isFalse();
    assertThat(ReducedPrecision.isFiniteBfloat16((short) 0xff7f)).isTrue();
    assertThat(ReducedPrecision.isFiniteBfloat16((short) 0x7f80)).isFalse();
    assertThat(ReducedPrecision.isFiniteBfloat16((short) 0x7fc0)).isFalse();
  }
}
