package org.sae4j.cli.eval;

import java.io.PrintWriter;
import java.util.List;
import org.sae4j.cli.terminal.AlignedTable;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.PairedDifference;
import org.sae4j.results.PairedJson;

/** Prints how SAEs differ from the best one on the same tokens. */
final class PairedTable {
  private PairedTable() {}

  /**
   * Prints one line for each SAE except the best.
   *
   * @param labels how each is called
   * @param results of each, the best first
   */
  static void print(List<String> labels, List<EvaluationResult> results, PrintWriter out) {
    EvaluationResult best = results.get(0);
    AlignedTable table = new AlignedTable();
    table.heading(
        "Differences from %s on the same tokens%s"
            .formatted(
                labels.get(0).strip(),
                best.replicates().missing().isEmpty() ? " (95 % interval)" : ""));
    table.line("", PairedJson.KEYS, "");
    for (int i = 1; i < results.size(); i++) {
      EvaluationResult result = results.get(i);
      table.line(
          labels.get(i),
          PairedJson.KEYS.stream().map(key -> cell(result.minus(best, key))).toList(),
          "");
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
