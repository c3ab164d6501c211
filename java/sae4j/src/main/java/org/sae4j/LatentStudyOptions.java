package org.sae4j;

import java.util.Objects;
import java.util.Optional;

/**
 * How latents are studied.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 *
 * @param hook the activation that the SAE reads; empty: the one that its own configuration names
 * @param latents which latents are looked at
 * @param contexts how many contexts are kept of each latent at most
 * @param window how many tokens a context has on either side of the activating one at most
 * @param topTokens how many promoted and how many suppressed tokens are listed; 0: none
 * @param counted the tokens that can activate a latent and that its density is over
 * @param batchTokens how many tokens run together; no number depends on it
 * @param threads all threads that work, the caller's own included; no number depends on it
 */
public record LatentStudyOptions(
    Optional<HookPoint> hook,
    LatentChoice latents,
    int contexts,
    int window,
    int topTokens,
    Positions counted,
    int batchTokens,
    int threads) {
  private static final int BATCH_TOKENS = 1024;

  public LatentStudyOptions {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(latents, "latents");
    Objects.requireNonNull(counted, "counted");
    requireAtLeast(1, contexts, "contexts");
    requireAtLeast(0, window, "window");
    requireAtLeast(0, topTokens, "topTokens");
    requireAtLeast(1, batchTokens, "batchTokens");
    requireAtLeast(1, threads, "threads");
  }

  private static void requireAtLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
    }
  }

  /** All latents: 20 contexts of 10 tokens either side, 10 promoted and 10 suppressed tokens. */
  public static LatentStudyOptions defaults() {
    return new LatentStudyOptions(
        Optional.empty(),
        LatentChoice.all(),
        20,
        10,
        10,
        Positions.all(),
        BATCH_TOKENS,
        SessionOptions.defaults().threads());
  }

  /** Reads this activation, whatever the SAE's configuration says. */
  public LatentStudyOptions withHook(HookPoint hook) {
    return new LatentStudyOptions(
        Optional.of(hook), latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Looks at these latents only. */
  public LatentStudyOptions withLatents(LatentChoice latents) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Keeps this many contexts of each latent at most. */
  public LatentStudyOptions withContexts(int contexts) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Shows this many tokens on either side of the activating one at most. */
  public LatentStudyOptions withWindow(int window) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Lists this many promoted and this many suppressed tokens. */
  public LatentStudyOptions withTopTokens(int topTokens) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Counts these tokens only. */
  public LatentStudyOptions withCounted(Positions counted) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Runs about this many tokens together. */
  public LatentStudyOptions withBatchTokens(int batchTokens) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }

  /** Works with this many threads. */
  public LatentStudyOptions withThreads(int threads) {
    return new LatentStudyOptions(
        hook, latents, contexts, window, topTokens, counted, batchTokens, threads);
  }
}
