package org.sae4j.eval;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.sae4j.BatchEvaluation;

/**
 * The numbers that an evaluation finds, in the order of reports.
 *
 * <p>Each is made of {@link Sum}s over tokens, is NaN for a reason, and says how people see it.
 * Logarithms are natural. p are the predictions of the clean run, q those with the reconstruction
 * x̂ in place of the activation x. Source: Gao et al. 2024, §4.1.
 */
public enum Metric {
  /** Σ p (log p − log q), in nats; mean over tokens. */
  KL(
      "kl",
      Group.PREDICTIONS,
      Kind.NATS,
      mean(Sum.KL),
      "nats from the clean predictions; 0 is perfect"),
  /** {@code ce_sae − ce_clean}: positive is worse. */
  DELTA_CE(
      "delta_ce",
      Group.PREDICTIONS,
      Kind.SIGNED,
      Formula.of(s -> s.mean(Sum.CE) - s.mean(Sum.CE_CLEAN), Sum.CE, Sum.CE_CLEAN),
      result -> "nats; " + verdict(result)),
  /** The cross-entropy of the clean run, in nats. */
  CE_CLEAN("ce_clean", Group.PREDICTIONS, Kind.NATS, mean(Sum.CE_CLEAN), "nats"),
  /** The cross-entropy with the reconstruction. */
  CE_SAE("ce_sae", Group.PREDICTIONS, Kind.NATS, mean(Sum.CE), "nats"),
  /** The cross-entropy with zero in place of the activation. */
  CE_ZERO("ce_zero", Group.BASELINES, Kind.NATS, mean(Sum.CE_ZERO), "nats"),
  /** The cross-entropy with the mean in place of the activation. */
  CE_MEAN(
      "ce_mean",
      Group.BASELINES,
      Kind.NATS,
      mean(Sum.CE_MEAN),
      result -> "nats; mean " + result.options().meanBaseline()),
  /** The KL with zero in place of the activation. */
  KL_ZERO("kl_zero", Group.BASELINES, Kind.NATS, mean(Sum.KL_ZERO), "nats"),
  /** The KL with the mean in place of the activation. */
  KL_MEAN("kl_mean", Group.BASELINES, Kind.NATS, mean(Sum.KL_MEAN), "nats"),
  /** (ce_zero − ce_sae) / (ce_zero − ce_clean): 1 is perfect. */
  CE_LOSS_SCORE(
      "ce_loss_score",
      Group.SCORES,
      Kind.ANY,
      Formula.ratio(
          s -> s.mean(Sum.CE_ZERO) - s.mean(Sum.CE),
          "ce_zero − ce_clean",
          s -> s.mean(Sum.CE_ZERO) - s.mean(Sum.CE_CLEAN),
          Sum.CE_ZERO,
          Sum.CE,
          Sum.CE_CLEAN),
      "1 is as good as the clean model, 0 as bad as zero"),
  /** (kl_zero − kl) / kl_zero: 1 is perfect. */
  KL_SCORE(
      "kl_score",
      Group.SCORES,
      Kind.ANY,
      Formula.ratio(
          s -> s.mean(Sum.KL_ZERO) - s.mean(Sum.KL),
          "kl_zero",
          s -> s.mean(Sum.KL_ZERO),
          Sum.KL_ZERO,
          Sum.KL),
      "the same in terms of kl"),
  /** The share of tokens at which p and q have the same likeliest next token. */
  TOP1_AGREEMENT(
      "top1_agreement",
      Group.PREDICTIONS,
      Kind.SHARE,
      mean(Sum.SAME_TOP),
      "same likeliest token as the clean model"),
  /** ‖x − x̂‖² / width; mean over tokens. */
  MSE(
      "mse",
      Group.RECONSTRUCTION,
      Kind.FROM_ZERO,
      Formula.of(s -> s.mean(Sum.SQUARED_ERROR) / s.x().length, Sum.SQUARED_ERROR),
      ""),
  /** Σ‖x − x̂‖² / Σ‖x − mean(x)‖², with the mean over all counted tokens. */
  NORMALIZED_MSE(
      "normalized_mse",
      Group.RECONSTRUCTION,
      Kind.FROM_ZERO,
      Formula.ratio(
          s -> s.of(Sum.SQUARED_ERROR), "Σ‖x − mean(x)‖²", Sums::deviation, Sum.SQUARED_ERROR),
      "share of the variance"),
  /** {@code 1 − normalized_mse}. */
  EXPLAINED_VARIANCE(
      "explained_variance",
      Group.RECONSTRUCTION,
      Kind.UP_TO_ONE,
      NORMALIZED_MSE.formula.lessThanOne(),
      ""),
  /** x·x̂ / (‖x‖ ‖x̂‖); mean over tokens. */
  COSINE_SIMILARITY("cosine_similarity", Group.RECONSTRUCTION, Kind.COSINE, mean(Sum.COSINE), ""),
  /** ‖x̂‖ / ‖x‖; mean over tokens. */
  L2_RATIO(
      "l2_ratio",
      Group.RECONSTRUCTION,
      Kind.FROM_ZERO,
      mean(Sum.L2_RATIO),
      "norm of the reconstruction divided by the activation's"),
  /** E‖x̂‖² / E(x·x̂). */
  RELATIVE_RECONSTRUCTION_BIAS(
      "relative_reconstruction_bias",
      Group.RECONSTRUCTION,
      Kind.ANY,
      Formula.ratio(
          s -> s.mean(Sum.X_HAT_SQUARED),
          "E(x·x̂)",
          s -> s.mean(Sum.X_DOT_X_HAT),
          Sum.X_HAT_SQUARED,
          Sum.X_DOT_X_HAT),
      "1 is unbiased"),
  /** Active latents; mean over tokens. */
  L0("l0", Group.SPARSITY, Kind.FROM_ZERO, mean(Sum.L0), "active latents per token"),
  /** Σ|z|; mean over tokens. */
  L1("l1", Group.SPARSITY, Kind.FROM_ZERO, mean(Sum.L1), ""),
  /** The share of the latents that were never active. Replicates and sequences have none. */
  DEAD_FRACTION(
      "dead_fraction",
      Group.SPARSITY,
      Kind.SHARE,
      Formula.of(s -> s.density().map(FeatureDensity::deadFraction).orElse(Double.NaN)),
      "of the latents never fired on these tokens");

