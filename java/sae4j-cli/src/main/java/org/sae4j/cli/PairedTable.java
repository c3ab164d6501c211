package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.sae4j.EvaluationResult;
import org.sae4j.PairedDifference;

/** How SAEs differ from the best of them on the same tokens, for people. */
final class PairedTable {
  /** The numbers that are compared. */
  static final List<String> KEYS = List.of("kl", "delta_ce", "explained_variance");

  private PairedTable() {}

  /** The index of the SAE with the smallest KL. */
  static int best(List<EvaluationResult> results) {
    return IntStream.range(0, results.size())
        .boxed()
        .min(Comparator.comparingDouble(i -> results.get(i).downstream().kl()))
        .orElseThrow();
  }

  static void print(List<EvaluationResult> results, PrintWriter out) {
    if (results.size() == 1) {
      return;
    }
    int best = best(results);
    AlignedTable table = new AlignedTable();
    table.heading(
        "Compared with [%d], the smallest kl, on the same tokens (95 %% interval)"
            .formatted(best + 1));
    table.line("", KEYS, "");
    for (int i = 0; i < results.size(); i++) {
      if (i != best) {
        EvaluationResult result = results.get(i);
        List<String> cells =
            KEYS.stream().map(key -> cell(result.minus(results.get(best), key))).toList();
        table.line("  [" + (i + 1) + "]", cells, "");
      }
    }
    table.print(out);
  }

  private static String cell(PairedDifference found) {
    return Figures.signed(found.difference())
        + found
            .ci95()
            .map(ci -> " (%s, %s)".formatted(Figures.signed(ci.low()), Figures.signed(ci.high())))
            .orElse("");
  }
}
