package org.sae4j.eval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.pass.Checkpoint;
import org.sae4j.pass.CorpusPass;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/**
 * Measures what replacing an activation by an SAE's reconstruction does to a model's predictions.
 *
 * <pre>{@code
 * try (Model model = Model.open(Path.of("gpt2.gguf"));
 *     Sae sae = Sae.open(Path.of("resid_post_mlp_layer8.pt"))) {
 *   int[] tokens = model.tokenizer().encode(Files.readString(Path.of("text.txt")));
 *   Sequences sequences = Sequences.split(tokens, 64, OptionalInt.empty());
 *   EvaluationResult result = Evaluation.of(model, sae).run(sequences);
 *   System.out.println(result.get(Metric.DELTA_CE));
 * }
 * }</pre>
 *
 * <p>Immutable. All SAEs share one pass of the clean model, and those that replace the same
 * activation its baselines.
 */
public final class Evaluation {
  private static final Progress SILENT = (done, total) -> {};

  private final Model model;
  private final List<Sae> saes;
  private final EvaluationOptions options;
  private final Progress progress;
  private final Consumer<SequenceResult> listener;
  private final Optional<Checkpoint> checkpoint;

  private Evaluation(
      Model model,
      List<Sae> saes,
      EvaluationOptions options,
      Progress progress,
      Consumer<SequenceResult> listener,
      Optional<Checkpoint> checkpoint) {
    this.model = Objects.requireNonNull(model, "model");
    this.saes = List.copyOf(saes);
    this.options = Objects.requireNonNull(options, "options");
    this.progress = Objects.requireNonNull(progress, "progress");
    this.listener = Objects.requireNonNull(listener, "listener");
    this.checkpoint = checkpoint;
    if (saes.isEmpty()) {
      throw new IllegalArgumentException("there is no SAE to evaluate");
    }
  }

  /** Prepares to evaluate SAEs with {@link EvaluationOptions#defaults()}. */
  public static Evaluation of(Model model, Sae... saes) {
    return of(model, List.of(saes));
  }

  /** Prepares to evaluate SAEs with {@link EvaluationOptions#defaults()}. */
  public static Evaluation of(Model model, List<Sae> saes) {
    return new Evaluation(
        model, saes, EvaluationOptions.defaults(), SILENT, sequence -> {}, Optional.empty());
  }

  /** The same evaluation with these options. */
  public Evaluation with(EvaluationOptions options) {
    return new Evaluation(model, saes, options, progress, listener, checkpoint);
  }

  /** The same evaluation, telling a listener how far it is. */
  public Evaluation onProgress(Progress progress) {
    return new Evaluation(model, saes, options, progress, listener, checkpoint);
  }

  /**
   * The same evaluation, telling a listener of each sequence what each SAE does on it.
   *
   * <p>Sequences come in order, and of each the SAEs in theirs, on the thread that works.
   */
  public Evaluation onSequence(Consumer<SequenceResult> listener) {
    return new Evaluation(model, saes, options, progress, listener, checkpoint);
  }

  /**
   * The same evaluation, which keeps its state in a file and goes on from there if the file is
   * there: to the same results, bit for bit, as if it had never stopped.
   *
   * <p>The file is written after an interrupt, too. Whoever has stored the results deletes it. The
   * sequences that were done before are not told again.
   */
  public Evaluation resuming(Checkpoint checkpoint) {
    return new Evaluation(model, saes, options, progress, listener, Optional.of(checkpoint));
  }

  /**
   * Evaluates the only SAE.
   *
   * @throws IllegalStateException if there are several
   * @see #runAll
   */
  public EvaluationResult run(Sequences sequences) {
    if (saes.size() > 1) {
      throw new IllegalStateException("there are " + saes.size() + " SAEs: use runAll");
    }
    return runAll(sequences).get(0);
  }

  /**
   * Evaluates all SAEs on the same sequences, in one pass.
   *
   * <p>To stop early, interrupt the thread, or throw from the progress listener.
   *
   * @return one result for each SAE, in their order
   * @throws IllegalArgumentException if sequences, hook or SAE do not fit the model, if an SAE's
   *     hook is known neither from it nor from the options, or if no token is counted
   * @throws org.sae4j.NotFiniteException if a result is not a number
   * @throws CancellationException if the thread is interrupted; its interrupt flag stays set
   */
  public List<EvaluationResult> runAll(Sequences sequences) {
    sequences.requireFor(model.shape());
    try {
      return runAll((Corpus) sequences);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same on sequences that need not be in memory: it keeps nothing of a sequence but sums.
   *
   * <p>A mean that is to be measured takes a pass of its own, so that the corpus is opened twice.
   *
   * @throws IOException if the corpus cannot be read, or a checkpoint not be read or written
   */
  public List<EvaluationResult> runAll(Corpus corpus) throws IOException {
    List<Splice> splices = new ArrayList<>();
    for (Sae sae : saes) {
      splices.add(Splice.of(sae, options.hook(), model));
    }
    List<HookPoint> places = splices.stream().map(Splice::out).distinct().toList();
    Totals totals = new Totals(places, splices, model, options);
    CorpusPass pass = CorpusPass.resuming(checkpoint, totals, total(corpus), progress);
    try (Session session = model.newSession(new SessionOptions(options.threads()))) {
      return new EvaluationPass(session, places, splices, options, totals, pass, listener)
          .run(corpus);
    }
  }

  /** The tokens of all passes together, if that is known. */
  private OptionalLong total(Corpus corpus) {
    OptionalLong tokens = corpus.knownTokens();
    if (tokens.isEmpty() || !(options.meanBaseline() instanceof MeanBaseline.Measured)) {
      return tokens;
    }
    long known = tokens.getAsLong();
    return OptionalLong.of(known + Math.min(known, MeanBaseline.MEASURED_TOKENS));
  }
}