  /** All of them, in the order of reports. */
  static final List<Metric> ALL = List.of(values());

  private static final double SMALLEST_DENOMINATOR = 1e-9;

  private final String key;
  private final Group group;
  private final Kind kind;
  private final Formula formula;
  private final Function<EvaluationResult, String> remark;

  Metric(String key, Group group, Kind kind, Formula formula, String remark) {
    this(key, group, kind, formula, result -> remark);
  }

  Metric(
      String key,
      Group group,
      Kind kind,
      Formula formula,
      Function<EvaluationResult, String> remark) {
    this.key = key;
    this.group = group;
    this.kind = kind;
    this.formula = formula;
    this.remark = remark;
  }

  /** What a metric is about. */
  public enum Group {
    /** The predictions with the reconstruction in place of the activation. */
    PREDICTIONS,
    /** The reconstruction against zero in its place. */
    SCORES,
    /** The predictions with zero or the mean in place of the activation. */
    BASELINES,
    /** The reconstruction itself. */
    RECONSTRUCTION,
    /** How many latents are active, and how much. */
    SPARSITY
  }

  /** Which numbers a metric can be. */
  public enum Kind {
    /** Any number. */
    ANY,
    /** Any number; whether it is above or below 0 is what matters. */
    SIGNED,
    /** Nats, from 0; rounding may take one that is 0 a little below. */
    NATS,
    /** A number from 0. */
    FROM_ZERO,
    /** At most 1. */
    UP_TO_ONE,
    /** From −1 to 1. */
    COSINE,
    /** A share, from 0 to 1. */
    SHARE
  }

  /** The tokens that a sum is over. */
  enum Over {
    /** All that count. */
    COUNTED,
    /** Those whose next-token distributions are compared. */
    COMPARED,
    /** Those that count and have a next token. */
    TARGETED
  }

