package org.sae4j.eval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.sae4j.NotFiniteException;
import org.sae4j.arch.HookPoint;
import org.sae4j.stats.Replicates;

/**
 * What replacing an activation by an SAE's reconstruction does to a model's predictions, and how
 * good the reconstruction is.
 *
 * <p>Logarithms are natural. A number that was not asked for, or whose denominator is too close to
 * zero, is NaN, and {@link #undefined} says why.
 *
 * @param hook the activation that was replaced
 * @param options how the evaluation was done
 * @param metrics each metric's value
 * @param replicates what the numbers would be on other sequences: how sure they are
 * @param density how often each latent was active
 * @param klByPosition the mean KL at each position of the sequences; NaN where none counted
 * @param deltaCeByPosition the mean ΔCE at each position; NaN where none counted
 * @param byTokenFrequency KL and ΔCE by the frequency of the token that was to be predicted, the
 *     rarest first
 * @param tokens the tokens counted
 * @param sequences the sequences run
 * @param tokensRun their tokens, counted or not
 * @param stoppedEarly whether there may be more sequences, which {@link EvaluationOptions#untilCi}
 *     made unnecessary
 * @param seconds the time that all SAEs of the evaluation took together
 * @param tokensPerSecond tokens run, over {@code seconds}
 * @param undefined for each number that is NaN, by its key in {@link #values}, the reason
 */
public record EvaluationResult(
    HookPoint hook,
    EvaluationOptions options,
    Map<Metric, Double> metrics,
    Replicates replicates,
    FeatureDensity density,
    List<Double> klByPosition,
    List<Double> deltaCeByPosition,
    List<FrequencyBand> byTokenFrequency,
    long tokens,
    long sequences,
    long tokensRun,
    boolean stoppedEarly,
    double seconds,
    double tokensPerSecond,
    Map<String, String> undefined) {

  public EvaluationResult {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(options, "options");
    metrics = Collections.unmodifiableMap(new EnumMap<>(metrics));
    Objects.requireNonNull(replicates, "replicates");
    Objects.requireNonNull(density, "density");
    klByPosition = List.copyOf(klByPosition);
    deltaCeByPosition = List.copyOf(deltaCeByPosition);
    byTokenFrequency = List.copyOf(byTokenFrequency);
    undefined = Collections.unmodifiableMap(new LinkedHashMap<>(undefined));
    for (Map.Entry<Metric, Double> metric : metrics.entrySet()) {
      String key = metric.getKey().key();
      if (!Double.isFinite(metric.getValue()) && !undefined.containsKey(key)) {
        throw new NotFiniteException(key + " at " + hook + " is " + metric.getValue());
      }
    }
  }

  /** A metric's value; NaN if it is undefined. */
  public double get(Metric metric) {
    return metrics.get(metric);
  }

  /** All numbers by the keys that reports use, in the order of reports. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    metrics.forEach((metric, value) -> values.put(metric.key(), value));
    values.put("tokens", (double) tokens);
    values.put("seconds", seconds);
    values.put("tokens_per_second", tokensPerSecond);
    return Collections.unmodifiableMap(values);
  }

  /**
   * By how much a number differs from another SAE's, in the same evaluation.
   *
   * @param key the number, as in {@link #values}
   */
  public PairedDifference minus(EvaluationResult other, String key) {
    return new PairedDifference(
        values().get(key) - other.values().get(key),
        replicates.ci95OfDifference(key, other.replicates));
  }
}
