package org.sae4j;

import org.sae4j.arch.HookPoint;
import org.sae4j.format.ValueBiases;
import org.sae4j.tokens.Sequences;

/**
 * The value biases that an SAE of {@code attn.hook_z} goes without, from the model that has them.
 */
public final class FoldedValueBiases {
  private FoldedValueBiases() {}

  /**
   * What heads of the model give for nothing, which is what was folded.
   *
   * @return [heads · head width], exact, because one token attends to itself alone
   */
  public static float[] of(ValueBiases folded, Model model, int layer) {
    HookPoint z = HookPoint.z(layer);
    HookPoint nothing =
        folded == ValueBiases.FOLDED_WITH_LN
            ? HookPoint.ln1Standardized(layer)
            : HookPoint.ln1(layer);
    RunOptions options =
        RunOptions.defaults().edit(nothing, Edit.zero()).capture(z).withoutLogits();
    try (Session session = model.newSession(new SessionOptions(1))) {
      return session.run(Sequences.of(new int[] {0}), options).activation(z).toArray();
    }
  }
}
