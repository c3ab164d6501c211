package org.sae4j.stats;

/**
 * Sums over all sequences, and over those that each replicate of a bootstrap drew; no sequence is
 * kept.
 *
 * <p>Sums of parts of a corpus add up as {@link BlockSums} do.
 */
public final class BootstrapSums {
  private final int n;
  private final BlockSums sums; // [1 + replicates, n]

  public BootstrapSums(int replicates, int n) {
    this.n = n;
    sums = new BlockSums(Math.multiplyExact(1 + replicates, n));
  }

  /**
   * Adds what a sequence contributes, to each replicate as often as it drew the sequence.
   *
   * @param draws [replicates]
   * @param values [n]
   */
  public void add(byte[] draws, double[] values) {
    sums.add(0, 1, values);
    for (int r = 0; r < draws.length; r++) {
      if (draws[r] > 0) {
        sums.add((1 + r) * n, draws[r], values);
      }
    }
  }

  /** Ends a block; see {@link BlockSums}. */
  public void close() {
    sums.close();
  }

  /** Adds what others sum up; the blocks of both must be closed. */
  public void merge(BootstrapSums other) {
    sums.merge(other.sums);
  }

  /** One of the sums over all sequences. */
  public double all(int index) {
    return sums.get(index);
  }

  /** The sums over all sequences, [n]. */
  public double[] all() {
    return row(0);
  }

  /** One of the sums of one replicate. */
  public double of(int replicate, int index) {
    return sums.get((1 + replicate) * n + index);
  }

  /** The sums of one replicate, [n]. */
  public double[] of(int replicate) {
    return row(1 + replicate);
  }

  private double[] row(int row) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = sums.get(row * n + i);
    }
    return values;
  }

  /** The sums themselves, to be kept. */
  public BlockSums sums() {
    return sums;
  }
}
