package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_evaluation;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_place;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.engine.sae4j_splice;

/** Takes all sequences through the model once, for all SAEs at all activations. */
final class EvaluationPass {
  private static final long MEASURED_IF_STOPPING = 1 << 17;
  private static final long FEWEST_IF_STOPPING = 30;

  private final sae4j_session session;
  private final sae4j_model model;
  private final ModelShape shape;
  private final List<Splice> splices;
  private final List<HookPoint> places; // what is replaced, each once
  private final List<sae4j_sae> entered = new ArrayList<>();
  private final EvaluationState state;
  private final EvaluationOptions options;

  EvaluationPass(
      sae4j_session session,
      Model model,
      List<Splice> splices,
      List<HookPoint> places,
      EvaluationState state,
      EvaluationOptions options,
      HandleScope scope) {
    this.session = session;
    this.model = scope.enter(model.handle());
    this.shape = model.shape();
    this.splices = splices;
    this.places = places;
    this.state = state;
    this.options = options;
    for (Splice splice : splices) {
      entered.add(scope.enter(splice.sae().handle()));
    }
  }

  /**
   * Runs what the state does not have yet.
   *
   * @param listener hears of each sequence and SAE
   */
  List<EvaluationResult> run(Corpus corpus, PassWatch watch, Consumer<SequenceResult> listener)
      throws IOException {
    List<float[]> means = means(corpus, watch);
    boolean stopped = evaluate(corpus, means, watch, listener);
    requireCounted(state.counting(), state.sequences(), state.tokens());
    EvaluationReport report = new EvaluationReport(options, state, stopped);
    List<EvaluationResult> results = new ArrayList<>();
    for (int i = 0; i < splices.size(); i++) {
      results.add(report.of(splices.get(i).out(), state.splice(i)));
    }
    return results;
  }

  private void requireCounted(long counted, long sequences, long tokens) {
    if (counted == 0) {
      throw new IllegalArgumentException(
          "\"%s\" counts no token of %d sequences, %d tokens"
              .formatted(options.counted(), sequences, tokens));
    }
  }

  /** What replaces each place in the mean-ablated runs; empty if there are no such runs. */
  private List<float[]> means(Corpus corpus, PassWatch watch) throws IOException {
    if (options.meanBaseline() instanceof MeanBaseline.Given given) {
      return List.of(fitting(given.mean()));
    }
    if (options.meanBaseline() instanceof MeanBaseline.None) {
      return List.of();
    }
    MeanActivations activations = state.means();
    try (Batches batches = batches(corpus, activations.sequences(), watch)) {
      while (activations.tokensRun() < measuredTokens(options)) {
        Optional<Sequences> batch = batches.next();
        if (batch.isEmpty()) {
          watch.expect(2 * activations.tokensRun());
          break;
        }
        activations.add(batch.get(), batch.get().select(options.counted()), session, model);
        watch.add(batch.get());
      }
    }
    requireCounted(activations.tokens(), activations.sequences(), activations.tokensRun());
    return activations.means();
  }

  /** How many tokens a mean is measured over at most: who stops early needs no more. */
  static long measuredTokens(EvaluationOptions options) {
    return options.untilCi().isPresent() ? MEASURED_IF_STOPPING : Long.MAX_VALUE;
  }

  private Batches batches(Corpus corpus, long skipped, PassWatch watch) throws IOException {
    return Batches.after(corpus, skipped, watch.checkpoint(), options.batchTokens(), shape);
  }

  private float[] fitting(float[] mean) {
    if (places.size() > 1) {
      throw new IllegalArgumentException(
          "one mean cannot stand for several activations: " + places);
    }
    int width = places.get(0).width(shape);
    if (mean.length != width) {
      throw new IllegalArgumentException(
          "the given mean at %s: expected %d floats, the activation's width, found %d"
              .formatted(places.get(0), width, mean.length));
    }
    return mean;
  }

  /** Tells whether it stopped before the end of the corpus because the intervals were narrow. */
  private boolean evaluate(
      Corpus corpus, List<float[]> means, PassWatch watch, Consumer<SequenceResult> listener)
      throws IOException {
    try (Batches batches = batches(corpus, state.sequences(), watch)) {
      while (!isSure()) {
        Optional<Sequences> batch = batches.next();
        if (batch.isEmpty()) {
          return false;
        }
        evaluate(batch.get(), means, listener);
        watch.add(batch.get());
      }
      return true;
    }
  }

