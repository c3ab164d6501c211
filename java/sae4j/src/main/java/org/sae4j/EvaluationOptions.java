package org.sae4j;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How an evaluation is done.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 *
 * @param hook the activation to replace; empty: the one that each SAE's own configuration names
 * @param replaced where the reconstruction, zero or the mean replaces the activation
 * @param counted the tokens that count in every number
 * @param klPositions which of the counted tokens KL and top-1 agreement are over
 * @param zeroBaseline whether the activation is also replaced by zero
 * @param meanBaseline whether the activation is also replaced by a mean
 * @param resampling how intervals are found
 * @param untilCi stop as soon as the 95 % interval of every SAE's KL is narrower than this
 * @param batchTokens how many tokens run together; no number depends on it
 * @param threads all threads that work, the caller's own included; no number depends on it
 */
public record EvaluationOptions(
    Optional<HookPoint> hook,
    Positions replaced,
    Positions counted,
    KlPositions klPositions,
    boolean zeroBaseline,
    MeanBaseline meanBaseline,
    Resampling resampling,
    OptionalDouble untilCi,
    int batchTokens,
    int threads) {
  private static final int BATCH_TOKENS = 1024;

  public EvaluationOptions {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(replaced, "replaced");
    Objects.requireNonNull(counted, "counted");
    Objects.requireNonNull(klPositions, "klPositions");
    Objects.requireNonNull(meanBaseline, "meanBaseline");
    Objects.requireNonNull(resampling, "resampling");
    if (untilCi.isPresent() && !(untilCi.getAsDouble() > 0)) {
      throw new IllegalArgumentException("untilCi must be above 0, not " + untilCi.getAsDouble());
    }
    if (batchTokens < 1) {
      throw new IllegalArgumentException("batchTokens must be at least 1, not " + batchTokens);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
  }

  /** Replaces and counts every token, with both baselines, on all processors. */
  public static EvaluationOptions defaults() {
    return new EvaluationOptions(
        Optional.empty(),
        Positions.all(),
        Positions.all(),
        KlPositions.ALL,
        true,
        MeanBaseline.measured(),
        Resampling.defaults(),
        OptionalDouble.empty(),
        BATCH_TOKENS,
        SessionOptions.defaults().threads());
  }

  /** Replaces this activation, whatever the SAEs' configurations say. */
  public EvaluationOptions withHook(HookPoint hook) {
    return new EvaluationOptions(
        Optional.of(hook),
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Replaces the activation of these tokens only. */
  public EvaluationOptions withReplaced(Positions replaced) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Counts these tokens only. */
  public EvaluationOptions withCounted(Positions counted) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Compares next-token distributions at these of the counted tokens. */
  public EvaluationOptions withKlPositions(KlPositions klPositions) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Also replaces the activation by zero, or does not. */
  public EvaluationOptions withZeroBaseline(boolean zeroBaseline) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Also replaces the activation by a mean, or does not. */
  public EvaluationOptions withMeanBaseline(MeanBaseline meanBaseline) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Finds intervals this way. */
  public EvaluationOptions withResampling(Resampling resampling) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /**
   * Stops as soon as the 95 % interval of every SAE's KL is narrower than this.
   *
   * <p>Looks after each batch, once there are 30 sequences. An interval that was waited for is a
   * little too narrow, and covers the truth less often than it says.
   */
  public EvaluationOptions withUntilCi(double width) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        OptionalDouble.of(width),
        batchTokens,
        threads);
  }

  /** Runs about this many tokens together. */
  public EvaluationOptions withBatchTokens(int batchTokens) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }

  /** Works with this many threads. */
  public EvaluationOptions withThreads(int threads) {
    return new EvaluationOptions(
        hook,
        replaced,
        counted,
        klPositions,
        zeroBaseline,
        meanBaseline,
        resampling,
        untilCi,
        batchTokens,
        threads);
  }
}
