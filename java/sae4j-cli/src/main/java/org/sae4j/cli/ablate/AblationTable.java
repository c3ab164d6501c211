package org.sae4j.cli.ablate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.sae4j.Model;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.cli.terminal.AlignedTable;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.results.EffectJson;
import org.sae4j.results.SaeNames;
import org.sae4j.results.TokenText;
import org.sae4j.stats.Interval;

/**
 * Prints the results of {@code ablate}: one line per number, or one per SAE if there are several.
 */
final class AblationTable {
  private final Model model;
  private final List<Row> rows;
  private final AblationOptions options;
  private final AlignedTable table = new AlignedTable();

  /** What one line of figures is of. */
  private record Row(String name, AblationSummary summary) {}

  private AblationTable(Model model, List<AblationSummary> summaries) {
    this.model = model;
    this.rows = rows(summaries);
    this.options = summaries.get(0).options();
  }

  static void print(
      Model model, AblationFindings findings, StrongestEffects strongest, PrintWriter out) {
    AblationTable table = new AblationTable(model, findings.summaries());
    if (table.isOne()) {
      table.sparsity(table.rows.get(0).summary());
      table.run(table.rows.get(0).summary());
    } else {
      table.each();
    }
    table.seconds();
    table.table.print(out);
    table.undefined(out);
    for (int sae = 0; sae < findings.summaries().size(); sae++) {
      String of = findings.summaries().size() > 1 ? " of SAE " + SaeNames.number(sae) : "";
      table.strongest(of, strongest.list(sae), out);
    }
  }

  /** One for each SAE, and one behind it for what it is compared with. */
  private static List<Row> rows(List<AblationSummary> summaries) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < summaries.size(); i++) {
      AblationSummary summary = summaries.get(i);
      String number = summaries.size() > 1 ? SaeNames.number(i) + " " : "";
      rows.add(new Row(number + thing(summary) + "s", summary));
      summary.compared().ifPresent(other -> rows.add(new Row(number + thing(other) + "s", other)));
    }
    return rows;
  }

  /** What is ablated, in the singular. */
  private static String thing(AblationSummary summary) {
    return thing(summary.options().control());
  }

  /** What a control ablates, in the singular. */
  static String thing(AblationControl control) {
    return control instanceof AblationControl.Random
        ? "random direction"
        : EffectJson.thing(control);
  }

  private String things() {
    return rows.stream()
        .map(row -> thing(row.summary()))
        .distinct()
        .collect(Collectors.joining(" or "));
  }

  private boolean isOne() {
    return rows.size() == 1;
  }

  private String heading() {
    long logits = (long) options.future() * model.shape().vocabulary();
    return "Share of %,d logits at %d positions that move when one %s is ablated; smaller is sparser"
        .formatted(logits, options.future(), things());
  }

  private void sparsity(AblationSummary summary) {
    table.heading(heading());
    line("mean", summary.mean(), interval(summary));
    line("median", summary.median(), "");
    line("row_mean", summary.rowMean(), "each position by itself");
  }

  private static String interval(AblationSummary summary) {
    return summary
        .ci95()
        .map(
            ci95 ->
                "95 %% interval %s to %s by %s"
                    .formatted(
                        Figures.of(ci95.low()),
                        Figures.of(ci95.high()),
                        summary.drawn().name().toLowerCase(Locale.ROOT)))
        .orElse("too few effects for an interval");
  }

  private void run(AblationSummary summary) {
    table.heading("Run");
    count("pairs", summary.pairs(), "of a token and a " + things());
    count("below_noise", summary.belowNoise(), noise());
    count("skipped", summary.skippedPairs(), String.join(", ", summary.skipped().keySet()));
  }

  private static String noise() {
    return "KL below " + Figures.of(AblationEffect.NOISE) + " nats: in no mean";
  }

  private void line(String key, double value, String remark) {
    table.line("  " + key, List.of(Figures.of(value)), remark);
  }

  private void count(String key, long value, String remark) {
    table.line("  " + key, List.of(String.valueOf(value)), remark);
  }

  /** A line for each SAE, and for what it is compared with. */
  private void each() {
    table.heading(heading());
    table.line("", List.of("mean", "ci95", "median", "row_mean", "pairs", "below_noise"), noise());
    for (Row row : rows) {
      AblationSummary summary = row.summary();
      List<String> figures =
          List.of(
              Figures.of(summary.mean()),
              summary.ci95().map(AblationTable::ends).orElse("-"),
              Figures.of(summary.median()),
              Figures.of(summary.rowMean()),
              String.valueOf(summary.pairs()),
              String.valueOf(summary.belowNoise()));
      table.line(row.name(), figures, skipped(summary));
    }
    table.heading("Run");
  }

  private static String ends(Interval ci95) {
    return "(%s, %s)".formatted(Figures.of(ci95.low()), Figures.of(ci95.high()));
  }

  private static String skipped(AblationSummary summary) {
    return summary.skippedPairs() == 0
        ? ""
        : "%,d skipped: %s"
            .formatted(summary.skippedPairs(), String.join(", ", summary.skipped().keySet()));
  }

  private void seconds() {
    double seconds = rows.get(0).summary().seconds();
    long pairs = rows.stream().mapToLong(row -> row.summary().pairs()).sum();
    double each = 1e3 * seconds / Math.max(1, pairs);
    table.line("  seconds", List.of(Figures.of(seconds)), Figures.of(each) + " ms per pair");
  }

  private void undefined(PrintWriter out) {
    for (Row row : rows) {
      String of = isOne() ? "" : " of " + row.name();
      row.summary()
          .undefined()
          .forEach((key, reason) -> out.println(key + of + " is undefined: " + reason));
    }
  }

  private void strongest(String of, List<AblationEffect> effects, PrintWriter out) {
    if (effects.isEmpty()) {
      return;
    }
    out.println();
    out.println(
        "Largest effects" + of + ", and the tokens whose logits rose (+) and fell (-) most");
    for (AblationEffect effect : effects) {
      out.printf(
          Locale.ROOT,
          "  sequence %d, position %d, %s %d: KL %s, share %s%n",
          effect.sequence(),
          effect.position(),
          EffectJson.thing(effect.control()),
          effect.ablated(),
          Figures.of(effect.kl()),
          Figures.of(effect.sparsity()));
      out.println("    + " + tokens(effect.change().topUp()));
      out.println("    - " + tokens(effect.change().topDown()));
    }
  }

  private String tokens(int[] ids) {
    return Arrays.stream(ids)
        .mapToObj(id -> TokenText.quoted(model, id))
        .collect(Collectors.joining(" "));
  }
}
