package org.sae4j.eval;

import java.util.Arrays;

/**
 * How often each latent of an SAE was active.
 *
 * @param fires [latents] at how many tokens; the record's own, do not write to it
 * @param tokens out of how many
 */
public record FeatureDensity(long[] fires, long tokens) {
  private static final int LOWEST_DECADE = -8;
  private static final int BINS_A_DECADE = 2;

  /**
   * How many latents have which density.
   *
   * @param log10Edges [bins + 1] the bins' borders, ascending; the last bin includes its upper one
   * @param counts [bins] latents in each; densities below the first border are in the first bin
   * @param dead latents that were never active, which are in no bin
   */
  public record Histogram(double[] log10Edges, long[] counts, long dead) {}

  public FeatureDensity {
    if (fires.length == 0 || tokens < 1) {
      throw new IllegalArgumentException(fires.length + " latents at " + tokens + " tokens");
    }
    fires = fires.clone();
  }

  /** The number of latents. */
  public int latents() {
    return fires.length;
  }

  /** The share of the tokens at which a latent was active, 0 to 1. */
  public double density(int latent) {
    return (double) fires[latent] / tokens;
  }

  /** The densities of all latents, [latents]. */
  public double[] densities() {
    return Arrays.stream(fires).mapToDouble(count -> (double) count / tokens).toArray();
  }

  /** The share of the latents that were never active, 0 to 1. */
  public double deadFraction() {
    return (double) dead() / fires.length;
  }

  private long dead() {
    return Arrays.stream(fires).filter(count -> count == 0).count();
  }

  /** Counts latents by the base-10 logarithm of their density, from −8 to 0 in steps of a half. */
  public Histogram histogram() {
    int bins = -LOWEST_DECADE * BINS_A_DECADE;
    double[] edges = new double[bins + 1];
    Arrays.setAll(edges, i -> LOWEST_DECADE + (double) i / BINS_A_DECADE);
    long[] counts = new long[bins];
    for (int i = 0; i < fires.length; i++) {
      if (fires[i] > 0) {
        int bin = (int) Math.floor((Math.log10(density(i)) - LOWEST_DECADE) * BINS_A_DECADE);
        counts[Math.max(0, Math.min(bins - 1, bin))]++;
      }
    }
    return new Histogram(edges, counts, dead());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FeatureDensity that
        && tokens == that.tokens
        && Arrays.equals(fires, that.fires);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(fires) + Long.hashCode(tokens);
  }

  @Override
  public String toString() {
    return "%d latents at %d tokens, %d never active".formatted(fires.length, tokens, dead());
  }
}
