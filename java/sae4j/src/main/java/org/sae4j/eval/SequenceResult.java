package org.sae4j.eval;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * What one SAE does on one sequence.
 *
 * @param sae the SAE's index
 * @param sequence the sequence's index in the corpus
 * @param tokens its counted tokens
 * @param compared those whose next-token distributions are compared: KL and agreement are over them
 * @param targeted those with a next token: cross-entropies are over them
 * @param values the metrics that {@linkplain Metric#isPerSequence there are of a sequence}, in the
 *     order of reports; NaN where no token contributes
 */
public record SequenceResult(
    int sae, long sequence, long tokens, long compared, long targeted, Map<Metric, Double> values) {

  public SequenceResult {
    values = Collections.unmodifiableMap(values);
  }

  static SequenceResult of(int sae, long sequence, Metric.Sums sums, EvaluationOptions options) {
    return new SequenceResult(
        sae,
        sequence,
        (long) sums.of(Metric.Sum.TOKENS),
        (long) sums.of(Metric.Sum.COMPARED),
        (long) sums.of(Metric.Sum.TARGETED),
        Metric.values(Metric.ALL.stream().filter(Metric::isPerSequence).toList(), sums, options));
  }

  /** A metric's value on the sequence. */
  public double get(Metric metric) {
    return Optional.ofNullable(values.get(metric))
        .orElseThrow(
            () -> new IllegalArgumentException(metric.key() + " is not one of a sequence"));
  }
}
