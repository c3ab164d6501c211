package org.sae4j;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.DoublePointer;

/** What one SAE does, summed over counted tokens. */
final class SpliceSums {
  private static final int KL = Quantity.KL.ordinal();
  private static final int COMPARED = Quantity.COMPARED.ordinal();

  private final PlaceSums place;
  private final ReplicateSums replicates;
  private final Breakdown byPosition = new Breakdown(0);
  private final Breakdown byTarget; // [vocabulary], of tokens with a next one only
  private double[] sums = new double[Quantity.COUNT];
  private long[] fires; // [latents]

  SpliceSums(PlaceSums place, int latents, int vocabulary, int replicates) {
    this.place = place;
    this.replicates = new ReplicateSums(replicates, Quantity.COUNT);
    byTarget = new Breakdown(vocabulary);
    fires = new long[latents];
  }

  /** Adds the sums of one sequence. */
  void add(byte[] draws, double[] values) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[i];
    }
    replicates.add(draws, values);
  }

  /** Adds what is not kept by sequence, of all tokens of a batch. */
  void add(Sequences batch, CountedTokens counted, DoublePointer ceClean, SpliceArrays splice) {
    int[] ids = batch.ids();
    byPosition.grow(batch.longest());
    splice.addFires(fires);
    for (int t = 0; t < counted.tokens(); t++) {
      int position = counted.position()[t];
      double kl = splice.effect().kl(t);
      if (counted.compared()[t]) {
        byPosition.addKl(position, kl);
      }
      if (counted.targeted()[t]) {
        double deltaCe = splice.effect().ce(t) - ceClean.get(t);
        byPosition.addDeltaCe(position, deltaCe);
        byTarget.addDeltaCe(ids[t + 1], deltaCe);
        byTarget.addKl(ids[t + 1], kl);
      }
    }
  }

  Sums sums() {
    return new Sums(sums, place.x());
  }

  /** The sums as a replicate drew the sequences. */
  Sums sums(int replicate) {
    return new Sums(replicates.of(replicate), place.x(replicate));
  }

  /** Where the mean KL lies with a confidence of 95 %, if so many sequences say. */
  Optional<Interval> klInterval(int count, long sequences) {
    double[] means = new double[count];
    Arrays.setAll(means, r -> replicates.of(r, KL) / replicates.of(r, COMPARED));
    return PercentileInterval.ci95(means, sequences);
  }

  Breakdown byPosition() {
    return byPosition;
  }

  Breakdown byTarget() {
    return byTarget;
  }

  long[] fires() {
    return fires;
  }

  /** Writes or reads the sums, but for the place's. */
  void visit(Archive archive) {
    sums = archive.doubles(sums);
    replicates.visit(archive);
    byPosition.visit(archive);
    byTarget.visit(archive);
    fires = archive.longs(fires);
  }
}
