package org.sae4j;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How an ablation is done.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 *
 * @param hook the activation; empty: the one that the SAE's own configuration names
 * @param positions the tokens t to ablate at
 * @param sample chooses among them; with {@link AblationTail#SKIP} only among those that would not
 *     be skipped; empty: all are taken
 * @param future T: the effect is measured at t and the T − 1 tokens after it
 * @param tail what to do where fewer than T tokens are left
 * @param baseline what the base run has at t; not for {@link AblationControl.Channels}
 * @param context what all runs have at the other tokens
 * @param reconstructed the tokens that {@link AblationContext#RECONSTRUCTED} replaces
 * @param control what is ablated in place of latents
 * @param compared a control that is ablated besides, at the same tokens and as much of it at each,
 *     to compare with; empty: none
 * @param most how many latents a token: those with the largest values; under {@link
 *     AblationControl.Channels} so many channels, evenly spaced; empty: all
 * @param topTokens how many of the tokens that rise and fall most each effect has
 * @param threads all threads that work, the caller's own included; no number depends on it
 */
public record AblationOptions(
    Optional<HookPoint> hook,
    Positions positions,
    Optional<TokenSample> sample,
    int future,
    AblationTail tail,
    AblationBaseline baseline,
    AblationContext context,
    Positions reconstructed,
    AblationControl control,
    Optional<AblationControl> compared,
    OptionalInt most,
    int topTokens,
    int threads) {
  private static final int FUTURE = 16;
  private static final int TOP_TOKENS = 5;

  public AblationOptions {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(positions, "positions");
    Objects.requireNonNull(sample, "sample");
    Objects.requireNonNull(tail, "tail");
    Objects.requireNonNull(baseline, "baseline");
    Objects.requireNonNull(context, "context");
    Objects.requireNonNull(reconstructed, "reconstructed");
    Objects.requireNonNull(control, "control");
    compared.ifPresent(other -> requireOther(control, other));
    requireAtLeast(1, future, "future");
    requireAtLeast(1, most.orElse(1), "most");
    requireAtLeast(0, topTokens, "topTokens");
    requireAtLeast(1, threads, "threads");
  }

  private static void requireOther(AblationControl control, AblationControl compared) {
    if (compared instanceof AblationControl.None || compared.equals(control)) {
      throw new IllegalArgumentException(
          "to compare with: expected another control than \"%s\", found \"%s\""
              .formatted(control, compared));
    }
  }

  private static void requireAtLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
    }
  }

  /** Ablates all active latents at every token, as Gao et al. 2024 do, on all processors. */
  public static AblationOptions defaults() {
    return new AblationOptions(
        Optional.empty(),
        Positions.all(),
        Optional.empty(),
        FUTURE,
        AblationTail.SKIP,
        AblationBaseline.RECONSTRUCTION,
        AblationContext.CLEAN,
        Positions.all(),
        AblationControl.none(),
        Optional.empty(),
        OptionalInt.empty(),
        TOP_TOKENS,
        SessionOptions.defaults().threads());
  }

  /** Ablates at this activation, whatever the SAE's configuration says. */
  public AblationOptions withHook(HookPoint hook) {
    return new AblationOptions(
        Optional.of(hook),
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Ablates at these tokens only. */
  public AblationOptions withPositions(Positions positions) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Ablates at a random choice of the tokens. */
  public AblationOptions withSample(TokenSample sample) {
    return new AblationOptions(
        hook,
        positions,
        Optional.of(sample),
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Measures the effect at this many positions. */
  public AblationOptions withFuture(int future) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Skips tokens near the end of their sequence, or measures at the positions that are left. */
  public AblationOptions withTail(AblationTail tail) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Compares with another base run. */
  public AblationOptions withBaseline(AblationBaseline baseline) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Has something else at the other tokens. */
  public AblationOptions withContext(AblationContext context) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Lets {@link AblationContext#RECONSTRUCTED} replace these tokens only. */
  public AblationOptions withReconstructed(Positions reconstructed) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Ablates something else than latents. */
  public AblationOptions withControl(AblationControl control) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Ablates, besides, as much of a control at each token, to compare with. */
  public AblationOptions withCompared(AblationControl compared) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        Optional.of(compared),
        most,
        topTokens,
        threads);
  }

  /** As if nothing but the control to compare with were ablated. */
  Optional<AblationOptions> ofCompared() {
    return compared.map(
        other ->
            new AblationOptions(
                hook,
                positions,
                sample,
                future,
                tail,
                baseline,
                context,
                reconstructed,
                other,
                Optional.empty(),
                most,
                topTokens,
                threads));
  }

  /** Ablates at most this many latents, or channels, at each token. */
  public AblationOptions withMost(int most) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        OptionalInt.of(most),
        topTokens,
        threads);
  }

  /** Finds this many tokens that rise and fall most. */
  public AblationOptions withTopTokens(int topTokens) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }

  /** Works with this many threads. */
  public AblationOptions withThreads(int threads) {
    return new AblationOptions(
        hook,
        positions,
        sample,
        future,
        tail,
        baseline,
        context,
        reconstructed,
        control,
        compared,
        most,
        topTokens,
        threads);
  }
}
