package org.sae4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** Makes the results of an evaluation from its sums. */
final class EvaluationReport {
  private final EvaluationOptions options;
  private final EvaluationState state;
  private final boolean stoppedEarly;

  EvaluationReport(EvaluationOptions options, EvaluationState state, boolean stoppedEarly) {
    this.options = options;
    this.state = state;
    this.stoppedEarly = stoppedEarly;
  }

  EvaluationResult of(HookPoint point, SpliceSums splice) {
    EvaluationNumbers numbers = EvaluationNumbers.of(splice.sums(), options);
    long tokens = (long) splice.sums().of(Quantity.TOKENS);
    Breakdown byPosition = splice.byPosition();
    EvaluationResult result =
        new EvaluationResult(
            point,
            options,
            numbers.downstream(),
            numbers.reconstruction(),
            replicates(splice),
            new FeatureDensity(splice.fires(), tokens),
            byPosition(byPosition.size(), p -> byPosition.kl(p) / byPosition.compared(p)),
            byPosition(byPosition.size(), p -> byPosition.deltaCe(p) / byPosition.targeted(p)),
            FrequencyBand.of(splice.byTarget(), state.occurrences(), state.tokens()),
            tokens,
            state.sequences(),
            state.tokens(),
            stoppedEarly,
            state.seconds(),
            state.tokens() / state.seconds(),
            numbers.undefined());
    result.values().forEach((key, value) -> requireNumber(point, key, value, numbers.undefined()));
    return result;
  }

  private static void requireNumber(
      HookPoint point, String key, double value, Map<String, String> undefined) {
    if (!Double.isFinite(value) && !undefined.containsKey(key)) {
      throw new NotFiniteException(key + " at " + point + " is " + value);
    }
  }

  private static List<Double> byPosition(int size, IntToDoubleFunction mean) {
    List<Double> means = new ArrayList<>();
    for (int p = 0; p < size; p++) {
      means.add(mean.applyAsDouble(p));
    }
    return means;
  }

  private Replicates replicates(SpliceSums splice) {
    int count = options.resampling().replicates();
    Map<String, double[]> values = new LinkedHashMap<>();
    for (int r = 0; r < count; r++) {
      int replicate = r;
      EvaluationNumbers.of(splice.sums(r), options)
          .values()
          .forEach((key, v) -> values.computeIfAbsent(key, k -> new double[count])[replicate] = v);
    }
    return new Replicates(options.resampling(), state.counting(), values);
  }
}
