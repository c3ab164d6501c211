package org.sae4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the results of an evaluation from its sums. */
final class EvaluationReport {
  private static final double SMALLEST_DENOMINATOR = 1e-9;

  private final HookPoint point;
  private final EvaluationOptions options;
  private final CleanSums clean;
  private final long tokensRun;
  private final double seconds;

  EvaluationReport(
      HookPoint point, EvaluationOptions options, CleanSums clean, long tokensRun, double seconds) {
    this.point = point;
    this.options = options;
    this.clean = clean;
    this.tokensRun = tokensRun;
    this.seconds = seconds;
  }

  EvaluationResult of(SpliceSums sums) {
    Map<String, String> undefined = new LinkedHashMap<>();
    EvaluationResult result =
        new EvaluationResult(
            point,
            options,
            downstream(sums.effect(), undefined),
            reconstruction(sums, undefined),
            new FeatureDensity(sums.fires(), clean.tokens()),
            klByPosition(sums),
            clean.tokens(),
            seconds,
            tokensRun / seconds,
            undefined);
    result.values().forEach((key, value) -> requireNumber(key, value, undefined));
    return result;
  }

  private void requireNumber(String key, double value, Map<String, String> undefined) {
    if (!Double.isFinite(value) && !undefined.containsKey(key)) {
      throw new NotFiniteException(key + " at " + point + " is " + value);
    }
  }

  private EvaluationResult.Downstream downstream(EffectSums sae, Map<String, String> undefined) {
    explainMissing(undefined);
    double ceZero = clean.zero().ce();
    double klZero = clean.zero().kl();
    return new EvaluationResult.Downstream(
        sae.kl(),
        clean.ce(),
        sae.ce(),
        sae.ce() - clean.ce(),
        ceZero,
        clean.mean().ce(),
        klZero,
        clean.mean().kl(),
        ratio(
            "ce_loss_score",
            ceZero - sae.ce(),
            "ce_zero − ce_clean",
            ceZero - clean.ce(),
            undefined),
        ratio("kl_score", klZero - sae.kl(), "kl_zero", klZero, undefined),
        sae.top1Agreement());
  }

  /** Says why numbers are NaN that were not asked for, or that no token contributes to. */
  private void explainMissing(Map<String, String> undefined) {
    if (clean.targeted() == 0) {
      explain(
          "no counted token has a next one",
          undefined,
          List.of("ce_clean", "ce_sae", "delta_ce", "ce_zero", "ce_mean", "ce_loss_score"));
    }
    if (clean.compared() == 0) {
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

  private EvaluationResult.Reconstruction reconstruction(
      SpliceSums sums, Map<String, String> undefined) {
    double n = clean.tokens();
    double normalizedMse =
        ratio(
            "normalized_mse", sums.squaredError(), "Σ‖x − mean(x)‖²", clean.deviation(), undefined);
    if (Double.isNaN(normalizedMse)) {
      undefined.put("explained_variance", undefined.getOrDefault("normalized_mse", "NaN"));
    }
    return new EvaluationResult.Reconstruction(
        sums.squaredError() / n / clean.width(),
        normalizedMse,
        1 - normalizedMse,
        sums.cosine() / n,
        sums.l2Ratio() / n,
        ratio(
            "relative_reconstruction_bias",
            sums.xHatSquared() / n,
            "E(x·x̂)",
            sums.xDotXHat() / n,
            undefined),
        sums.l0() / n,
        sums.l1() / n);
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

  private List<Double> klByPosition(SpliceSums sums) {
    List<Double> means = new ArrayList<>();
    for (int p = 0; p < sums.longest(); p++) {
      means.add(sums.klAt(p) / clean.comparedAt(p));
    }
    return means;
  }
}
