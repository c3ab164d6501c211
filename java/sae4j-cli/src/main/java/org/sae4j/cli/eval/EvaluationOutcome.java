package org.sae4j.cli.eval;

import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;

/** Notes on the results of an evaluation. */
final class EvaluationOutcome {
  private EvaluationOutcome() {}

  /** The keys of the numbers that are none. */
  static Set<String> undefined(List<EvaluationResult> results) {
    Set<String> undefined = new TreeSet<>();
    results.forEach(result -> undefined.addAll(result.undefined().keySet()));
    return undefined;
  }

  /**
   * Warns of text that the model knows less of than if it took all tokens for equally likely.
   *
   * @param vocabulary how many tokens there are
   */
  static void warnOfText(EvaluationResult result, int vocabulary, PrintWriter err) {
    double guess = Math.log(vocabulary);
    double found = result.get(Metric.CE_CLEAN);
    if (found > guess) {
      err.printf(
          Locale.ROOT,
          "warning: ce_clean %s is above ln %d = %s, the loss of a blind guess: is the text in"
              + " another encoding, or are the tokens of another vocabulary?%n",
          Figures.of(found),
          vocabulary,
          Figures.of(guess));
      err.flush();
    }
  }

  /** Says why numbers do not exist, each reason once. */
  static void printUndefined(List<EvaluationResult> results, PrintWriter out) {
    Set<String> lines = new LinkedHashSet<>();
    for (EvaluationResult result : results) {
      result.undefined().forEach((key, reason) -> lines.add(key + " is undefined: " + reason));
    }
    lines.forEach(out::println);
  }

  /** What there is to say of the number of sequences: why there were no more, or too few. */
  static String ofSequences(EvaluationResult result) {
    if (result.stoppedEarly()) {
      return "stopped early: the interval of kl is narrower than "
          + Figures.of(result.options().untilCi().orElseThrow());
    }
    return result.replicates().missing().orElse("");
  }
}
