package org.sae4j;

import java.util.Arrays;

/** KL and ΔCE summed up by something that is numbered: position, or token to be predicted. */
final class Breakdown {
  private double[] kl;
  private double[] deltaCe;
  private long[] compared;
  private long[] targeted;

  /** Has room for numbers below this. */
  Breakdown(int size) {
    kl = new double[size];
    deltaCe = new double[size];
    compared = new long[size];
    targeted = new long[size];
  }

  void addKl(int number, double value) {
    kl[number] += value;
    compared[number]++;
  }

  void addDeltaCe(int number, double value) {
    deltaCe[number] += value;
    targeted[number]++;
  }

  /** Makes room for numbers below this, if there is none. */
  void grow(int size) {
    if (size > kl.length) {
      kl = Arrays.copyOf(kl, size);
      deltaCe = Arrays.copyOf(deltaCe, size);
      compared = Arrays.copyOf(compared, size);
      targeted = Arrays.copyOf(targeted, size);
    }
  }

  int size() {
    return kl.length;
  }

  double kl(int number) {
    return kl[number];
  }

  double deltaCe(int number) {
    return deltaCe[number];
  }

  /** How many values {@link #kl} sums up. */
  long compared(int number) {
    return compared[number];
  }

  /** How many values {@link #deltaCe} sums up. */
  long targeted(int number) {
    return targeted[number];
  }

  /** Writes or reads the sums. */
  void visit(Archive archive) {
    kl = archive.doubles(kl);
    deltaCe = archive.doubles(deltaCe);
    compared = archive.longs(compared);
    targeted = archive.longs(targeted);
  }
}