  /** What is summed up over tokens. Metrics are made of these sums alone. */
  enum Sum {
    /** The counted tokens. */
    TOKENS(Over.COUNTED, t -> 1),
    /** Those whose next-token distributions are compared. */
    COMPARED(Over.COMPARED, t -> 1),
    /** Those with a next token. */
    TARGETED(Over.TARGETED, t -> 1),
    CE_CLEAN(Over.TARGETED, t -> t.batch().ceClean()[t.index()]),
    /** ‖x‖² */
    X_SQUARED(Over.COUNTED, t -> t.place().xSquared()[t.index()]),
    KL_ZERO(Over.COMPARED, t -> t.kl(t.place().zero())),
    CE_ZERO(Over.TARGETED, t -> t.ce(t.place().zero())),
    KL_MEAN(Over.COMPARED, t -> t.kl(t.place().mean())),
    CE_MEAN(Over.TARGETED, t -> t.ce(t.place().mean())),
    KL(Over.COMPARED, t -> t.spliced().effect().kl()[t.index()]),
    CE(Over.TARGETED, t -> t.spliced().effect().ce()[t.index()]),
    /** Whether the likeliest next token stays the same. */
    SAME_TOP(Over.COMPARED, t -> t.spliced().effect().sameTop()[t.index()] ? 1 : 0),
    /** ‖x − x̂‖² */
    SQUARED_ERROR(Over.COUNTED, t -> t.spliced().squaredError()[t.index()]),
    /** ‖x̂‖² */
    X_HAT_SQUARED(Over.COUNTED, t -> t.spliced().xHatSquared()[t.index()]),
    /** x·x̂ */
    X_DOT_X_HAT(Over.COUNTED, t -> t.spliced().xDotXHat()[t.index()]),
    COSINE(Over.COUNTED, Token::cosine),
    L2_RATIO(Over.COUNTED, t -> t.xHatNorm() / t.xNorm()),
    L1(Over.COUNTED, t -> t.spliced().l1()[t.index()]),
    L0(Over.COUNTED, t -> t.spliced().l0()[t.index()]);

    static final int COUNT = values().length;

    private final Over over;
    private final ToDoubleFunction<Token> ofToken;

    Sum(Over over, ToDoubleFunction<Token> ofToken) {
      this.over = over;
      this.ofToken = ofToken;
    }

    /** How many tokens the sum is over, itself a sum. */
    private Sum count() {
      return switch (over) {
        case COUNTED -> TOKENS;
        case COMPARED -> COMPARED;
        case TARGETED -> TARGETED;
      };
    }

    /** Why the sum means nothing. */
    private Optional<String> missing(Sums sums, EvaluationOptions options) {
      if (sums.of(count()) == 0) {
        return Optional.of("no counted token has a next one");
      }
      if ((this == KL_ZERO || this == CE_ZERO) && !options.zeroBaseline()) {
        return Optional.of("the zero baseline was not run");
      }
      boolean noMean = options.meanBaseline() instanceof MeanBaseline.None;
      return (this == KL_MEAN || this == CE_MEAN) && noMean
          ? Optional.of("the mean baseline was not run")
          : Optional.empty();
    }
  }

  /** One token of a batch, as one SAE is spliced in. */
  record Token(
      BatchEvaluation batch,
      BatchEvaluation.Place place,
      BatchEvaluation.Spliced spliced,
      int index) {
    private double kl(Optional<BatchEvaluation.Effect> baseline) {
      return baseline.isPresent() ? baseline.get().kl()[index] : 0;
    }

    private double ce(Optional<BatchEvaluation.Effect> baseline) {
      return baseline.isPresent() ? baseline.get().ce()[index] : 0;
    }

    private double xNorm() {
      return Math.sqrt(place.xSquared()[index]);
    }

    private double xHatNorm() {
      return Math.sqrt(spliced.xHatSquared()[index]);
    }

    /** A zero vector points nowhere: it is similar to nothing. */
    private double cosine() {
      double norms = xNorm() * xHatNorm();
      return norms == 0 ? 0 : spliced.xDotXHat()[index] / norms;
    }
  }

  /**
   * Sums for one SAE: over one sequence, over all, or as a replicate drew them.
   *
   * @param values [{@link Sum#COUNT}]
   * @param x Σ x over the counted tokens at the activation that is replaced, [width]
   * @param density how often each latent was active, if the sums are over all
   */
  record Sums(double[] values, double[] x, Optional<FeatureDensity> density) {
    private static final double ROUNDING = 1e-12;

    /** Sums up the tokens of each sequence of a batch, [sequence][splice]. */
    static Sums[][] of(BatchEvaluation batch, CountedTokens counted) {
      Sums[][] sums = new Sums[batch.sequences().count()][batch.splices().size()];
      for (int s = 0; s < sums.length; s++) {
        int sequence = s;
        Arrays.setAll(sums[s], splice -> of(batch, splice, counted, sequence));
      }
      return sums;
    }

    /**
     * Sums up the tokens of one sequence of a batch.
     *
     * @param splice the index of the splice
     */
    private static Sums of(BatchEvaluation batch, int splice, CountedTokens counted, int sequence) {
      BatchEvaluation.Spliced spliced = batch.splices().get(splice);
      BatchEvaluation.Place place = batch.placeOf(spliced);
      double[] values = new double[Sum.COUNT];
      int from = batch.sequences().offset(sequence);
      for (int t = from; t < from + batch.sequences().length(sequence); t++) {
        Token token = new Token(batch, place, spliced, t);
        for (Sum sum : SUMS) {
          if (counted.are(sum.over)[t]) {
            values[sum.ordinal()] += sum.ofToken.applyAsDouble(token);
          }
        }
      }
      return new Sums(values, place.xSum()[sequence], Optional.empty());
    }

