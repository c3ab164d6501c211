package org.sae4j;

import org.bytedeco.javacpp.DoublePointer;

/**
 * What all SAEs that replace one activation share, summed over counted tokens: clean run and
 * baselines.
 */
final class CleanSums {
  private static final double ROUNDING = 1e-12;

  private final EffectSums zero = new EffectSums();
  private final EffectSums mean = new EffectSums();
  private final double[] xSum; // [width]
  private final long[] comparedAt; // [longest]
  private double xSquared;
  private double ce;
  private long tokens;
  private long targeted;
  private long compared;

  CleanSums(int width, int longest) {
    xSum = new double[width];
    comparedAt = new long[longest];
  }

  void add(CountedTokens counted, DoublePointer ceClean, PlaceArrays arrays) {
    arrays.zero().ifPresent(effect -> zero.add(counted, effect));
    arrays.mean().ifPresent(effect -> mean.add(counted, effect));
    for (int i = 0; i < xSum.length; i++) {
      xSum[i] += arrays.xSum(i);
    }
    for (int t = 0; t < counted.tokens(); t++) {
      if (counted.counted()[t]) {
        xSquared += arrays.xSquared(t);
        tokens++;
      }
      if (counted.compared()[t]) {
        comparedAt[counted.position()[t]]++;
        compared++;
      }
      if (counted.targeted()[t]) {
        ce += ceClean.get(t);
        targeted++;
      }
    }
  }

  EffectSums zero() {
    return zero;
  }

  EffectSums mean() {
    return mean;
  }

  int width() {
    return xSum.length;
  }

  /** The number of counted tokens. */
  long tokens() {
    return tokens;
  }

  /** The number of tokens whose predictions are compared. */
  long compared() {
    return compared;
  }

  /** The number of counted tokens with a next one. */
  long targeted() {
    return targeted;
  }

  long comparedAt(int position) {
    return comparedAt[position];
  }

  /** Mean cross-entropy of the clean run. */
  double ce() {
    return ce / targeted;
  }

  /** Σ‖x − mean(x)‖² = Σ‖x‖² − N‖mean(x)‖²; zero where the two differ by rounding only. */
  double deviation() {
    double meanSquared = 0;
    for (double sum : xSum) {
      meanSquared += (sum / tokens) * (sum / tokens);
    }
    double deviation = xSquared - tokens * meanSquared;
    return deviation < ROUNDING * xSquared ? 0 : deviation;
  }
}
