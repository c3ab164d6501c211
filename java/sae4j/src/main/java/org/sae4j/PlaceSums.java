package org.sae4j;

/** Σ x over counted tokens at an activation that is replaced, for all SAEs that replace it. */
final class PlaceSums {
  private final ReplicateSums replicates;
  private double[] x; // [width]

  PlaceSums(int width, int replicates) {
    x = new double[width];
    this.replicates = new ReplicateSums(replicates, width);
  }

  /** Adds Σ x of one sequence. */
  void add(byte[] draws, double[] sum) {
    for (int i = 0; i < x.length; i++) {
      x[i] += sum[i];
    }
    replicates.add(draws, sum);
  }

  double[] x() {
    return x;
  }

  double[] x(int replicate) {
    return replicates.of(replicate);
  }

  /** Writes or reads the sums. */
  void visit(Archive archive) {
    x = archive.doubles(x);
    replicates.visit(archive);
  }
}
