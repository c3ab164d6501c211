package org.sae4j;

/** What one SAE does, summed over counted tokens. */
final class SpliceSums {
  private final EffectSums effect = new EffectSums();
  private final double[] klAt; // [longest]
  private final long[] fires; // [latents]
  private double squaredError;
  private double xHatSquared;
  private double xDotXHat;
  private double cosine;
  private double l2Ratio;
  private double l1;
  private long l0;

  SpliceSums(int latents, int longest) {
    klAt = new double[longest];
    fires = new long[latents];
  }

  void add(CountedTokens counted, PlaceArrays place, SpliceArrays splice) {
    effect.add(counted, splice.effect());
    splice.addFires(fires);
    for (int t = 0; t < counted.tokens(); t++) {
      if (counted.counted()[t]) {
        addReconstruction(t, place, splice);
      }
      if (counted.compared()[t]) {
        klAt[counted.position()[t]] += splice.effect().kl(t);
      }
    }
  }

  private void addReconstruction(int token, PlaceArrays place, SpliceArrays splice) {
    double x = Math.sqrt(place.xSquared(token));
    double xHat = Math.sqrt(splice.xHatSquared(token));
    squaredError += splice.squaredError(token);
    xHatSquared += splice.xHatSquared(token);
    xDotXHat += splice.xDotXHat(token);
    // A zero vector points nowhere: similar to nothing.
    cosine += x * xHat == 0 ? 0 : splice.xDotXHat(token) / (x * xHat);
    l2Ratio += xHat / x;
    l1 += splice.l1(token);
    l0 += splice.l0(token);
  }

  EffectSums effect() {
    return effect;
  }

  double klAt(int position) {
    return klAt[position];
  }

  int longest() {
    return klAt.length;
  }

  long[] fires() {
    return fires;
  }

  double squaredError() {
    return squaredError;
  }

  double xHatSquared() {
    return xHatSquared;
  }

  double xDotXHat() {
    return xDotXHat;
  }

  double cosine() {
    return cosine;
  }

  double l2Ratio() {
    return l2Ratio;
  }

  double l1() {
    return l1;
  }

  long l0() {
    return l0;
  }
}
