package org.sae4j.results;

/** A histogram of values from 0 to 1; its size does not depend on their number. */
public final class UnitHistogram {
  public static final int BINS = 50;

  private final long[] counts = new long[BINS];
  private double sum;
  private long count;

  public void add(double value) {
    counts[Math.min((int) (value * BINS), BINS - 1)]++;
    sum += value;
    count++;
  }

  public long count() {
    return count;
  }

  public double mean() {
    return sum / count;
  }

  /** How many values are in a bin. */
  public long count(int bin) {
    return counts[bin];
  }

  /** The lower end of a bin, which is the upper end of the one before. */
  public static double edge(int bin) {
    return (double) bin / BINS;
  }

  /** How many of 100 values are in a bin. */
  public double percent(int bin) {
    return 100.0 * counts[bin] / count;
  }
}
