package org.sae4j.eval;

import java.util.stream.IntStream;
import org.sae4j.tokens.Sequences;

/**
 * Which tokens of a batch count, and in what.
 *
 * @param position [tokens] each token's position in its sequence
 * @param counted [tokens] whether it counts at all
 * @param compared [tokens] whether its next-token distributions are compared
 * @param targeted [tokens] whether it counts and has a next token, for cross-entropy
 */
record CountedTokens(int[] position, boolean[] counted, boolean[] compared, boolean[] targeted) {

  static CountedTokens of(Sequences batch, EvaluationOptions options) {
    boolean[] counted = batch.select(options.counted());
    boolean[] targeted = new boolean[counted.length];
    int[] position = new int[counted.length];
    for (int s = 0; s < batch.count(); s++) {
      for (int p = 0; p < batch.length(s); p++) {
        int token = batch.offset(s) + p;
        position[token] = p;
        targeted[token] = counted[token] && p < batch.length(s) - 1;
      }
    }
    boolean[] compared = options.klPositions() == KlPositions.WITH_TARGET ? targeted : counted;
    return new CountedTokens(position, counted, compared, targeted);
  }

  /** Tells whether any token of a sequence counts. */
  boolean any(Sequences batch, int sequence) {
    int from = batch.offset(sequence);
    return IntStream.range(from, from + batch.length(sequence)).anyMatch(t -> counted[t]);
  }

  /** [tokens] whether a sum over such tokens is over each. */
  boolean[] are(Metric.Over over) {
    return switch (over) {
      case COUNTED -> counted;
      case COMPARED -> compared;
      case TARGETED -> targeted;
    };
  }

  int tokens() {
    return counted.length;
  }
}
