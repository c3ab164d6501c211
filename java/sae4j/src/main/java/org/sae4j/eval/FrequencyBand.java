package org.sae4j.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How well tokens of similar frequency are predicted.
 *
 * @param from the lowest share of the evaluated tokens that such a token makes up, a power of ten
 * @param to ten times that, which is not included unless it is 1
 * @param tokens how often one of them was to be predicted at a counted token
 * @param kl mean KL where one of them was to be predicted
 * @param deltaCe mean ΔCE there
 */
public record FrequencyBand(double from, double to, long tokens, double kl, double deltaCe) {

  private static final class Sum {
    private long tokens;
    private double kl;
    private double deltaCe;
  }

  /**
   * Sums up the tokens of each decade, the rarest first.
   *
   * @param occurrences [vocabulary] how often each token is in the corpus
   */
  static List<FrequencyBand> of(Breakdown byTarget, long[] occurrences, long tokens) {
    SortedMap<Integer, Sum> sums = new TreeMap<>();
    for (int id = 0; id < byTarget.size(); id++) {
      if (byTarget.targeted(id) > 0) {
        double share = (double) occurrences[id] / tokens;
        int decade = Math.min(-1, (int) Math.floor(Math.log10(share)));
        Sum sum = sums.computeIfAbsent(decade, d -> new Sum());
        sum.tokens += byTarget.targeted(id);
        sum.kl += byTarget.kl(id);
        sum.deltaCe += byTarget.deltaCe(id);
      }
    }
    List<FrequencyBand> bands = new ArrayList<>();
    sums.forEach((decade, sum) -> bands.add(of(decade, sum)));
    return Collections.unmodifiableList(bands);
  }

  private static FrequencyBand of(int decade, Sum sum) {
    return new FrequencyBand(
        Double.parseDouble("1e" + decade),
        Double.parseDouble("1e" + (decade + 1)),
        sum.tokens,
        sum.kl / sum.tokens,
        sum.deltaCe / sum.tokens);
  }
}
