package org.sae4j;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * Measures how sparse the effects of an SAE's latents on a model's predictions are.
 *
 * <p>At a token t every active latent is set to zero in turn, and the logits at t and the tokens
 * after it are compared with those of a base run. Source: Gao et al. 2024, §4.5.
 *
 * <pre>{@code
 * AblationOptions options = AblationOptions.defaults().withSample(new TokenSample(100, 0));
 * AblationSummary summary =
 *     Ablation.of(model, sae)
 *         .with(options)
 *         .run(sequences, effect -> System.out.println(effect.ablated() + " " + effect.kl()));
 * System.out.println(summary.mean() + ", " + summary.ci95());
 * }</pre>
 *
 * <p>Immutable. Effects are heard of as they come and not kept, so memory grows neither with their
 * number nor with the vocabulary, but for one number each for the summary.
 */
public final class Ablation {
  private final Model model;
  private final Sae sae;
  private final AblationOptions options;
  private final Progress progress;

  private Ablation(Model model, Sae sae, AblationOptions options, Progress progress) {
    this.model = Objects.requireNonNull(model, "model");
    this.sae = Objects.requireNonNull(sae, "sae");
    this.options = Objects.requireNonNull(options, "options");
    this.progress = Objects.requireNonNull(progress, "progress");
  }

  /** Prepares to ablate an SAE's latents with {@link AblationOptions#defaults()}. */
  public static Ablation of(Model model, Sae sae) {
    return new Ablation(model, sae, AblationOptions.defaults(), (done, total) -> {});
  }

  /** The same ablation with these options. */
  public Ablation with(AblationOptions options) {
    return new Ablation(model, sae, options, progress);
  }

  /** The same ablation, telling a listener of each token t that is done with. */
  public Ablation onProgress(Progress progress) {
    return new Ablation(model, sae, options, progress);
  }

  /** Ablates and sums up. */
  public AblationSummary run(Sequences sequences) {
    return run(sequences, effect -> {});
  }

  /**
   * Ablates, tells of each effect and sums up.
   *
   * <p>To stop early, interrupt the thread, or throw from a listener.
   *
   * @param listener hears of each effect as it comes, by sequence, position and latent, on this
   *     thread; what it throws is thrown from here unchanged
   * @throws IllegalArgumentException if sequences, hook or SAE do not fit the model, if the hook is
   *     known neither from the SAE nor from the options, or if no token is chosen
   * @throws NotFiniteException if a logit is not a number
   * @throws AblationCancelledException if the thread is interrupted, a {@link
   *     CancellationException} with a summary so far; the thread's interrupt flag stays set
   */
  public AblationSummary run(Sequences sequences, Consumer<AblationEffect> listener) {
    sequences.requireFor(model.shape());
    HookPoint point = hook().requireIn(model.shape());
    sae.requireWidth(point, point.width(model.shape()));
    try (Session session = model.newSession(new SessionOptions(options.threads()))) {
      return new AblationPass(session, sae, point, options, listener, progress).run(sequences);
    }
  }

  private HookPoint hook() {
    return options
        .hook()
        .or(sae::hook)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    sae.path() + " does not say which activation it is for: give a hook"));
  }
}
