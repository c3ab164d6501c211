package org.sae4j.stats;

/**
 * Random numbers that are the same for ever, whatever the version of Java.
 *
 * <p>Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
 */
public final class SplitMix64 {
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private long state;

  /** Starts from a seed and from what else the numbers are to depend on. */
  public SplitMix64(long seed, int... more) {
    state = seed;
    for (int each : more) {
      state = next() ^ each;
    }
  }

  long next() {
    state += STEP;
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** A whole number from 0 to {@code bound - 1}: ⌊u·bound⌋ with u from 31 random bits. */
  public int below(int bound) {
    return (int) ((next() >>> 33) * bound >>> 31);
  }

  /** The same of a bound that may need more bits: u then has 63. */
  public long below(long bound) {
    return bound <= Integer.MAX_VALUE
        ? below((int) bound)
        : Math.multiplyHigh(next() >>> 1, bound << 1);
  }

  /** A number above 0, up to 1, from 53 random bits. */
  private double uniform() {
    return ((next() >>> 11) + 1) * 0x1p-53;
  }

  /** A whole number from the Poisson distribution with mean 1, by inversion. */
  public byte poisson() {
    double u = (next() >>> 11) * 0x1p-53;
    byte k = 0;
    for (double share = 1 / Math.E; u >= share && share > 0; share /= k) {
      u -= share;
      k++;
    }
    return k;
  }

  /** A number from the standard normal distribution, by Box and Muller's cosine. */
  public double gaussian() {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform()));
    return radius * StrictMath.cos(2 * Math.PI * uniform());
  }
}
