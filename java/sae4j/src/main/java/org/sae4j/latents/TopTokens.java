package org.sae4j.latents;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The tokens whose logits something raises and lowers most.
 *
 * @param promoted the most raised first
 * @param suppressed the most lowered first
 */
record TopTokens(List<TokenLogit> promoted, List<TokenLogit> suppressed) {
  private static final Comparator<TokenLogit> HIGHEST_FIRST =
      Comparator.comparing(TokenLogit::logit).reversed().thenComparingInt(TokenLogit::token);
  private static final Comparator<TokenLogit> LOWEST_FIRST =
      Comparator.comparing(TokenLogit::logit).thenComparingInt(TokenLogit::token);

  /** Nothing is known. */
  static final TopTokens NONE = new TopTokens(List.of(), List.of());

  /**
   * Finds them.
   *
   * @param logits [rows, vocabulary]
   * @param row whose tokens
   * @param count how many of each
   */
  static TopTokens of(float[] logits, int row, int vocabulary, int count) {
    return new TopTokens(
        first(logits, row * vocabulary, vocabulary, count, HIGHEST_FIRST),
        first(logits, row * vocabulary, vocabulary, count, LOWEST_FIRST));
  }

  private static List<TokenLogit> first(
      float[] logits, int from, int vocabulary, int count, Comparator<TokenLogit> order) {
    PriorityQueue<TokenLogit> best = new PriorityQueue<>(order.reversed());
    for (int token = 0; token < vocabulary; token++) {
      TokenLogit next = new TokenLogit(token, logits[from + token]);
      if (best.size() < count) {
        best.add(next);
      } else if (count > 0 && order.compare(next, best.element()) < 0) {
        best.remove();
        best.add(next);
      }
    }
    return best.stream().sorted(order).toList();
  }
}
