package org.sae4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.sae4j.engine.sae4j_session;

/**
 * Measures what replacing an activation by an SAE's reconstruction does to a model's predictions.
 *
 * <pre>{@code
 * try (Model model = Model.open(Path.of("gpt2.gguf"));
 *     Sae sae = Sae.open(Path.of("resid_post_mlp_layer8.pt"))) {
 *   int[] tokens = model.tokenizer().encode(Files.readString(Path.of("text.txt")));
 *   Sequences sequences = Sequences.split(tokens, 64, OptionalInt.empty());
 *   EvaluationResult result = Evaluation.of(model, sae).run(sequences);
 *   System.out.println(result.downstream().deltaCe());
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

  private Evaluation(Model model, List<Sae> saes, EvaluationOptions options, Progress progress) {
    this.model = Objects.requireNonNull(model, "model");
    this.saes = List.copyOf(saes);
    this.options = Objects.requireNonNull(options, "options");
    this.progress = Objects.requireNonNull(progress, "progress");
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
    return new Evaluation(model, saes, EvaluationOptions.defaults(), SILENT);
  }

  /** The same evaluation with these options. */
  public Evaluation with(EvaluationOptions options) {
    return new Evaluation(model, saes, options, progress);
  }

  /** The same evaluation, telling a listener how far it is. */
  public Evaluation onProgress(Progress progress) {
    return new Evaluation(model, saes, options, progress);
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
   * @throws NotFiniteException if a result is not a number
   * @throws CancellationException if the thread is interrupted; its interrupt flag stays set
   */
  public List<EvaluationResult> runAll(Sequences sequences) {
    sequences.requireFor(model.shape());
    List<Splice> splices = new ArrayList<>();
    for (Sae sae : saes) {
      splices.add(Splice.of(sae, options.hook(), model.shape()));
    }
    int passes = options.meanBaseline() instanceof MeanBaseline.Measured ? 2 : 1;
    Meter meter = new Meter(progress, (long) sequences.tokens() * passes);
    SessionOptions threads = new SessionOptions(options.threads());
    try (NativeHandle<sae4j_session> session = Session.newHandle(threads, new SessionMemory());
        Uses uses = new Uses()) {
      return new EvaluationPass(uses.enter(session), model, splices, options, uses)
          .run(sequences, meter);
    }
  }

  /** Counts tokens for the listener, and looks out for an interrupt between batches. */
  static final class Meter {
    private final Progress progress;
    private final long total;
    private long done;

    private Meter(Progress progress, long total) {
      this.progress = progress;
      this.total = total;
    }

    void add(int tokens) {
      done += tokens;
      progress.tokens(done, total);
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("interrupted after " + done + " of " + total + " tokens");
      }
    }
  }
}
