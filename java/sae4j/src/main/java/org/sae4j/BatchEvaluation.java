package org.sae4j;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Sequences;

/**
 * What splices do to a batch, token by token; sums and means over tokens are the caller's.
 *
 * <p>Tokens are those of {@link Sequences#ids}, all sequences one after another. KL and
 * cross-entropy are in nats. The arrays are the record's own: do not write to them.
 *
 * @param sequences the batch
 * @param ceClean [tokens] −log p(next token) of the clean run; 0 for the last token of a sequence
 * @param places the activations that are replaced, each once
 * @param splices what each splice does, in their order
 */
public record BatchEvaluation(
    Sequences sequences, double[] ceClean, Map<HookPoint, Place> places, List<Spliced> splices) {

  /**
   * What something in an activation's place does to the predictions.
   *
   * @param kl [tokens] Σ p (log p − log q) between clean (p) and changed (q) predictions
   * @param ce [tokens] −log q(next token); 0 for the last token of a sequence
   * @param sameTop [tokens] whether p and q have the same likeliest token
   */
  public record Effect(double[] kl, double[] ce, boolean[] sameTop) {}

  /**
   * An activation x that is replaced.
   *
   * @param xSquared [tokens] ‖x‖²
   * @param xSum [sequences, width] Σ x over the counted tokens of each sequence
   * @param zero what zero in its place does, if that was asked for
   * @param mean what its mean in its place does, if that was asked for
   */
  public record Place(
      double[] xSquared, double[][] xSum, Optional<Effect> zero, Optional<Effect> mean) {}

  /**
   * What one SAE's output x̂ does in place of x.
   *
   * @param effect what it does to the predictions
   * @param squaredError [tokens] ‖x − x̂‖²
   * @param xHatSquared [tokens] ‖x̂‖²
   * @param xDotXHat [tokens] x·x̂
   * @param l1 [tokens] Σ|z|
   * @param l0 [tokens] how many latents are active
   * @param fires [latents] at how many counted tokens each latent is active
   */
  public record Spliced(
      Splice splice,
      Effect effect,
      double[] squaredError,
      double[] xHatSquared,
      double[] xDotXHat,
      double[] l1,
      int[] l0,
      long[] fires) {}

  /** The activation that a splice replaces. */
  public Place placeOf(Spliced spliced) {
    return places.get(spliced.splice().out());
  }
}
