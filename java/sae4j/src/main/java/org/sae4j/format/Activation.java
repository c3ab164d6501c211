package org.sae4j.format;

/** How an SAE turns pre-activations into latents. */
public sealed interface Activation {

  /** Keeps what is above zero. */
  record Relu() implements Activation {}

  /** Keeps the k largest pre-activations of a token, and of these what is above zero. */
  record TopK(int k) implements Activation {
    public TopK {
      if (k < 1) {
        throw new IllegalArgumentException("k must be at least 1, not " + k);
      }
    }
  }

  /**
   * Divides the latents into k groups of neighbours and keeps the largest pre-activation of each,
   * and of these what is above zero.
   */
  record GroupMax(int k) implements Activation {
    public GroupMax {
      if (k < 1) {
        throw new IllegalArgumentException("k must be at least 1, not " + k);
      }
    }
  }

  /** Keeps what is above zero and above a threshold of each latent's own. */
  record JumpRelu() implements Activation {}

  /** Keeps the magnitudes above zero of those latents whose gate is above zero. */
  record Gated() implements Activation {}
}
