package org.sae4j.format;

/**
 * Where the value biases of attention are in the model that an SAE was trained on.
 *
 * <p>A head's weights add up to 1, so that TransformerLens can move them out of {@code attn.hook_z}
 * into the bias of attention's output without a change of predictions.
 */
public enum ValueBiases {
  /** In {@code attn.hook_z}, as in the model's own files. */
  KEPT,
  /** In the output's bias ({@code fold_value_biases}). */
  FOLDED,
  /**
   * In the output's bias together with the bias of the layer norm times the values' weights, which
   * folding the norm ({@code fold_ln}) had added to them.
   */
  FOLDED_WITH_LN;

  /** Tells whether {@code attn.hook_z} is without them. */
  public boolean areFolded() {
    return this != KEPT;
  }
}
