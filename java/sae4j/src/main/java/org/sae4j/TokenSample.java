package org.sae4j;

/**
 * A random choice of tokens, each as likely as any other, none twice.
 *
 * <p>The same for the same seed and number of candidates, for ever: it goes through the candidates
 * in order and takes each with probability (still needed) / (candidates left), with random numbers
 * from SplitMix64. Source: Knuth, The Art of Computer Programming, vol. 2, 3.4.2, algorithm S.
 *
 * @param count how many tokens; all if there are fewer
 * @param seed the seed of the random numbers
 */
public record TokenSample(int count, long seed) {

  public TokenSample {
    if (count < 1) {
      throw new IllegalArgumentException("a sample has at least 1 token, not " + count);
    }
  }

  /** The chosen ones of some candidates, in their order. */
  int[] of(int[] candidates) {
    SplitMix64 random = new SplitMix64(seed);
    int[] chosen = new int[Math.min(count, candidates.length)];
    int taken = 0;
    for (int i = 0; i < candidates.length; i++) {
      if (random.below(candidates.length - i) < chosen.length - taken) {
        chosen[taken++] = candidates[i];
      }
    }
    return chosen;
  }

  @Override
  public String toString() {
    return "sample of " + count + ", seed " + seed;
  }
}
