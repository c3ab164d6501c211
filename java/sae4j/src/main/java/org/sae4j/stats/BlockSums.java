package org.sae4j.stats;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Sums that add up to the same bits whatever the order of the parts.
 *
 * <p>What is added is first summed up as doubles, in the order in which it comes, until {@link
 * #close} ends the block. Blocks are then added up exactly, as whole numbers of 56-bit digits from
 * the smallest double to beyond the largest, so that neither the order of the blocks nor how they
 * are spread over several sums matters. Only a block itself must always be summed up in one order.
 *
 * <p>Closing a block costs about 20 ns per sum, and the exact sums take two or three longs each,
 * because only the digits that any sum has are kept.
 */
public final class BlockSums {
  private static final int DIGIT_BITS = 56;
  private static final long DIGIT_MASK = (1L << DIGIT_BITS) - 1;
  private static final long HALF = 1L << DIGIT_BITS - 1;

  /** Where the digit that counts units is; the lowest has the last bit of the smallest double. */
  private static final int UNITS = 20;

  private static final int DIGITS = 41;

  private double[] open; // [n] the block at hand
  private double[] notFinite; // [n] infinities and NaN of closed blocks; [0]: none
  private final long[][] digits; // [digit][n] -2^55 to 2^55 - 1, the lowest first; [0]: all zero

  public BlockSums(int n) {
    open = new double[n];
    notFinite = new double[0];
    digits = new long[DIGITS][0];
  }

  public int size() {
    return open.length;
  }

  public void add(int index, double value) {
    open[index] += value;
  }

  /** Adds values, each so many times, to the sums from an index on. */
  public void add(int from, int times, double[] values) {
    for (int i = 0; i < values.length; i++) {
      open[from + i] += times * values[i];
    }
  }

  /** Makes room for sums below this index, if there is none. */
  public void grow(int n) {
    if (n > open.length) {
      open = Arrays.copyOf(open, n);
      notFinite = grown(notFinite, n);
      for (int d = 0; d < DIGITS; d++) {
        digits[d] = digits[d].length == 0 ? digits[d] : Arrays.copyOf(digits[d], n);
      }
    }
  }

  private static double[] grown(double[] values, int n) {
    return values.length == 0 ? values : Arrays.copyOf(values, n);
  }

  /** Ends the block. */
  public void close() {
    for (int i = 0; i < open.length; i++) {
      if (open[i] != 0) {
        addExactly(i, open[i]);
        open[i] = 0;
      }
    }
  }

  private void addExactly(int index, double value) {
    if (!Double.isFinite(value)) {
      notFinite = notFinite.length == 0 ? new double[open.length] : notFinite;
      notFinite[index] += value;
      return;
    }
    long bits = Double.doubleToRawLongBits(value);
    int exponent = (int) (bits >>> 52 & 0x7ff);
    long fraction = bits & (1L << 52) - 1 | (exponent == 0 ? 0 : 1L << 52);
    long signed = bits < 0 ? -fraction : fraction;
    // value = signed · 2^(lowest bit's place − 56 · UNITS)
    int place = Math.max(exponent, 1) - 1075 + DIGIT_BITS * UNITS;
    int digit = place / DIGIT_BITS;
    int shift = place % DIGIT_BITS;
    addDigit(digit, index, signed << shift & DIGIT_MASK);
    addDigit(digit + 1, index, signed >> DIGIT_BITS - shift);
  }

  /** Adds to one digit, and what it can then no longer hold to the next. */
  private void addDigit(int digit, int index, long value) {
    long carry = value;
    for (int d = digit; carry != 0; d++) {
      if (digits[d].length == 0) {
        digits[d] = new long[open.length];
      }
      long sum = digits[d][index] + carry;
      carry = sum + HALF >> DIGIT_BITS;
      digits[d][index] = sum - (carry << DIGIT_BITS);
    }
  }

  /** Adds what others sum up; the blocks of both must be closed. */
  public void merge(BlockSums other) {
    grow(other.size());
    for (int i = 0; i < other.notFinite.length; i++) {
      if (other.notFinite[i] != 0) {
        addExactly(i, other.notFinite[i]);
      }
    }
    for (int d = 0; d < DIGITS; d++) {
      for (int i = 0; i < other.digits[d].length; i++) {
        addDigit(d, i, other.digits[d][i]);
      }
    }
  }

  /** A sum, the block at hand included. */
  public double get(int index) {
    double sum = 0;
    for (int d = 0; d < DIGITS; d++) {
      if (digits[d].length > 0) {
        sum += Math.scalb((double) digits[d][index], DIGIT_BITS * (d - UNITS));
      }
    }
    sum += open[index];
    return notFinite.length == 0 ? sum : sum + notFinite[index];
  }

  /**
   * Replaces all by what a visitor makes of it: itself to write it, what was written to read it.
   *
   * @param doubles of the block at hand, and of what is not finite
   * @param longs of each digit, of any sign
   */
  public void visit(UnaryOperator<double[]> doubles, UnaryOperator<long[]> longs) {
    open = doubles.apply(open);
    notFinite = doubles.apply(notFinite);
    requireOneLength(notFinite.length);
    for (int d = 0; d < DIGITS; d++) {
      digits[d] = longs.apply(digits[d]);
      requireOneLength(digits[d].length);
    }
  }

  private void requireOneLength(int length) {
    if (length != 0 && length != open.length) {
      throw new IllegalArgumentException(
          "expected %d sums, found %d".formatted(open.length, length));
    }
  }
}