  private boolean isSure() {
    return options.untilCi().isPresent()
        && state.counting() >= FEWEST_IF_STOPPING
        && state.splices().stream().allMatch(this::isSure);
  }

  private boolean isSure(SpliceSums splice) {
    return splice
        .klInterval(options.resampling().replicates(), state.counting())
        .filter(interval -> interval.width() < options.untilCi().getAsDouble())
        .isPresent();
  }

  private void evaluate(Sequences batch, List<float[]> means, Consumer<SequenceResult> listener) {
    CountedTokens counted = CountedTokens.of(batch, options);
    try (CallMemory memory = new CallMemory()) {
      DoublePointer ceClean = memory.doubles(batch.tokens());
      sae4j_evaluation struct = memory.struct(new sae4j_evaluation());
      struct.ce_clean(ceClean).counted(memory.flags(counted.counted()));
      replaced(batch, memory).ifPresent(struct::replaced);
      List<PlaceArrays> placeArrays = places(batch, means, struct, memory);
      List<SpliceArrays> spliceArrays = splices(batch, struct, memory);
      Engine.check(sae4j_evaluate(session, model, EngineStructs.batch(batch, memory), struct));
      int withCounted = 0;
      for (int s = 0; s < batch.count(); s++) {
        withCounted += counted.any(batch, s) ? 1 : 0;
        add(batch, s, counted, ceClean, placeArrays, spliceArrays, listener);
      }
      for (int i = 0; i < splices.size(); i++) {
        state.splice(i).add(batch, counted, ceClean, spliceArrays.get(i));
      }
      state.add(batch, withCounted);
    }
  }

  /** Adds one sequence of a batch. */
  private void add(
      Sequences batch,
      int sequence,
      CountedTokens counted,
      DoublePointer ceClean,
      List<PlaceArrays> placeArrays,
      List<SpliceArrays> spliceArrays,
      Consumer<SequenceResult> listener) {
    long index = state.sequences() + sequence;
    byte[] draws = options.resampling().draws(index);
    int from = batch.offset(sequence);
    int to = from + batch.length(sequence);
    for (int i = 0; i < places.size(); i++) {
      state.place(i).add(draws, placeArrays.get(i).xSum(sequence));
    }
    for (int i = 0; i < splices.size(); i++) {
      PlaceArrays place = placeArrays.get(place(i));
      double[] sums = SequenceSums.of(counted, from, to, ceClean, place, spliceArrays.get(i));
      state.splice(i).add(draws, sums);
      listener.accept(SequenceResult.of(i, index, new Sums(sums, place.xSum(sequence))));
    }
  }

  private int place(int splice) {
    return places.indexOf(splices.get(splice).out());
  }

  private Optional<BytePointer> replaced(Sequences batch, CallMemory memory) {
    return options.replaced() instanceof Positions.All
        ? Optional.empty()
        : Optional.of(memory.flags(batch.select(options.replaced())));
  }

  private List<PlaceArrays> places(
      Sequences batch, List<float[]> means, sae4j_evaluation evaluation, CallMemory memory) {
    sae4j_place structs = memory.struct(new sae4j_place(places.size()));
    List<PlaceArrays> arrays = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      sae4j_place struct = structs.position(i);
      struct.point(EngineStructs.point(places.get(i), memory));
      if (!means.isEmpty()) {
        struct.mean(memory.floats(means.get(i)));
      }
      PlaceArrays place =
          new PlaceArrays(
              batch, places.get(i).width(shape), options.zeroBaseline(), !means.isEmpty(), memory);
      place.writeTo(struct);
      arrays.add(place);
    }
    evaluation.places(structs.position(0)).n_places(places.size());
    return arrays;
  }

  private List<SpliceArrays> splices(
      Sequences batch, sae4j_evaluation evaluation, CallMemory memory) {
    sae4j_splice structs = memory.struct(new sae4j_splice(splices.size()));
    List<SpliceArrays> arrays = new ArrayList<>();
    for (int i = 0; i < splices.size(); i++) {
      Splice splice = splices.get(i);
      SpliceArrays array = new SpliceArrays(batch.tokens(), splice.sae().config().dSae(), memory);
      array.writeTo(
          structs
              .position(i)
              .sae(entered.get(i))
              .in(EngineStructs.point(splice.in(), memory))
              .place(place(i)));
      arrays.add(array);
    }
    evaluation.splices(structs.position(0)).n_splices(splices.size());
    return arrays;
  }
}
