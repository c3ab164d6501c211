package org.sae4j.ablation;

import org.sae4j.stats.SplitMix64;

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

  /** Begins to choose among so many candidates. */
  public Draw of(long candidates) {
    return new Draw(new SplitMix64(seed), candidates, Math.min(count, candidates));
  }

  /** Goes through the candidates in order. */
  static final class Draw {
    private final SplitMix64 random;
    private long candidates; // not gone through yet
    private long left;

    private Draw(SplitMix64 random, long candidates, long left) {
      this.random = random;
      this.candidates = candidates;
      this.left = left;
    }

    /** How many are still to be chosen. */
    long left() {
      return left;
    }

    /** Tells whether the next candidate is chosen. */
    boolean next() {
      boolean chosen = random.below(candidates--) < left;
      left -= chosen ? 1 : 0;
      return chosen;
    }
  }

  @Override
  public String toString() {
    return "sample of " + count + ", seed " + seed;
  }
}
