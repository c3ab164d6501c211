package org.sae4j.ablation;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.SessionOptions;
import org.sae4j.pass.StudyOptions;
import org.sae4j.tokens.Positions;

/**
 * How an ablation is done.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 */
public final class AblationOptions extends StudyOptions<AblationOptions> {
  private static final int FUTURE = 16;
  private static final int TOP_TOKENS = 5;

  private Positions positions = Positions.all();
  private Optional<TokenSample> sample = Optional.empty();
  private int future = FUTURE;
  private AblationTail tail = AblationTail.SKIP;
  private AblationBaseline baseline = AblationBaseline.RECONSTRUCTION;
  private AblationContext context = AblationContext.CLEAN;
  private Positions reconstructed = Positions.all();
  private AblationControl control = AblationControl.none();
  private Optional<AblationControl> compared = Optional.empty();
  private OptionalInt most = OptionalInt.empty();
  private int topTokens = TOP_TOKENS;

  private AblationOptions() {
    super(SessionOptions.defaults().threads());
  }

  /** Ablates all active latents at every token, as Gao et al. 2024 do, on all processors. */
  public static AblationOptions defaults() {
    return new AblationOptions();
  }

  /** The tokens t to ablate at. */
  public Positions positions() {
    return positions;
  }

  /** Ablates at these tokens only. */
  public AblationOptions withPositions(Positions positions) {
    return with(o -> o.positions = Objects.requireNonNull(positions, "positions"));
  }

  /**
   * Chooses among them; with {@link AblationTail#SKIP} only among those that would not be skipped;
   * empty: all are taken.
   */
  public Optional<TokenSample> sample() {
    return sample;
  }

  /** Ablates at a random choice of the tokens. */
  public AblationOptions withSample(TokenSample sample) {
    return with(o -> o.sample = Optional.of(sample));
  }

  /** T: the effect is measured at t and the T − 1 tokens after it. */
  public int future() {
    return future;
  }

  /** Measures the effect at this many positions. */
  public AblationOptions withFuture(int future) {
    return with(o -> o.future = atLeast(1, future, "future"));
  }

  /** What to do where fewer than T tokens are left. */
  public AblationTail tail() {
    return tail;
  }

  /** Skips tokens near the end of their sequence, or measures at the positions that are left. */
  public AblationOptions withTail(AblationTail tail) {
    return with(o -> o.tail = Objects.requireNonNull(tail, "tail"));
  }

  /** What the base run has at t; not for {@link AblationControl.Channels}. */
  public AblationBaseline baseline() {
    return baseline;
  }

  /** Compares with another base run. */
  public AblationOptions withBaseline(AblationBaseline baseline) {
    return with(o -> o.baseline = Objects.requireNonNull(baseline, "baseline"));
  }

  /** What all runs have at the other tokens. */
  public AblationContext context() {
    return context;
  }

  /** Has something else at the other tokens. */
  public AblationOptions withContext(AblationContext context) {
    return with(o -> o.context = Objects.requireNonNull(context, "context"));
  }

  /** The tokens that {@link AblationContext#RECONSTRUCTED} replaces. */
  public Positions reconstructed() {
    return reconstructed;
  }

  /** Lets {@link AblationContext#RECONSTRUCTED} replace these tokens only. */
  public AblationOptions withReconstructed(Positions reconstructed) {
    return with(o -> o.reconstructed = Objects.requireNonNull(reconstructed, "reconstructed"));
  }

  /** What is ablated in place of latents. */
  public AblationControl control() {
    return control;
  }

  /** Ablates something else than latents. */
  public AblationOptions withControl(AblationControl control) {
    return with(o -> o.ablate(control, compared));
  }

  /**
   * A control that is ablated besides, at the same tokens and as much of it at each, to compare
   * with; empty: none.
   */
  public Optional<AblationControl> compared() {
    return compared;
  }

  /** Ablates, besides, as much of a control at each token, to compare with. */
  public AblationOptions withCompared(AblationControl compared) {
    return with(o -> o.ablate(control, Optional.of(compared)));
  }

  /**
   * The largest number of latents per token; empty: all. Those with the largest values are ablated.
   * Under {@link AblationControl.Channels} it is the number of channels, evenly spaced.
   */
  public OptionalInt most() {
    return most;
  }

  /** Ablates at most this many latents, or channels, at each token. */
  public AblationOptions withMost(int most) {
    return with(o -> o.most = OptionalInt.of(atLeast(1, most, "most")));
  }

  /** How many of the tokens that rise and fall most each effect has. */
  public int topTokens() {
    return topTokens;
  }

  /** Finds this many tokens that rise and fall most. */
  public AblationOptions withTopTokens(int topTokens) {
    return with(o -> o.topTokens = atLeast(0, topTokens, "topTokens"));
  }

  /** As if nothing but the control to compare with were ablated. */
  Optional<AblationOptions> ofCompared() {
    return compared.map(other -> with(o -> o.ablate(other, Optional.empty())));
  }

  private void ablate(AblationControl control, Optional<AblationControl> compared) {
    Objects.requireNonNull(control, "control");
    compared.ifPresent(other -> requireOther(control, other));
    this.control = control;
    this.compared = compared;
  }

  private static void requireOther(AblationControl control, AblationControl compared) {
    if (compared instanceof AblationControl.None || compared.equals(control)) {
      throw new IllegalArgumentException(
          "to compare with: expected another control than \"%s\", found \"%s\""
              .formatted(control, compared));
    }
  }
}
