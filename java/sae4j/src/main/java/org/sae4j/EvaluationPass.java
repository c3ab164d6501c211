package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;
import static org.sae4j.engine.global.sae4j.sae4j_sum_activation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_evaluation;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.engine.sae4j_splice;

/** Takes all sequences through the model, for the SAEs at one activation. */
final class EvaluationPass {
  private final sae4j_session session;
  private final sae4j_model model;
  private final HookPoint point;
  private final int width;
  private final List<Sae> saes;
  private final List<sae4j_sae> entered = new ArrayList<>();
  private final EvaluationOptions options;

  EvaluationPass(
      sae4j_session session,
      Model model,
      HookPoint point,
      List<Sae> saes,
      EvaluationOptions options,
      Uses uses) {
    this.session = session;
    this.model = uses.enter(model.handle());
    this.point = point;
    this.width = point.width(model.shape());
    this.saes = saes;
    this.options = options;
    for (Sae sae : saes) {
      entered.add(uses.enter(sae.handle()));
    }
  }

  List<EvaluationResult> run(Sequences sequences, Evaluation.Meter meter) {
    long start = System.nanoTime();
    List<Sequences> batches = sequences.batches(options.batchTokens());
    requireCounted(sequences);
    Optional<float[]> mean = mean(batches, meter);
    CleanSums clean = new CleanSums(width, sequences.longest());
    List<SpliceSums> sums = new ArrayList<>();
    for (Sae sae : saes) {
      sums.add(new SpliceSums(sae.config().dSae(), sequences.longest()));
    }
    for (Sequences batch : batches) {
      evaluate(batch, mean, clean, sums);
      meter.add(batch.tokens());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    EvaluationReport report =
        new EvaluationReport(point, options, clean, sequences.tokens(), seconds);
    return sums.stream().map(report::of).toList();
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

  private Optional<float[]> mean(List<Sequences> batches, Evaluation.Meter meter) {
    if (options.meanBaseline() instanceof MeanBaseline.Given given) {
      if (given.mean().length != width) {
        throw new IllegalArgumentException(
            "the given mean at %s: expected %d floats, the activation's width, found %d"
                .formatted(point, width, given.mean().length));
      }
      return Optional.of(given.mean());
    }
    return options.meanBaseline() instanceof MeanBaseline.Measured
        ? Optional.of(measure(batches, meter))
        : Optional.empty();
  }

  /** The mean activation of the counted tokens, by a pass over the model's front. */
  private float[] measure(List<Sequences> batches, Evaluation.Meter meter) {
    double[] sum = new double[width];
    long tokens = 0;
    for (Sequences batch : batches) {
      boolean[] counted = batch.select(options.counted());
      try (CallMemory memory = new CallMemory()) {
        DoublePointer added = memory.doubles(width);
        Engine.check(
            sae4j_sum_activation(
                session,
                model,
                EngineStructs.batch(batch, memory),
                EngineStructs.point(point, memory),
                memory.flags(counted),
                added));
        for (int i = 0; i < width; i++) {
          sum[i] += added.get(i);
        }
      }
      for (boolean token : counted) {
        tokens += token ? 1 : 0;
      }
      meter.add(batch.tokens());
    }
    float[] mean = new float[width];
    for (int i = 0; i < width; i++) {
      mean[i] = (float) (sum[i] / tokens);
    }
    return mean;
  }

  private void evaluate(
      Sequences batch, Optional<float[]> mean, CleanSums clean, List<SpliceSums> sums) {
    CountedTokens counted = CountedTokens.of(batch, options);
    try (CallMemory memory = new CallMemory()) {
      CleanArrays cleanArrays = new CleanArrays(batch.tokens(), width, memory);
      EffectArrays zero = new EffectArrays(batch.tokens(), memory);
      EffectArrays meanEffect = new EffectArrays(batch.tokens(), memory);
      sae4j_evaluation struct = memory.struct(new sae4j_evaluation());
      struct.point(EngineStructs.point(point, memory)).counted(memory.flags(counted.counted()));
      replaced(batch, memory).ifPresent(struct::replaced);
      cleanArrays.writeTo(struct);
      if (options.zeroBaseline()) {
        struct._zero(1).zero_effect(zero.struct());
      }
      if (mean.isPresent()) {
        struct.mean(memory.floats(mean.get())).mean_effect(meanEffect.struct());
      }
      List<SpliceArrays> spliceArrays = splices(batch, struct, memory);
      Engine.check(sae4j_evaluate(session, model, EngineStructs.batch(batch, memory), struct));
      clean.add(counted, cleanArrays);
      if (options.zeroBaseline()) {
        clean.zero().add(counted, zero);
      }
      if (mean.isPresent()) {
        clean.mean().add(counted, meanEffect);
      }
      for (int i = 0; i < sums.size(); i++) {
        sums.get(i).add(counted, cleanArrays, spliceArrays.get(i));
      }
    }
  }

  private Optional<BytePointer> replaced(Sequences batch, CallMemory memory) {
    return options.replaced() instanceof Positions.All
        ? Optional.empty()
        : Optional.of(memory.flags(batch.select(options.replaced())));
  }

  private List<SpliceArrays> splices(Sequences batch, sae4j_evaluation struct, CallMemory memory) {
    sae4j_splice splices = memory.struct(new sae4j_splice(saes.size()));
    List<SpliceArrays> arrays = new ArrayList<>();
    for (int i = 0; i < saes.size(); i++) {
      SpliceArrays splice = new SpliceArrays(batch.tokens(), saes.get(i).config().dSae(), memory);
      splice.writeTo(splices.position(i).sae(entered.get(i)));
      arrays.add(splice);
    }
    struct.splices(splices.position(0)).n_splices(saes.size());
    return arrays;
  }
}
