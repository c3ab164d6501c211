package org.sae4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The means and ratios that sums come to.
 *
 * @param undefined for each number that is NaN, by its key, the reason
 */
record EvaluationNumbers(
    EvaluationResult.Downstream downstream,
    EvaluationResult.Reconstruction reconstruction,
    Map<String, String> undefined) {
  private static final double SMALLEST_DENOMINATOR = 1e-9;

  static EvaluationNumbers of(Sums sums, EvaluationOptions options) {
    Map<String, String> undefined = new LinkedHashMap<>();
    explainMissing(sums, options, undefined);
    return new EvaluationNumbers(
        downstream(sums, options, undefined), reconstruction(sums, undefined), undefined);
  }

  /** All numbers by their keys. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    downstream.putInto(values);
    reconstruction.putInto(values);
    return values;
  }

  private static EvaluationResult.Downstream downstream(
      Sums sums, EvaluationOptions options, Map<String, String> undefined) {
    boolean zero = options.zeroBaseline();
    boolean mean = !(options.meanBaseline() instanceof MeanBaseline.None);
    double kl = sums.meanCompared(Quantity.KL);
    double ceClean = sums.meanTargeted(Quantity.CE_CLEAN);
    double ceSae = sums.meanTargeted(Quantity.CE);
    double ceZero = zero ? sums.meanTargeted(Quantity.CE_ZERO) : Double.NaN;
    double klZero = zero ? sums.meanCompared(Quantity.KL_ZERO) : Double.NaN;
    return new EvaluationResult.Downstream(
        kl,
        ceClean,
        ceSae,
        ceSae - ceClean,
        ceZero,
        mean ? sums.meanTargeted(Quantity.CE_MEAN) : Double.NaN,
        klZero,
        mean ? sums.meanCompared(Quantity.KL_MEAN) : Double.NaN,
        ratio("ce_loss_score", ceZero - ceSae, "ce_zero − ce_clean", ceZero - ceClean, undefined),
        ratio("kl_score", klZero - kl, "kl_zero", klZero, undefined),
        sums.meanCompared(Quantity.SAME_TOP));
  }

  /** Says why numbers are NaN that were not asked for, or that no token contributes to. */
  private static void explainMissing(
      Sums sums, EvaluationOptions options, Map<String, String> undefined) {
    if (sums.of(Quantity.TARGETED) == 0) {
      explain(
          "no counted token has a next one",
          undefined,
          List.of("ce_clean", "ce_sae", "delta_ce", "ce_zero", "ce_mean", "ce_loss_score"));
    }
    if (sums.of(Quantity.COMPARED) == 0) {
      explain(
          "no counted token has a next one",
          undefined,
          List.of("kl", "kl_zero", "kl_mean", "kl_score", "top1_agreement"));
    }
    if (!options.zeroBaseline()) {
      explain(
          "the zero baseline was not run",
          undefined,
          List.of("ce_zero", "kl_zero", "ce_loss_score", "kl_score"));
    }
    if (options.meanBaseline() instanceof MeanBaseline.None) {
      explain("the mean baseline was not run", undefined, List.of("ce_mean", "kl_mean"));
    }
  }

  private static void explain(String reason, Map<String, String> undefined, List<String> keys) {
    keys.forEach(key -> undefined.putIfAbsent(key, reason));
  }

  private static EvaluationResult.Reconstruction reconstruction(
      Sums sums, Map<String, String> undefined) {
    double normalizedMse =
        ratio(
            "normalized_mse",
            sums.of(Quantity.SQUARED_ERROR),
            "Σ‖x − mean(x)‖²",
            sums.deviation(),
            undefined);
    if (Double.isNaN(normalizedMse)) {
      undefined.put("explained_variance", undefined.getOrDefault("normalized_mse", "NaN"));
    }
    return new EvaluationResult.Reconstruction(
        sums.mean(Quantity.SQUARED_ERROR) / sums.width(),
        normalizedMse,
        1 - normalizedMse,
        sums.mean(Quantity.COSINE),
        sums.mean(Quantity.L2_RATIO),
        ratio(
            "relative_reconstruction_bias",
            sums.mean(Quantity.X_HAT_SQUARED),
            "E(x·x̂)",
            sums.mean(Quantity.X_DOT_X_HAT),
            undefined),
        sums.mean(Quantity.L0),
        sums.mean(Quantity.L1));
  }

  /** A quotient, or NaN with the reason where the denominator is too close to zero. */
  private static double ratio(
      String key,
      double numerator,
      String denominatorName,
      double denominator,
      Map<String, String> undefined) {
    if (Math.abs(denominator) < SMALLEST_DENOMINATOR) {
      undefined.putIfAbsent(
          key, "%s is %s, below %s".formatted(denominatorName, denominator, SMALLEST_DENOMINATOR));
      return Double.NaN;
    }
    return numerator / denominator;
  }
}