    private static final Sum[] SUMS = Sum.values();

    double of(Sum sum) {
      return values[sum.ordinal()];
    }

    /** The mean over the tokens that the sum is over; NaN if there is none. */
    double mean(Sum sum) {
      return of(sum) / of(sum.count());
    }

    /** Σ‖x − mean(x)‖² = Σ‖x‖² − N‖mean(x)‖²; zero where the two differ by rounding only. */
    double deviation() {
      double tokens = of(Sum.TOKENS);
      double meanSquared = Arrays.stream(x).map(sum -> (sum / tokens) * (sum / tokens)).sum();
      double deviation = of(Sum.X_SQUARED) - tokens * meanSquared;
      return deviation < ROUNDING * of(Sum.X_SQUARED) ? 0 : deviation;
    }
  }

  /**
   * How a metric is made of sums.
   *
   * @param sums the sums that must not be missing
   * @param denominatorName the denominator that must not be near zero; empty: there is none
   */
  private record Formula(
      List<Sum> sums,
      ToDoubleFunction<Sums> value,
      String denominatorName,
      ToDoubleFunction<Sums> denominator) {

    static Formula of(ToDoubleFunction<Sums> value, Sum... sums) {
      return new Formula(List.of(sums), value, "", s -> 1);
    }

    static Formula ratio(
        ToDoubleFunction<Sums> numerator,
        String denominatorName,
        ToDoubleFunction<Sums> denominator,
        Sum... sums) {
      ToDoubleFunction<Sums> value = s -> numerator.applyAsDouble(s) / denominator.applyAsDouble(s);
      return new Formula(List.of(sums), value, denominatorName, denominator);
    }

    Formula lessThanOne() {
      return new Formula(sums, s -> 1 - value.applyAsDouble(s), denominatorName, denominator);
    }
  }

  private static Formula mean(Sum sum) {
    return Formula.of(s -> s.mean(sum), sum);
  }

  /** What it is called in JSON. */
  public String key() {
    return key;
  }

  /** What it is about. */
  public Group group() {
    return group;
  }

  /** Which numbers it can be. */
  public Kind kind() {
    return kind;
  }

  /** What people should know of it, in a few words; may be empty. */
  public String remark(EvaluationResult result) {
    return remark.apply(result);
  }

  /** Whether it is told of each sequence: the means over its tokens, without baselines. */
  public boolean isPerSequence() {
    return this != DEAD_FRACTION && group != Group.BASELINES && formula.denominatorName().isEmpty();
  }

  /** Its value, or NaN for {@linkplain #undefined a reason}. */
  double of(Sums sums, EvaluationOptions options) {
    return missing(sums, options).isPresent()
            || isTooSmall(formula.denominator().applyAsDouble(sums))
        ? Double.NaN
        : formula.value().applyAsDouble(sums);
  }

  /** Why it is NaN; empty if it should be a number. */
  Optional<String> undefined(Sums sums, EvaluationOptions options) {
    Optional<String> missing = missing(sums, options);
    double denominator = formula.denominator().applyAsDouble(sums);
    return missing.isEmpty() && isTooSmall(denominator)
        ? Optional.of(
            "%s is %s, below %s"
                .formatted(formula.denominatorName(), denominator, SMALLEST_DENOMINATOR))
        : missing;
  }

  private Optional<String> missing(Sums sums, EvaluationOptions options) {
    return formula.sums().stream().flatMap(sum -> sum.missing(sums, options).stream()).findFirst();
  }

  private static boolean isTooSmall(double denominator) {
    return Math.abs(denominator) < SMALLEST_DENOMINATOR;
  }

  /** The values of some metrics. */
  static Map<Metric, Double> values(List<Metric> metrics, Sums sums, EvaluationOptions options) {
    Map<Metric, Double> values = new EnumMap<>(Metric.class);
    metrics.forEach(metric -> values.put(metric, metric.of(sums, options)));
    return values;
  }

  private static String verdict(EvaluationResult result) {
    double delta = result.get(DELTA_CE);
    if (delta > 0) {
      return "positive: WORSE than the clean model";
    }
    if (delta < 0) {
      return "negative: better than the clean model";
    }
    return delta == 0 ? "as good as the clean model" : "positive is worse than the clean model";
  }
}
