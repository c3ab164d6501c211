package org.sae4j;

import java.util.stream.IntStream;

/** Chooses the tokens that an ablation is about. */
final class AblationTokens {
  private AblationTokens() {}

  /**
   * Chooses tokens, in order.
   *
   * @throws IllegalArgumentException if there are none
   */
  static int[] choose(Sequences sequences, AblationOptions options) {
    boolean[] selected = sequences.select(options.positions());
    if (options.sample().isPresent() && options.tail() == AblationTail.SKIP) {
      deselectTails(sequences, options.future(), selected);
    }
    int[] candidates = IntStream.range(0, selected.length).filter(t -> selected[t]).toArray();
    if (candidates.length == 0) {
      throw new IllegalArgumentException(
          "\"%s\" with %d positions to measure at: no token of %s"
              .formatted(options.positions(), options.future(), sequences));
    }
    return options.sample().map(sample -> sample.of(candidates)).orElse(candidates);
  }

  private static void deselectTails(Sequences sequences, int future, boolean[] selected) {
    for (int s = 0; s < sequences.count(); s++) {
      int end = sequences.offset(s) + sequences.length(s);
      for (int t = Math.max(sequences.offset(s), end - future + 1); t < end; t++) {
        selected[t] = false;
      }
    }
  }
}
