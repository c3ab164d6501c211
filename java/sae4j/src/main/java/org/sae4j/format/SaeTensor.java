package org.sae4j.format;

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
  W_SKIP
}
