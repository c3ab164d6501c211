package org.sae4j.pass;

/**
 * Writes values, or reads the ones that were written, in the same order.
 *
 * <p>Whoever has something to be kept says it once, {@code sum = archive.doubles(sum)}, so that
 * what is written and what is read cannot differ.
 */
public interface Archive {
  /** A number from 0. */
  long number(long value);

  /** An array; the one that is read may be longer. */
  double[] doubles(double[] values);

  /** An array of numbers from 0; the one that is read may be longer. */
  long[] longs(long[] values);

  /** An array of numbers of any sign; the one that is read may be longer. */
  long[] signed(long[] values);
}
