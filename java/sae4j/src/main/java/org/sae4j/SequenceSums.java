package org.sae4j;

import org.bytedeco.javacpp.DoublePointer;

/** Adds up what the engine says of the tokens of one sequence, for one SAE. */
final class SequenceSums {
  private final double[] sums = new double[Quantity.COUNT];

  private SequenceSums() {}

  /**
   * The sums over the counted ones of some tokens of a batch.
   *
   * @param from the first token
   * @param to the one after the last
   * @return [{@link Quantity#COUNT}]
   */
  static double[] of(
      CountedTokens counted,
      int from,
      int to,
      DoublePointer ceClean,
      PlaceArrays place,
      SpliceArrays splice) {
    SequenceSums sums = new SequenceSums();
    for (int t = from; t < to; t++) {
      if (counted.counted()[t]) {
        sums.addReconstruction(t, place, splice);
      }
      if (counted.compared()[t]) {
        sums.addComparison(t, place, splice);
      }
      if (counted.targeted()[t]) {
        sums.addPrediction(t, ceClean, place, splice);
      }
    }
    return sums.sums;
  }

  private void add(Quantity quantity, double value) {
    sums[quantity.ordinal()] += value;
  }

  private void addReconstruction(int token, PlaceArrays place, SpliceArrays splice) {
    double x = Math.sqrt(place.xSquared(token));
    double xHat = Math.sqrt(splice.xHatSquared(token));
    add(Quantity.TOKENS, 1);
    add(Quantity.X_SQUARED, place.xSquared(token));
    add(Quantity.SQUARED_ERROR, splice.squaredError(token));
    add(Quantity.X_HAT_SQUARED, splice.xHatSquared(token));
    add(Quantity.X_DOT_X_HAT, splice.xDotXHat(token));
    // A zero vector points nowhere: similar to nothing.
    add(Quantity.COSINE, x * xHat == 0 ? 0 : splice.xDotXHat(token) / (x * xHat));
    add(Quantity.L2_RATIO, xHat / x);
    add(Quantity.L1, splice.l1(token));
    add(Quantity.L0, splice.l0(token));
  }

  private void addComparison(int token, PlaceArrays place, SpliceArrays splice) {
    add(Quantity.COMPARED, 1);
    add(Quantity.KL, splice.effect().kl(token));
    add(Quantity.SAME_TOP, splice.effect().sameTop(token) ? 1 : 0);
    place.zero().ifPresent(zero -> add(Quantity.KL_ZERO, zero.kl(token)));
    place.mean().ifPresent(mean -> add(Quantity.KL_MEAN, mean.kl(token)));
  }

  private void addPrediction(
      int token, DoublePointer ceClean, PlaceArrays place, SpliceArrays splice) {
    add(Quantity.TARGETED, 1);
    add(Quantity.CE_CLEAN, ceClean.get(token));
    add(Quantity.CE, splice.effect().ce(token));
    place.zero().ifPresent(zero -> add(Quantity.CE_ZERO, zero.ce(token)));
    place.mean().ifPresent(mean -> add(Quantity.CE_MEAN, mean.ce(token)));
  }
}
