package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final sae4j_session session;
  private final sae4j_model model;
  private final ModelShape shape;
  private final List<Splice> splices;
  private final List<HookPoint> places; // what is replaced, each once
  private final List<sae4j_sae> entered = new ArrayList<>();
  private final EvaluationOptions options;

  EvaluationPass(
      sae4j_session session,
      Model model,
      List<Splice> splices,
      EvaluationOptions options,
      Uses uses) {
    this.session = session;
    this.model = uses.enter(model.handle());
    this.shape = model.shape();
    this.splices = splices;
    this.places = splices.stream().map(Splice::out).distinct().toList();
    this.options = options;
    for (Splice splice : splices) {
      entered.add(uses.enter(splice.sae().handle()));
    }
  }

  List<EvaluationResult> run(Sequences sequences, Evaluation.Meter meter) {
    long start = System.nanoTime();
    List<Sequences> batches = sequences.batches(options.batchTokens());
    requireCounted(sequences);
    List<float[]> means = means(batches, meter);
    List<CleanSums> clean = new ArrayList<>();
    for (HookPoint place : places) {
      clean.add(new CleanSums(place.width(shape), sequences.longest()));
    }
    List<SpliceSums> sums = new ArrayList<>();
    for (Splice splice : splices) {
      sums.add(new SpliceSums(splice.sae().config().dSae(), sequences.longest()));
    }
    for (Sequences batch : batches) {
      evaluate(batch, means, clean, sums);
      meter.add(batch.tokens());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    List<EvaluationResult> results = new ArrayList<>();
    for (int i = 0; i < splices.size(); i++) {
      HookPoint out = splices.get(i).out();
      CleanSums shared = clean.get(places.indexOf(out));
      results.add(
          new EvaluationReport(out, options, shared, sequences.tokens(), seconds).of(sums.get(i)));
    }
    return results;
  }

  private void requireCounted(Sequences sequences) {
    for (boolean counted : sequences.select(options.counted())) {
      if (counted) {
        return;
      }
    }
    throw new IllegalArgumentException(
        "\"" + options.counted() + "\" counts no token of " + sequences);
  }

  /** What replaces each place in the mean-ablated runs; empty if there are no such runs. */
  private List<float[]> means(List<Sequences> batches, Evaluation.Meter meter) {
    if (options.meanBaseline() instanceof MeanBaseline.Given given) {
      return List.of(fitting(given.mean()));
    }
    if (options.meanBaseline() instanceof MeanBaseline.None) {
      return List.of();
    }
    MeanActivations activations = new MeanActivations(places, shape);
    for (Sequences batch : batches) {
      activations.add(batch, batch.select(options.counted()), session, model);
      meter.add(batch.tokens());
    }
    return activations.means();
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

  private void evaluate(
      Sequences batch, List<float[]> means, List<CleanSums> clean, List<SpliceSums> sums) {
    CountedTokens counted = CountedTokens.of(batch, options);
    try (CallMemory memory = new CallMemory()) {
      DoublePointer ceClean = memory.doubles(batch.tokens());
      sae4j_evaluation struct = memory.struct(new sae4j_evaluation());
      struct.ce_clean(ceClean).counted(memory.flags(counted.counted()));
      replaced(batch, memory).ifPresent(struct::replaced);
      List<PlaceArrays> placeArrays = places(batch, means, struct, memory);
      List<SpliceArrays> spliceArrays = splices(batch, struct, memory);
      Engine.check(sae4j_evaluate(session, model, EngineStructs.batch(batch, memory), struct));
      for (int i = 0; i < places.size(); i++) {
        clean.get(i).add(counted, ceClean, placeArrays.get(i));
      }
      for (int i = 0; i < splices.size(); i++) {
        sums.get(i).add(counted, placeArrays.get(place(i)), spliceArrays.get(i));
      }
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
              batch.tokens(),
              places.get(i).width(shape),
              options.zeroBaseline(),
              !means.isEmpty(),
              memory);
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
