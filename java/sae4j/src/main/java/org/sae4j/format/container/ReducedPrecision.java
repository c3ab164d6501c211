package org.sae4j.format.container;

/**
 * Rounds 32-bit floats to the two 16-bit formats, to nearest, ties to even.
 *
 * <p>Java has no such conversion before version 20. Subnormal numbers are kept, values beyond the
 * largest number of a format become infinite, and a NaN stays one.
 */
final class ReducedPrecision {
  private static final int SIGN = 0x8000_0000;
  private static final int INFINITY = 0x7f80_0000;

  /** 2¹⁶ as bits: from here on, no rounding reaches a half-precision number. */
  private static final int HALF_OVERFLOW = 0x4780_0000;

  /** 2⁻¹⁴ as bits: the smallest normal half-precision number. */
  private static final int HALF_SMALLEST_NORMAL = 0x3880_0000;

  private static final int HALF_INFINITY = 0x7c00;
  private static final int HALF_QUIET_NAN = 0x7e00;
  private static final int BFLOAT16_QUIET = 0x0040;

  /** Bits of a float's mantissa that a half-precision number has no room for. */
  private static final int HALF_DROPPED_BITS = 23 - 10;

  /** The difference of the two exponent biases, in place. */
  private static final int HALF_REBIAS = (127 - 15) << 23;

  private ReducedPrecision() {}

  /** Returns the IEEE half-precision bits nearest to {@code value}. */
  static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits & SIGN) >>> 16;
    return (short) (sign | float16Magnitude(bits & ~SIGN));
  }

  private static int float16Magnitude(int bits) {
    if (bits > INFINITY) {
      return HALF_QUIET_NAN;
    }
    if (bits >= HALF_OVERFLOW) {
      return HALF_INFINITY;
    }
    if (bits >= HALF_SMALLEST_NORMAL) {
      // A mantissa that rounds up to 2 carries into the exponent, and from 65520 on into infinity.
      return roundedShift(bits - HALF_REBIAS, HALF_DROPPED_BITS);
    }
    return subnormalFloat16(bits);
  }

  /** Returns the multiple of 2⁻²⁴ nearest to a float below the smallest normal number. */
  private static int subnormalFloat16(int bits) {
    // value = mantissa · 2^(exponent − 150) = (mantissa / 2^(126 − exponent)) · 2⁻²⁴
    int shift = 126 - (bits >>> 23);
    if (shift > 24) {
      return 0;
    }
    int mantissa = (bits & 0x007f_ffff) | 0x0080_0000;
    return roundedShift(mantissa, shift);
  }

  /** Returns the bfloat16 bits nearest to {@code value}. */
  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & ~SIGN) > INFINITY) {
      return (short) ((bits >>> 16) | BFLOAT16_QUIET);
    }
    return (short) roundedShift(bits, 16);
  }

  /** Returns {@code bits / 2^shift}, rounded to nearest, ties to even; {@code bits} is unsigned. */
  private static int roundedShift(int bits, int shift) {
    int kept = bits >>> shift;
    int justBelowHalf = (1 << (shift - 1)) - 1;
    return (bits + justBelowHalf + (kept & 1)) >>> shift;
  }

  /** Tells whether 16 bits of half precision are a number, and not infinite. */
  static boolean isFiniteFloat16(short bits) {
    return (bits & HALF_INFINITY) != HALF_INFINITY;
  }

  /** Tells whether 16 bits of bfloat16 are a number, and not infinite. */
  static boolean isFiniteBfloat16(short bits) {
    return (bits & 0x7f80) != 0x7f80;
  }
}
