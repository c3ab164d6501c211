package org.sae4j.latents;

import java.util.List;

/**
 * What one latent of an SAE responds to, and what it does to the logits.
 *
 * <p>How the contexts are chosen is said at {@link LatentStudy}, what promoted and suppressed mean
 * at {@link org.sae4j.Session#latentLogits}.
 *
 * @param latent its index, from 0
 * @param fires at how many of the counted tokens it was active
 * @param density their share of the counted tokens, 0 to 1
 * @param maxActivation its largest value at a counted token; 0 if it never fired
 * @param contexts where it was most active, the strongest first
 * @param promoted the tokens whose logits it raises most, the first most of all
 * @param suppressed the tokens whose logits it lowers most, the first most of all
 */
public record LatentProfile(
    int latent,
    long fires,
    double density,
    float maxActivation,
    List<LatentContext> contexts,
    List<TokenLogit> promoted,
    List<TokenLogit> suppressed) {

  public LatentProfile {
    contexts = List.copyOf(contexts);
    promoted = List.copyOf(promoted);
    suppressed = List.copyOf(suppressed);
  }
}
