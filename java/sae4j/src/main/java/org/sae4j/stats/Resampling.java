package org.sae4j.stats;

/**
 * How a bootstrap draws sequences, to find out how sure the means over them are.
 *
 * <p>Sequences are what is drawn, because the tokens of one depend on each other.
 *
 * @param replicates how many times all sequences are drawn anew
 * @param seed the same seed draws the same sequences, for ever
 */
public record Resampling(int replicates, long seed) {
  private static final int REPLICATES = 1000;
  private static final long SEED = 20240606;

  public Resampling {
    if (replicates < 100) {
      throw new IllegalArgumentException("replicates must be at least 100, not " + replicates);
    }
  }

  /** 1000 replicates. */
  public static Resampling defaults() {
    return new Resampling(REPLICATES, SEED);
  }

  /**
   * How often each replicate draws a sequence, [replicates].
   *
   * <p>Poisson(1), each independent of all others: what a draw with replacement from infinitely
   * many sequences gives, without a need to know how many there are. Source: Chamandy et al. 2012,
   * "Estimating uncertainty for massive data streams".
   */
  public byte[] draws(long sequence) {
    SplitMix64 random = new SplitMix64(seed, (int) (sequence >>> 32), (int) sequence);
    byte[] draws = new byte[replicates];
    for (int r = 0; r < replicates; r++) {
      draws[r] = random.poisson();
    }
    return draws;
  }
}
