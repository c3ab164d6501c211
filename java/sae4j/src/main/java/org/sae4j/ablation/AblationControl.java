package org.sae4j.ablation;

/** What is ablated in place of latents, to compare them with. */
public sealed interface AblationControl {

  /** Nothing else: latents. */
  static AblationControl none() {
    return new None();
  }

  /** Channels of the activation, set to zero one at a time. */
  static AblationControl channels() {
    return new Channels();
  }

  /**
   * Random directions, each as long as what its latent decodes to.
   *
   * <p>The direction of a latent depends on nothing but the seed, the sequence, the position and
   * the latent.
   */
  static AblationControl random(long seed) {
    return new Random(seed);
  }

  /** Latents are ablated. */
  record None() implements AblationControl {
    @Override
    public String toString() {
      return "none";
    }
  }

  /** Channels are ablated; the base run is the clean one, whatever the baseline. */
  record Channels() implements AblationControl {
    @Override
    public String toString() {
      return "channels";
    }
  }

  /**
   * For each active latent a random direction is subtracted.
   *
   * @param seed the seed of the directions
   */
  record Random(long seed) implements AblationControl {
    @Override
    public String toString() {
      return "random directions, seed " + seed;
    }
  }
}
