package org.sae4j.ablation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.Splice;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/**
 * Measures how sparse the effects of an SAE's latents on a model's predictions are.
 *
 * <p>Each active latent of a token t is set to zero in turn. The logits of t and the tokens after
 * it are compared with those of a base run. A transcoder's latents change the activation that its
 * output replaces. Source: Gao et al. 2024, §4.5.
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
 * <p>Immutable. Effects reach the listener as they come and are not kept, so memory does not grow
 * with the vocabulary, and with their number only by one number each for the summary. SAEs at the
 * same activation share what the model computes up to it.
 */
public final class Ablation {
  private final Model model;
  private final List<Sae> saes;
  private final AblationOptions options;
  private final Iterable<AblationEffect> earlier;
  private final Progress progress;

  private Ablation(
      Model model,
      List<Sae> saes,
      AblationOptions options,
      Iterable<AblationEffect> earlier,
      Progress progress) {
    this.model = Objects.requireNonNull(model, "model");
    this.saes = List.copyOf(saes);
    this.options = Objects.requireNonNull(options, "options");
    this.earlier = Objects.requireNonNull(earlier, "earlier");
    this.progress = Objects.requireNonNull(progress, "progress");
    if (saes.isEmpty()) {
      throw new IllegalArgumentException("there is no SAE to ablate");
    }
  }

  /** Prepares to ablate the latents of SAEs with {@link AblationOptions#defaults()}. */
  public static Ablation of(Model model, Sae... saes) {
    return of(model, List.of(saes));
  }

  /** Prepares to ablate the latents of SAEs with {@link AblationOptions#defaults()}. */
  public static Ablation of(Model model, List<Sae> saes) {
    return new Ablation(model, saes, AblationOptions.defaults(), List.of(), (done, total) -> {});
  }

  /** The same ablation with these options. */
  public Ablation with(AblationOptions options) {
    return new Ablation(model, saes, options, earlier, progress);
  }

  /**
   * The same ablation, telling a listener of each token t that is done with; with several SAEs, of
   * each token for each SAE.
   */
  public Ablation onProgress(Progress progress) {
    return new Ablation(model, saes, options, earlier, progress);
  }

  /**
   * The same ablation, going on where an earlier run of it ended.
   *
   * <p>The summary is of both runs, and the same as that of a run that did not end; the listener
   * hears of the new effects alone. Of {@link AblationEffect#change} the arrays of numbers by row
   * may be empty.
   *
   * @param earlier what the listener of the earlier run heard of, in that order, up to a token all
   *     of whose effects are there; it is gone through once for each run
   */
  public Ablation resumingAfter(Iterable<AblationEffect> earlier) {
    return new Ablation(model, saes, options, earlier, progress);
  }

  /**
   * Ablates and sums up.
   *
   * @throws IllegalStateException if there are several SAEs
   * @see #runAll
   */
  public AblationSummary run(Sequences sequences) {
    return run(sequences, effect -> {});
  }

  /**
   * Ablates, tells of each effect and sums up.
   *
   * @throws IllegalStateException if there are several SAEs
   * @see #runAll
   */
  public AblationSummary run(Sequences sequences, Consumer<AblationEffect> listener) {
    if (saes.size() > 1) {
      throw new IllegalStateException("there are " + saes.size() + " SAEs: use runAll");
    }
    return runAll(sequences, listener).get(0);
  }

  /**
   * Ablates, tells of each effect and sums up, for all SAEs.
   *
   * <p>To stop early, interrupt the thread, or throw from a listener.
   *
   * @param listener hears of each effect as it comes, on this thread; what it throws is thrown from
   *     here unchanged. It hears of one sequence after another, in each of one SAE after another
   *     (those at the same activation follow each other), and for each by position and latent; at a
   *     position latents come before what they are compared with. Channels of the clean run, which
   *     are the same for all SAEs at an activation, are ablated once and told of for one SAE after
   *     another at each position
   * @return one summary for each SAE, in their order
   * @throws IllegalArgumentException if sequences, hook or SAE do not fit the model, if an SAE's
   *     hook is known neither from it nor from the options, if no token is chosen, or if earlier
   *     effects are not of this ablation
   * @throws org.sae4j.NotFiniteException if a logit is not a number
   * @throws AblationCancelledException if the thread is interrupted, a {@link
   *     CancellationException} with the summaries so far; the thread's interrupt flag stays set
   */
  public List<AblationSummary> runAll(Sequences sequences, Consumer<AblationEffect> listener) {
    try {
      return runAll((Corpus) sequences, listener);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same on sequences that need not be in memory.
   *
   * <p>The corpus is read twice: to its end, to check it and to count the tokens among which there
   * is a choice, and then up to the last one that is chosen.
   *
   * @throws IOException if the corpus cannot be read
   */
  public List<AblationSummary> runAll(Corpus corpus, Consumer<AblationEffect> listener)
      throws IOException {
    List<AblatedSae> ablated = new ArrayList<>();
    for (int i = 0; i < saes.size(); i++) {
      Splice splice = Splice.of(saes.get(i), options.hook(), model);
      ablated.add(new AblatedSae(i, splice, options));
    }
    try (Session session = model.newSession(new SessionOptions(options.threads()))) {
      return new AblationPass(
              session, ablated, options, new EarlierEffects(earlier), listener, progress)
          .run(corpus);
    }
  }
}
