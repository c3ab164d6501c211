package org.sae4j;

/**
 * Writes values, or reads the ones that were written, in the same order.
 *
 * <p>Whoever has something to be kept says it once, {@code sum = archive.doubles(sum)}, so that
 * what is written and what is read cannot differ.
 */
interface Archive {
  long number(long value);

  /** An array; the one that is read may be longer. */
  double[] doubles(double[] values);

  /** An array; the one that is read may be longer. */
  long[] longs(long[] values);
}
