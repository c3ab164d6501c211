package org.sae4j.eval;

import java.util.Objects;
import java.util.OptionalDouble;
import org.sae4j.SessionOptions;
import org.sae4j.pass.StudyOptions;
import org.sae4j.stats.Resampling;
import org.sae4j.tokens.Positions;

/**
 * How an evaluation is done.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 */
public final class EvaluationOptions extends StudyOptions<EvaluationOptions> {
  private static final int BATCH_TOKENS = 1024;

  private Positions replaced = Positions.all();
  private Positions counted = Positions.all();
  private KlPositions klPositions = KlPositions.ALL;
  private boolean zeroBaseline = true;
  private MeanBaseline meanBaseline = MeanBaseline.measured();
  private Resampling resampling = Resampling.defaults();
  private OptionalDouble untilCi = OptionalDouble.empty();
  private int batchTokens = BATCH_TOKENS;

  private EvaluationOptions() {
    super(SessionOptions.defaults().threads());
  }

  /** Replaces and counts every token, with both baselines, on all processors. */
  public static EvaluationOptions defaults() {
    return new EvaluationOptions();
  }

  /** Where the reconstruction, zero or the mean replaces the activation. */
  public Positions replaced() {
    return replaced;
  }

  /** Replaces the activation of these tokens only. */
  public EvaluationOptions withReplaced(Positions replaced) {
    return with(o -> o.replaced = Objects.requireNonNull(replaced, "replaced"));
  }

  /** The tokens that count in every number. */
  public Positions counted() {
    return counted;
  }

  /** Counts these tokens only. */
  public EvaluationOptions withCounted(Positions counted) {
    return with(o -> o.counted = Objects.requireNonNull(counted, "counted"));
  }

  /** Which of the counted tokens KL and top-1 agreement are over. */
  public KlPositions klPositions() {
    return klPositions;
  }

  /** Compares next-token distributions at these of the counted tokens. */
  public EvaluationOptions withKlPositions(KlPositions klPositions) {
    return with(o -> o.klPositions = Objects.requireNonNull(klPositions, "klPositions"));
  }

  /** Whether the activation is also replaced by zero. */
  public boolean zeroBaseline() {
    return zeroBaseline;
  }

  /** Also replaces the activation by zero, or does not. */
  public EvaluationOptions withZeroBaseline(boolean zeroBaseline) {
    return with(o -> o.zeroBaseline = zeroBaseline);
  }

  /** Whether the activation is also replaced by a mean. */
  public MeanBaseline meanBaseline() {
    return meanBaseline;
  }

  /** Also replaces the activation by a mean, or does not. */
  public EvaluationOptions withMeanBaseline(MeanBaseline meanBaseline) {
    return with(o -> o.meanBaseline = Objects.requireNonNull(meanBaseline, "meanBaseline"));
  }

  /** How intervals are found. */
  public Resampling resampling() {
    return resampling;
  }

  /** Finds intervals this way. */
  public EvaluationOptions withResampling(Resampling resampling) {
    return with(o -> o.resampling = Objects.requireNonNull(resampling, "resampling"));
  }

  /** Stop as soon as the 95 % interval of every SAE's KL is narrower than this. */
  public OptionalDouble untilCi() {
    return untilCi;
  }

  /**
   * Stops as soon as the 95 % interval of every SAE's KL is narrower than this.
   *
   * <p>Looks after each batch, once there are 30 sequences. An interval that was waited for is a
   * little too narrow, and covers the truth less often than it says.
   */
  public EvaluationOptions withUntilCi(double width) {
    return with(o -> o.untilCi = OptionalDouble.of(aboveZero(width)));
  }

  /** How many tokens run together; no number depends on it. */
  public int batchTokens() {
    return batchTokens;
  }

  /** Runs about this many tokens together. */
  public EvaluationOptions withBatchTokens(int batchTokens) {
    return with(o -> o.batchTokens = atLeast(1, batchTokens, "batchTokens"));
  }

  private static double aboveZero(double untilCi) {
    if (!(untilCi > 0)) {
      throw new IllegalArgumentException("untilCi must be above 0, not " + untilCi);
    }
    return untilCi;
  }
}
