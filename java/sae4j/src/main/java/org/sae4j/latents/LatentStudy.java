package org.sae4j.latents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.Splice;
import org.sae4j.pass.Checkpoint;
import org.sae4j.pass.CorpusPass;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/**
 * Finds out what the latents of an SAE respond to, and what they do to the logits.
 *
 * <pre>{@code
 * LatentStudyOptions options =
 *     LatentStudyOptions.defaults().withLatents(LatentChoice.of(42, 1337));
 * LatentStudyResult result = LatentStudy.of(model, sae).with(options).run(sequences);
 * for (LatentContext context : result.latents().get(0).contexts()) {
 *   ContextText text = context.text(model.tokenizer());
 *   System.out.println(text.before() + "[" + text.token() + "]" + text.after());
 * }
 * }</pre>
 *
 * <p>Within a sequence a latent's activations are taken from the strongest to the weakest, and one
 * that lies in the context of a stronger one is passed over: no event is shown twice. Of what is
 * left in all sequences the strongest are kept; of equally strong ones, the earliest. One pass
 * serves all latents, and what is kept is bounded however long the text: for all of 32768 latents
 * with 20 contexts each, some 100 MB.
 *
 * <p>Immutable.
 */
public final class LatentStudy {
  private static final Progress SILENT = (done, total) -> {};

  private final Model model;
  private final Sae sae;
  private final LatentStudyOptions options;
  private final Progress progress;
  private final Optional<Checkpoint> checkpoint;

  private LatentStudy(
      Model model,
      Sae sae,
      LatentStudyOptions options,
      Progress progress,
      Optional<Checkpoint> checkpoint) {
    this.model = Objects.requireNonNull(model, "model");
    this.sae = Objects.requireNonNull(sae, "sae");
    this.options = Objects.requireNonNull(options, "options");
    this.progress = Objects.requireNonNull(progress, "progress");
    this.checkpoint = checkpoint;
  }

  /** Prepares to study an SAE's latents with {@link LatentStudyOptions#defaults()}. */
  public static LatentStudy of(Model model, Sae sae) {
    return new LatentStudy(model, sae, LatentStudyOptions.defaults(), SILENT, Optional.empty());
  }

  /** The same study with these options. */
  public LatentStudy with(LatentStudyOptions options) {
    return new LatentStudy(model, sae, options, progress, checkpoint);
  }

  /** The same study, telling a listener how far it is. */
  public LatentStudy onProgress(Progress progress) {
    return new LatentStudy(model, sae, options, progress, checkpoint);
  }

  /**
   * The same study, which keeps what it has found in a file and goes on from there if the file is
   * there: to the same results as if it had never stopped.
   *
   * @see org.sae4j.eval.Evaluation#resuming
   */
  public LatentStudy resuming(Checkpoint checkpoint) {
    return new LatentStudy(model, sae, options, progress, Optional.of(checkpoint));
  }

  /**
   * Studies the latents on these sequences.
   *
   * <p>To stop early, interrupt the thread, or throw from the progress listener.
   *
   * @throws IllegalArgumentException if sequences, hook or SAE do not fit the model, if the SAE's
   *     hook is known neither from it nor from the options, if it has no such latent, or if no
   *     token is counted
   * @throws org.sae4j.NotFiniteException if an activation is not a number
   * @throws CancellationException if the thread is interrupted; its interrupt flag stays set
   */
  public LatentStudyResult run(Sequences sequences) {
    sequences.requireFor(model.shape());
    try {
      return run((Corpus) sequences);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same on sequences that need not be in memory.
   *
   * @throws IOException if the corpus cannot be read, or a checkpoint not be read or written
   */
  public LatentStudyResult run(Corpus corpus) throws IOException {
    Splice splice = Splice.of(sae, options.hook(), model);
    LatentState state = LatentPass.begin(sae, options);
    CorpusPass pass = CorpusPass.resuming(checkpoint, state, corpus.knownTokens(), progress);
    try (Session session = model.newSession(new SessionOptions(options.threads()))) {
      return new LatentPass(session, splice, options, state, pass).run(corpus);
    }
  }
}
