package org.sae4j;

/**
 * What one SAE does on one sequence; means over its tokens, NaN where none counts.
 *
 * @param sae the SAE's index
 * @param sequence the sequence's index in the corpus
 * @param tokens its counted tokens
 * @param compared those whose next-token distributions are compared: KL and agreement are over them
 * @param targeted those with a next token: cross-entropies are over them
 * @param kl mean KL, in nats
 * @param ceClean cross-entropy of the clean run, in nats
 * @param ceSae cross-entropy with the reconstruction
 * @param deltaCe {@code ceSae − ceClean}: positive is worse
 * @param top1Agreement the share of tokens at which the likeliest next one stays the same
 * @param mse ‖x − x̂‖² / width
 * @param cosineSimilarity x·x̂ / (‖x‖ ‖x̂‖)
 * @param l2Ratio ‖x̂‖ / ‖x‖
 * @param l0 active latents
 * @param l1 Σ|z|
 */
public record SequenceResult(
    int sae,
    long sequence,
    long tokens,
    long compared,
    long targeted,
    double kl,
    double ceClean,
    double ceSae,
    double deltaCe,
    double top1Agreement,
    double mse,
    double cosineSimilarity,
    double l2Ratio,
    double l0,
    double l1) {

  static SequenceResult of(int sae, long sequence, Sums sums) {
    double ceClean = sums.meanTargeted(Quantity.CE_CLEAN);
    double ceSae = sums.meanTargeted(Quantity.CE);
    return new SequenceResult(
        sae,
        sequence,
        (long) sums.of(Quantity.TOKENS),
        (long) sums.of(Quantity.COMPARED),
        (long) sums.of(Quantity.TARGETED),
        sums.meanCompared(Quantity.KL),
        ceClean,
        ceSae,
        ceSae - ceClean,
        sums.meanCompared(Quantity.SAME_TOP),
        sums.mean(Quantity.SQUARED_ERROR) / sums.width(),
        sums.mean(Quantity.COSINE),
        sums.mean(Quantity.L2_RATIO),
        sums.mean(Quantity.L0),
        sums.mean(Quantity.L1));
  }
}
