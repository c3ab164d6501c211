package org.sae4j;

import java.util.Arrays;

/** Sums over the sequences that each replicate of a bootstrap drew; no sequence is kept. */
final class ReplicateSums {
  private final int n;
  private double[] sums; // [replicates, n]

  ReplicateSums(int replicates, int n) {
    this.n = n;
    sums = new double[Math.multiplyExact(replicates, n)];
  }

  /**
   * Adds what a sequence contributes, as often as each replicate drew it.
   *
   * @param draws [replicates]
   * @param values [n]
   */
  void add(byte[] draws, double[] values) {
    for (int r = 0; r < draws.length; r++) {
      int count = draws[r];
      for (int i = 0, at = r * n; count > 0 && i < n; i++, at++) {
        sums[at] += count * values[i];
      }
    }
  }

  /** One of the sums of one replicate. */
  double of(int replicate, int index) {
    return sums[replicate * n + index];
  }

  /** The sums of one replicate, [n], a copy. */
  double[] of(int replicate) {
    return Arrays.copyOfRange(sums, replicate * n, (replicate + 1) * n);
  }

  /** Writes or reads the sums. */
  void visit(Archive archive) {
    sums = archive.doubles(sums);
  }
}
