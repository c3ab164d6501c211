package org.sae4j.eval;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.sae4j.BatchEvaluation;
import org.sae4j.Session;
import org.sae4j.Splice;
import org.sae4j.SpliceOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** Takes all sequences through the model once, for all SAEs at all activations. */
final class EvaluationPass {
  private static final long FEWEST_IF_STOPPING = 30;

  private final Session session;
  private final List<HookPoint> places; // what is replaced, each once
  private final List<Splice> splices;
  private final EvaluationOptions options;
  private final Totals totals;
  private final CorpusPass pass;
  private final Consumer<SequenceResult> listener;

  EvaluationPass(
      Session session,
      List<HookPoint> places,
      List<Splice> splices,
      EvaluationOptions options,
      Totals totals,
      CorpusPass pass,
      Consumer<SequenceResult> listener) {
    this.session = session;
    this.places = places;
    this.splices = splices;
    this.options = options;
    this.totals = totals;
    this.pass = pass;
    this.listener = listener;
  }

  /** Runs what the totals do not have yet. */
  List<EvaluationResult> run(Corpus corpus) throws IOException {
    SpliceOptions how =
        SpliceOptions.defaults()
            .withReplaced(options.replaced())
            .withCounted(options.counted())
            .withZero(options.zeroBaseline())
            .withMeans(means(corpus));
    boolean stoppedEarly =
        pass.run(
            corpus,
            totals.sequences(),
            options.batchTokens(),
            session.model().shape(),
            this::isSure,
            batch -> evaluate(batch, how));
    requireCounted(totals.counting(), totals.sequences(), totals.tokens());
    totals.close();
    return totals.results(stoppedEarly);
  }

  private void requireCounted(long counted, long sequences, long tokens) {
    if (counted == 0) {
      throw new IllegalArgumentException(
          "\"%s\" counts no token of %d sequences, %d tokens"
              .formatted(options.counted(), sequences, tokens));
    }
  }

  /** What replaces each activation in the mean-ablated runs; empty if there are no such runs. */
  private Map<HookPoint, float[]> means(Corpus corpus) throws IOException {
    if (options.meanBaseline() instanceof MeanBaseline.Given given) {
      return given(given.mean());
    }
    if (options.meanBaseline() instanceof MeanBaseline.None) {
      return Map.of();
    }
    ActivationMeans means = totals.means();
    boolean shorter = !means.measure(session, corpus, options.batchTokens(), pass);
    requireCounted(means.tokens(), means.sequences(), means.tokensRun());
    if (shorter) {
      pass.expect(2 * means.tokensRun());
    } else {
      corpus.knownTokens().ifPresent(tokens -> pass.expect(tokens + means.tokensRun()));
    }
    return means.means();
  }

  private Map<HookPoint, float[]> given(float[] mean) {
    if (places.size() > 1) {
      throw new IllegalArgumentException(
          "one mean cannot stand for several activations: " + places);
    }
    return Map.of(places.get(0), mean);
  }

  private boolean isSure() {
    return options.untilCi().isPresent()
        && totals.counting() >= FEWEST_IF_STOPPING
        && totals.isSure(options.untilCi().getAsDouble());
  }

  private void evaluate(Sequences batch, SpliceOptions how) throws IOException {
    BatchEvaluation evaluation = session.evaluate(batch, splices, how);
    CountedTokens counted = CountedTokens.of(batch, options);
    Metric.Sums[][] sums = Metric.Sums.of(evaluation, counted);
    long first = totals.sequences();
    // The listener may be interrupted: then the totals are without the batch.
    for (int s = 0; s < batch.count(); s++) {
      for (int i = 0; i < splices.size(); i++) {
        listener.accept(SequenceResult.of(i, first + s, sums[s][i], options));
      }
    }
    totals.add(first, evaluation, counted, sums);
    pass.advance(batch.tokens());
  }
}
