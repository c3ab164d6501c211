package org.sae4j.latents;

import java.util.Objects;
import org.sae4j.SessionOptions;
import org.sae4j.pass.StudyOptions;
import org.sae4j.tokens.Positions;

/**
 * How latents are studied.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 */
public final class LatentStudyOptions extends StudyOptions<LatentStudyOptions> {
  private static final int BATCH_TOKENS = 1024;

  private LatentChoice latents = LatentChoice.all();
  private int contexts = 20;
  private int window = 10;
  private int topTokens = 10;
  private Positions counted = Positions.all();
  private int batchTokens = BATCH_TOKENS;

  private LatentStudyOptions() {
    super(SessionOptions.defaults().threads());
  }

  /** All latents: 20 contexts of 10 tokens either side, 10 promoted and 10 suppressed tokens. */
  public static LatentStudyOptions defaults() {
    return new LatentStudyOptions();
  }

  /** Which latents are looked at. */
  public LatentChoice latents() {
    return latents;
  }

  /** Looks at these latents only. */
  public LatentStudyOptions withLatents(LatentChoice latents) {
    return with(o -> o.latents = Objects.requireNonNull(latents, "latents"));
  }

  /** How many contexts are kept of each latent at most. */
  public int contexts() {
    return contexts;
  }

  /** Keeps this many contexts of each latent at most. */
  public LatentStudyOptions withContexts(int contexts) {
    return with(o -> o.contexts = atLeast(1, contexts, "contexts"));
  }

  /** How many tokens a context has on either side of the activating one at most. */
  public int window() {
    return window;
  }

  /** Shows this many tokens on either side of the activating one at most. */
  public LatentStudyOptions withWindow(int window) {
    return with(o -> o.window = atLeast(0, window, "window"));
  }

  /** How many promoted and how many suppressed tokens are listed; 0: none. */
  public int topTokens() {
    return topTokens;
  }

  /** Lists this many promoted and this many suppressed tokens. */
  public LatentStudyOptions withTopTokens(int topTokens) {
    return with(o -> o.topTokens = atLeast(0, topTokens, "topTokens"));
  }

  /** The tokens that can activate a latent and that its density is over. */
  public Positions counted() {
    return counted;
  }

  /** Counts these tokens only. */
  public LatentStudyOptions withCounted(Positions counted) {
    return with(o -> o.counted = Objects.requireNonNull(counted, "counted"));
  }

  /** How many tokens run together; no number depends on it. */
  public int batchTokens() {
    return batchTokens;
  }

  /** Runs about this many tokens together. */
  public LatentStudyOptions withBatchTokens(int batchTokens) {
    return with(o -> o.batchTokens = atLeast(1, batchTokens, "batchTokens"));
  }
}
