package org.sae4j.eval;

import java.util.Arrays;
import org.sae4j.pass.Archive;
import org.sae4j.stats.BlockSums;

/** KL and ΔCE summed up by something that is numbered: position, or token to be predicted. */
final class Breakdown {
  private final BlockSums kl;
  private final BlockSums deltaCe;
  private long[] compared;
  private long[] targeted;

  /** Has room for numbers below this. */
  Breakdown(int size) {
    kl = new BlockSums(size);
    deltaCe = new BlockSums(size);
    compared = new long[size];
    targeted = new long[size];
  }

  void addKl(int number, double value) {
    kl.add(number, value);
    compared[number]++;
  }

  void addDeltaCe(int number, double value) {
    deltaCe.add(number, value);
    targeted[number]++;
  }

  /** Makes room for numbers below this, if there is none. */
  void grow(int size) {
    if (size > compared.length) {
      kl.grow(size);
      deltaCe.grow(size);
      compared = Arrays.copyOf(compared, size);
      targeted = Arrays.copyOf(targeted, size);
    }
  }

  /** Ends a block; see {@link BlockSums}. */
  void close() {
    kl.close();
    deltaCe.close();
  }

  /** Adds what others sum up; the blocks of both must be closed. */
  void merge(Breakdown other) {
    grow(other.size());
    kl.merge(other.kl);
    deltaCe.merge(other.deltaCe);
    Totals.add(other.compared, compared);
    Totals.add(other.targeted, targeted);
  }

  int size() {
    return compared.length;
  }

  double kl(int number) {
    return kl.get(number);
  }

  double deltaCe(int number) {
    return deltaCe.get(number);
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
    kl.visit(archive::doubles, archive::signed);
    deltaCe.visit(archive::doubles, archive::signed);
    compared = archive.longs(compared);
    targeted = archive.longs(targeted);
  }
}
