package org.sae4j.bench;

import java.util.Arrays;

/** One side of a comparison: does the work once and says how long it took. */
@FunctionalInterface
interface Timing {
  double seconds() throws Exception;

  /** What is to be timed. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  static Timing of(Work work) {
    return () -> {
      long start = System.nanoTime();
      work.run();
      return (System.nanoTime() - start) / 1e9;
    };
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
