package org.sae4j.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * A first look at whether an SAE does on a model's activations what SAEs do.
 *
 * <p>An SAE at the wrong layer, or with the wrong normalisation, runs like any other and gives
 * numbers. So it is tried on a few tokens. If it explains less than {@value #GOOD} of the variance,
 * or if fewer than one or almost all of its latents are active a token, the same tokens are tried
 * in other ways; one that explains a third or more of what is left unexplained is suspected to be
 * what was meant. Without a cause there is a warning only below {@value #BAD}.
 *
 * <p>The bounds are those of published SAEs: GPT-2 small's explain 0.77 to 0.999
 * (gpt2-small-res-jb, L0 10 to 70) and 0.85 to 0.97 (OpenAI's, k = 32), Gemma 2 2B's 0.73 to 0.92
 * at L0 40; so between the two bounds an SAE can be honest.
 *
 * <p>No number of an evaluation depends on it.
 *
 * @param tokens the tokens that it was tried on
 * @param l0 active latents per token
 * @param explainedVariance as in {@link org.sae4j.eval.Metric#EXPLAINED_VARIANCE}, on these tokens;
 *     NaN if they do not vary
 * @param cause what is probably wrong
 * @param warnings what to tell people; none if nothing seems wrong
 */
public record SaeSelfTest(
    int tokens, double l0, double explainedVariance, Optional<Cause> cause, List<String> warnings) {
  /** The explained variance from which on nothing else is tried. */
  public static final double GOOD = 0.8;

  /** The explained variance below which there is a warning in any case. */
  public static final double BAD = 0.3;

  private static final int MOST_TOKENS = 512;
  private static final int FEW_TOKENS = 128;
  private static final int SHARE = 8;

  public SaeSelfTest {
    Objects.requireNonNull(cause, "cause");
    warnings = List.copyOf(warnings);
  }

  /**
   * Tries SAEs on the first tokens: 512, of short texts an eighth, but 128 if there are so many.
   *
   * @param hook the activation that all read; empty: the one that each names itself
   * @param counted which of them count
   * @throws IllegalArgumentException if sequences, hook or SAE do not fit the model
   */
  public static List<SaeSelfTest> of(
      Session session,
      List<Sae> saes,
      Optional<HookPoint> hook,
      Sequences sequences,
      Positions counted) {
    int share = Math.max(FEW_TOKENS, sequences.tokens() / SHARE);
    Sequences first = sequences.first(Math.min(MOST_TOKENS, share));
    List<Splice> splices = saes.stream().map(sae -> Splice.of(sae, hook, session.model())).toList();
    Map<HookPoint, float[]> activations = CauseSearch.activations(session, first, splices);
    return splices.stream()
        .map(splice -> new CauseSearch(session, splice, first, counted).test(activations))
        .toList();
  }

  static SaeSelfTest of(
      Splice splice,
      Sequences sequences,
      ReconstructionQuality fit,
      Optional<Cause> cause,
      boolean bad) {
    List<String> warnings = new ArrayList<>();
    if (cause.isPresent() || bad) {
      String verdict =
          cause.map(SaeSelfTest::improvement).orElse("; nothing that was tried improves it");
      warnings.add(numbers(splice, sequences, fit, cause) + verdict);
    }
    return new SaeSelfTest(sequences.tokens(), fit.l0(), fit.explainedVariance(), cause, warnings);
  }

  private static String numbers(
      Splice splice, Sequences sequences, ReconstructionQuality fit, Optional<Cause> cause) {
    // What a cause but the first position itself would explain is without the first, too.
    boolean compared =
        cause.isPresent()
            && cause.get().kind() != Cause.Kind.FIRST_POSITION
            && Math.abs(fit.withoutFirst() - fit.explainedVariance()) > 0.01;
    boolean onlyFirstIsGood = fit.withoutFirst() < GOOD && fit.explainedVariance() >= GOOD;
    String others =
        compared || onlyFirstIsGood
            ? " (" + share(fit.withoutFirst()) + " without the first of each sequence)"
            : "";
    return String.format(
        Locale.ROOT,
        "explained variance %s%s and L0 %.1f at %s on %d tokens",
        share(fit.explainedVariance()),
        others,
        fit.l0(),
        splice.in(),
        sequences.tokens());
  }

  private static String improvement(Cause cause) {
    return "; " + cause.text() + " it would be " + share(cause.explainedVariance());
  }

  /** A share of the variance: at most 1, but as far below 0 as a reconstruction is off. */
  private static String share(double explained) {
    return String.format(Locale.ROOT, explained > -1000 ? "%.2f" : "%.1e", explained);
  }
}
