package org.sae4j;

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

  /**
   * What heads of the model give for nothing, which is what was folded.
   *
   * @return [heads · head width], exact, because one token attends to itself alone
   */
  float[] of(Model model, int layer) {
    HookPoint z = HookPoint.z(layer).requireIn(model.shape());
    HookPoint nothing =
        this == FOLDED_WITH_LN ? HookPoint.ln1Standardized(layer) : HookPoint.ln1(layer);
    RunOptions options =
        RunOptions.defaults().edit(nothing, Edit.zero()).capture(z).withoutLogits();
    try (Session session = model.newSession(new SessionOptions(1))) {
      return session.run(Sequences.of(new int[] {0}), options).activation(z).toArray();
    }
  }
}
