package org.sae4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What replacing an activation by an SAE's reconstruction does to a model's predictions, and how
 * good the reconstruction is.
 *
 * <p>Logarithms are natural. A number that was not asked for, or whose denominator is too close to
 * zero, is NaN, and {@link #undefined} says why.
 *
 * @param hook the activation that was replaced
 * @param options how the evaluation was done
 * @param downstream what happens to the predictions
 * @param reconstruction how well and how sparsely the SAE reconstructs
 * @param replicates what the numbers would be on other sequences: how sure they are
 * @param density how often each latent was active
 * @param klByPosition the mean KL at each position of the sequences; NaN where none counted
 * @param deltaCeByPosition the mean ΔCE at each position; NaN where none counted
 * @param byTokenFrequency KL and ΔCE by the frequency of the token that was to be predicted, the
 *     rarest first
 * @param tokens the tokens counted
 * @param sequences the sequences run
 * @param tokensRun their tokens, counted or not
 * @param stoppedEarly whether there may be more sequences, which {@link EvaluationOptions#untilCi}
 *     made unnecessary
 * @param seconds the time that all SAEs of the evaluation took together
 * @param tokensPerSecond tokens run, over {@code seconds}
 * @param undefined for each number that is NaN, by its key in {@link #values}, the reason
 */
public record EvaluationResult(
    HookPoint hook,
    EvaluationOptions options,
    Downstream downstream,
    Reconstruction reconstruction,
    Replicates replicates,
    FeatureDensity density,
    List<Double> klByPosition,
    List<Double> deltaCeByPosition,
    List<FrequencyBand> byTokenFrequency,
    long tokens,
    long sequences,
    long tokensRun,
    boolean stoppedEarly,
    double seconds,
    double tokensPerSecond,
    Map<String, String> undefined) {

  /**
   * What happens to the predictions; means over positions. Source: Gao et al. 2024, §4.1.
   *
   * @param kl Σ p (log p − log q) between clean (p) and reconstructed (q) predictions, in nats
   * @param ceClean cross-entropy of the clean run, in nats
   * @param ceSae cross-entropy with the reconstruction
   * @param deltaCe {@code ceSae − ceClean}: positive is worse
   * @param ceZero cross-entropy with zero in place of the activation
   * @param ceMean cross-entropy with the mean in place of the activation
   * @param klZero KL with zero in place of the activation
   * @param klMean KL with the mean in place of the activation
   * @param ceLossScore (ceZero − ceSae) / (ceZero − ceClean): 1 is perfect
   * @param klScore (klZero − kl) / klZero: 1 is perfect
   * @param top1Agreement the share of positions at which the likeliest token stays the same
   */
  public record Downstream(
      double kl,
      double ceClean,
      double ceSae,
      double deltaCe,
      double ceZero,
      double ceMean,
      double klZero,
      double klMean,
      double ceLossScore,
      double klScore,
      double top1Agreement) {

    void putInto(Map<String, Double> values) {
      values.put("kl", kl());
      values.put("delta_ce", deltaCe());
      values.put("ce_clean", ceClean());
      values.put("ce_sae", ceSae());
      values.put("ce_zero", ceZero());
      values.put("ce_mean", ceMean());
      values.put("kl_zero", klZero());
      values.put("kl_mean", klMean());
      values.put("ce_loss_score", ceLossScore());
      values.put("kl_score", klScore());
      values.put("top1_agreement", top1Agreement());
    }
  }

  /**
   * How well and how sparsely the SAE reconstructs x as x̂; means over tokens.
   *
   * @param mse ‖x − x̂‖² / width
   * @param normalizedMse Σ‖x − x̂‖² / Σ‖x − mean(x)‖², with the mean over all counted tokens
   * @param explainedVariance 1 − {@code normalizedMse}
   * @param cosineSimilarity x·x̂ / (‖x‖ ‖x̂‖)
   * @param l2Ratio ‖x̂‖ / ‖x‖
   * @param relativeReconstructionBias E‖x̂‖² / E(x·x̂)
   * @param l0 active latents
   * @param l1 Σ|z|
   */
  public record Reconstruction(
      double mse,
      double normalizedMse,
      double explainedVariance,
      double cosineSimilarity,
      double l2Ratio,
      double relativeReconstructionBias,
      double l0,
      double l1) {

    void putInto(Map<String, Double> values) {
      values.put("mse", mse());
      values.put("normalized_mse", normalizedMse());
      values.put("explained_variance", explainedVariance());
      values.put("cosine_similarity", cosineSimilarity());
      values.put("l2_ratio", l2Ratio());
      values.put("relative_reconstruction_bias", relativeReconstructionBias());
      values.put("l0", l0());
      values.put("l1", l1());
    }
  }

  public EvaluationResult {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(downstream, "downstream");
    Objects.requireNonNull(reconstruction, "reconstruction");
    Objects.requireNonNull(replicates, "replicates");
    Objects.requireNonNull(density, "density");
    klByPosition = List.copyOf(klByPosition);
    deltaCeByPosition = List.copyOf(deltaCeByPosition);
    byTokenFrequency = List.copyOf(byTokenFrequency);
    undefined = Collections.unmodifiableMap(new LinkedHashMap<>(undefined));
  }

  /** All numbers by the keys that reports use, in the order of reports. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    downstream.putInto(values);
    reconstruction.putInto(values);
    values.put("dead_fraction", density.deadFraction());
    values.put("tokens", (double) tokens);
    values.put("seconds", seconds);
    values.put("tokens_per_second", tokensPerSecond);
    return Collections.unmodifiableMap(values);
  }

  /**
   * By how much a number differs from another SAE's, in the same evaluation.
   *
   * @param key the number, as in {@link #values}
   */
  public PairedDifference minus(EvaluationResult other, String key) {
    return new PairedDifference(
        values().get(key) - other.values().get(key),
        replicates.ci95OfDifference(key, other.replicates));
  }
}
