package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_effect;
import org.sae4j.engine.sae4j_evaluation;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_place;
import org.sae4j.engine.sae4j_reconstruction;
import org.sae4j.engine.sae4j_session;
import org.sae4j.engine.sae4j_splice;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.HandleScope;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** One evaluation of a batch: hands it to the engine, and copies what the engine has found. */
final class EvaluateCall {
  private final Model model;
  private final Sequences batch;
  private final List<Splice> splices;
  private final List<HookPoint> places;
  private final SpliceOptions options;
  private final CallMemory memory;

  EvaluateCall(
      Model model,
      Sequences batch,
      List<Splice> splices,
      SpliceOptions options,
      CallMemory memory) {
    this.model = model;
    this.batch = batch.requireFor(model.shape());
    this.splices = splices;
    this.places = splices.stream().map(Splice::out).distinct().toList();
    this.options = options;
    this.memory = memory;
  }

  BatchEvaluation execute(sae4j_session session, sae4j_model entered, HandleScope scope) {
    sae4j_evaluation evaluation = memory.struct(new sae4j_evaluation());
    Supplier<double[]> ceClean = doubles(batch.tokens(), evaluation::ce_clean);
    evaluation.counted(memory.flags(batch.select(options.counted())));
    if (!(options.replaced() instanceof Positions.All)) {
      evaluation.replaced(memory.flags(batch.select(options.replaced())));
    }
    Map<HookPoint, Supplier<BatchEvaluation.Place>> toPlaces = new LinkedHashMap<>();
    sae4j_place placeStructs = memory.struct(new sae4j_place(places.size()));
    for (int i = 0; i < places.size(); i++) {
      toPlaces.put(places.get(i), place(places.get(i), placeStructs.position(i)));
    }
    sae4j_splice spliceStructs = memory.struct(new sae4j_splice(splices.size()));
    List<Supplier<BatchEvaluation.Spliced>> toSplices = new ArrayList<>();
    for (int i = 0; i < splices.size(); i++) {
      toSplices.add(splice(splices.get(i), spliceStructs.position(i), scope));
    }
    evaluation.places(placeStructs.position(0)).n_places(places.size());
    evaluation.splices(spliceStructs.position(0)).n_splices(splices.size());
    Engine.check(sae4j_evaluate(session, entered, EngineStructs.batch(batch, memory), evaluation));
    Map<HookPoint, BatchEvaluation.Place> found = new LinkedHashMap<>();
    toPlaces.forEach((point, place) -> found.put(point, place.get()));
    return new BatchEvaluation(
        batch, ceClean.get(), found, toSplices.stream().map(Supplier::get).toList());
  }

  private Supplier<BatchEvaluation.Place> place(HookPoint point, sae4j_place struct) {
    int width = model.width(point);
    struct.point(EngineStructs.point(point, memory));
    Supplier<double[]> xSquared = doubles(batch.tokens(), struct::x_squared);
    Supplier<double[]> xSum = doubles((long) batch.count() * width, struct::x_sum);
    Optional<Supplier<BatchEvaluation.Effect>> zero = Optional.empty();
    if (options.zero()) {
      zero = Optional.of(effect(struct._zero(1)::zero_effect));
    }
    Optional<Supplier<BatchEvaluation.Effect>> mean = Optional.empty();
    if (options.means().containsKey(point)) {
      struct.mean(memory.floats(fitting(options.means().get(point), point, width)));
      mean = Optional.of(effect(struct::mean_effect));
    }
    Optional<Supplier<BatchEvaluation.Effect>> ofZero = zero;
    Optional<Supplier<BatchEvaluation.Effect>> ofMean = mean;
    return () ->
        new BatchEvaluation.Place(
            xSquared.get(),
            rows(xSum.get(), width),
            ofZero.map(Supplier::get),
            ofMean.map(Supplier::get));
  }

  private static double[][] rows(double[] values, int width) {
    double[][] rows = new double[values.length / width][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(values, i * width, (i + 1) * width));
    return rows;
  }

  private static float[] fitting(float[] mean, HookPoint point, int width) {
    if (mean.length != width) {
      throw new IllegalArgumentException(
          "the given mean at %s: expected %d floats, the activation's width, found %d"
              .formatted(point, width, mean.length));
    }
    return mean;
  }

  private Supplier<BatchEvaluation.Spliced> splice(
      Splice splice, sae4j_splice struct, HandleScope scope) {
    int tokens = batch.tokens();
    sae4j_reconstruction r = memory.struct(new sae4j_reconstruction());
    Supplier<double[]> squaredError = doubles(tokens, r::squared_error);
    Supplier<double[]> xHatSquared = doubles(tokens, r::x_hat_squared);
    Supplier<double[]> xDotXHat = doubles(tokens, r::x_dot_x_hat);
    Supplier<double[]> l1 = doubles(tokens, r::l1);
    IntPointer l0 = memory.ints((long) tokens);
    LongPointer fires = memory.longs((long) splice.sae().config().dSae());
    struct
        .sae(scope.enter(splice.sae().handle()))
        .in(EngineStructs.point(splice.in(), memory))
        .place(places.indexOf(splice.out()))
        .reconstruction(r.l0(l0).fires(fires));
    Supplier<BatchEvaluation.Effect> effect = effect(struct::effect);
    return () -> {
      int[] active = new int[tokens];
      l0.get(active);
      long[] counts = new long[splice.sae().config().dSae()];
      fires.get(counts);
      return new BatchEvaluation.Spliced(
          splice,
          effect.get(),
          squaredError.get(),
          xHatSquared.get(),
          xDotXHat.get(),
          l1.get(),
          active,
          counts);
    };
  }

  private Supplier<BatchEvaluation.Effect> effect(Function<sae4j_effect, ?> target) {
    int tokens = batch.tokens();
    sae4j_effect struct = memory.struct(new sae4j_effect());
    Supplier<double[]> kl = doubles(tokens, struct::kl);
    Supplier<double[]> ce = doubles(tokens, struct::ce);
    BytePointer top1 = memory.bytes((long) tokens);
    target.apply(struct.top1(top1));
    return () -> {
      byte[] bytes = new byte[tokens];
      top1.get(bytes);
      boolean[] same = new boolean[tokens];
      for (int t = 0; t < tokens; t++) {
        same[t] = bytes[t] != 0;
      }
      return new BatchEvaluation.Effect(kl.get(), ce.get(), same);
    };
  }

  /** Lets the engine write an array; what is returned copies it once the engine has. */
  private Supplier<double[]> doubles(long count, Function<DoublePointer, ?> target) {
    DoublePointer pointer = memory.doubles(count);
    target.apply(pointer);
    return () -> {
      double[] copy = new double[Math.toIntExact(count)];
      pointer.get(copy);
      return copy;
    };
  }
}
