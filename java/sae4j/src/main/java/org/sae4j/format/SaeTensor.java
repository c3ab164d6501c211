package org.sae4j.format;

import java.util.EnumSet;
import java.util.Set;

/**
 * The parameters of an SAE of width d with n latents, in sae4j's one orientation; d_out = d unless
 * a transcoder.
 */
public enum SaeTensor {
  /** Encoder rows [n, d]. */
  W_ENC,
  /** Decoder rows [n, d_out]. */
  W_DEC,
  /** Encoder bias [n]; a gated SAE has none. */
  B_ENC,
  /** Decoder bias [d_out]. */
  B_DEC,
  /** What a latent must exceed to be active [n]; JumpReLU only. */
  THRESHOLD,
  /** Bias of the gates [n]; gated only. */
  B_GATE,
  /** Bias of the magnitudes [n]; gated only. */
  B_MAG,
  /** Logarithm of what the magnitudes' encoder rows are scaled by [n]; gated only. */
  R_MAG,
  /** What is added to the output for the input itself [d_out, d]; with a skip connection only. */
  W_SKIP;

  /** Those that every SAE of an activation has. */
  public static Set<SaeTensor> of(Activation activation) {
    if (activation instanceof Activation.Gated) {
      return EnumSet.of(W_ENC, W_DEC, B_DEC, B_GATE, B_MAG, R_MAG);
    }
    return activation instanceof Activation.JumpRelu
        ? EnumSet.of(W_ENC, W_DEC, B_ENC, B_DEC, THRESHOLD)
        : EnumSet.of(W_ENC, W_DEC, B_ENC, B_DEC);
  }

  /** The number of elements. */
  public long length(SaeConfig sae) {
    return switch (this) {
      case W_ENC -> (long) sae.dSae() * sae.dIn();
      case W_DEC -> (long) sae.dSae() * sae.dOut();
      case W_SKIP -> (long) sae.dOut() * sae.dIn();
      case B_DEC -> sae.dOut();
      default -> sae.dSae();
    };
  }
}
