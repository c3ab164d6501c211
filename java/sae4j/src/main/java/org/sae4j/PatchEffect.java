package org.sae4j;

/**
 * What one patch does to the predictions, against the base run.
 *
 * <p>D [future, vocabulary] is the patched run's logits less the base's, each row less its median
 * over the vocabulary (the lower one if that is even): a constant added to all logits changes no
 * probability. The arrays are the record's own: do not write to them. Source: Gao et al. 2024,
 * §4.5.
 *
 * @param index which of the patches, from 0
 * @param sparsity (Σ|D|)² / ΣD² / (vocabulary · future), from 1/(vocabulary · future) to 1: smaller
 *     is sparser; NaN if D is zero
 * @param rowSparsity the mean over rows of (Σ|D|)² / ΣD² / vocabulary, rows of zeros left out; NaN
 *     if D is zero
 * @param effectiveTokens {@code sparsity} · vocabulary · future
 * @param kl the mean over positions of the KL from the base's next-token distribution, in nats
 * @param deltaCe the mean over positions with a next token of the patched run's cross-entropy less
 *     the base's, in nats; NaN if no position has one
 * @param rowSparsities [future] NaN for a row of zeros
 * @param rowKl [future]
 * @param rowDeltaCe [future] NaN for a position without a next token
 * @param topUp the tokens whose D, summed over positions, is largest, the largest first
 * @param topDown the tokens whose D, summed over positions, is smallest, the smallest first
 * @param logits [future, vocabulary] if asked for, else empty
 */
public record PatchEffect(
    int index,
    double sparsity,
    double rowSparsity,
    double effectiveTokens,
    double kl,
    double deltaCe,
    double[] rowSparsities,
    double[] rowKl,
    double[] rowDeltaCe,
    int[] topUp,
    int[] topDown,
    float[] logits) {

  /** Tells whether the patch changes no logit by more or less than all others. */
  public boolean isNone() {
    return Double.isNaN(sparsity);
  }
}
