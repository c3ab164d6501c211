package org.sae4j.ablation;

import java.util.Objects;
import org.sae4j.PatchEffect;

/**
 * What the ablation of one latent, or channel, at one token does to the predictions.
 *
 * @param sae which of the SAEs, from 0
 * @param control what it is an effect of: latents, or a control in their place
 * @param sequence the sequence of the token, from 0
 * @param position the position in it, t, from 0
 * @param ablated the latent, or of {@link AblationControl.Channels} the channel
 * @param activation what it was before: z, or the channel's value
 * @param change what its ablation changes
 */
public record AblationEffect(
    int sae,
    AblationControl control,
    int sequence,
    int position,
    int ablated,
    double activation,
    PatchEffect change) {
  /** The KL below which an effect drowns in the rounding of 32-bit arithmetic. */
  public static final double NOISE = 1e-6;

  public AblationEffect {
    Objects.requireNonNull(control, "control");
    Objects.requireNonNull(change, "change");
  }

  /** The same effect for another SAE. */
  AblationEffect of(int sae) {
    return new AblationEffect(sae, control, sequence, position, ablated, activation, change);
  }

  /** How many of all logits the effect is spread over, as a share; see {@link PatchEffect}. */
  public double sparsity() {
    return change.sparsity();
  }

  /** The same row by row; see {@link PatchEffect}. */
  public double rowSparsity() {
    return change.rowSparsity();
  }

  /** The sparsity times the number of logits. */
  public double effectiveTokens() {
    return change.effectiveTokens();
  }

  /** The mean KL from the base's predictions, in nats. */
  public double kl() {
    return change.kl();
  }

  /** The mean rise of the cross-entropy, in nats: positive is worse; NaN without a next token. */
  public double deltaCe() {
    return change.deltaCe();
  }

  /** Tells whether the effect is too small for the arithmetic: it counts in no mean. */
  public boolean isBelowNoise() {
    return kl() < NOISE || change.isNone();
  }
}
