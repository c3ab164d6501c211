package org.sae4j.format;

/** The parameters of an SAE of width d with n latents, in sae4j's one orientation. */
public enum SaeTensor {
  /** Encoder rows [n, d]. */
  W_ENC,
  /** Decoder rows [n, d]. */
  W_DEC,
  /** Encoder bias [n]; a gated SAE has none. */
  B_ENC,
  /** Decoder bias [d]. */
  B_DEC,
  /** What a latent must exceed to be active [n]; JumpReLU only. */
  THRESHOLD,
  /** Bias of the gates [n]; gated only. */
  B_GATE,
  /** Bias of the magnitudes [n]; gated only. */
  B_MAG,
  /** Logarithm of what the magnitudes' encoder rows are scaled by [n]; gated only. */
  R_MAG
}
