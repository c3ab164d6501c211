package org.sae4j;

/** What a replacement does to the predictions, summed over tokens. */
final class EffectSums {
  private double kl;
  private double ce;
  private long sameTop;
  private long compared;
  private long targeted;

  void add(CountedTokens counted, EffectArrays effect) {
    for (int t = 0; t < counted.tokens(); t++) {
      if (counted.compared()[t]) {
        kl += effect.kl(t);
        sameTop += effect.sameTop(t) ? 1 : 0;
        compared++;
      }
      if (counted.targeted()[t]) {
        ce += effect.ce(t);
        targeted++;
      }
    }
  }

  /** Mean KL over the compared tokens; NaN if there is none. */
  double kl() {
    return kl / compared;
  }

  /** Mean cross-entropy over the tokens with a next one; NaN if there is none. */
  double ce() {
    return ce / targeted;
  }

  /** The share of the compared tokens whose likeliest next token stays the same. */
  double top1Agreement() {
    return (double) sameTop / compared;
  }

  /** Tells whether anything was added. */
  boolean isEmpty() {
    return compared == 0 && targeted == 0;
  }
}
