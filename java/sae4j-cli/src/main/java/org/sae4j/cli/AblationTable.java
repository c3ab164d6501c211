package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.sae4j.AblationControl;
import org.sae4j.AblationEffect;
import org.sae4j.AblationOptions;
import org.sae4j.AblationSummary;
import org.sae4j.Interval;
import org.sae4j.Model;

/** The results of {@code ablate} for people. */
final class AblationTable {
  private final Model model;
  private final List<Column> columns;
  private final AblationOptions options;
  private final AlignedTable table = new AlignedTable();

  /** What one column of figures is of. */
  private record Column(String name, AblationSummary summary) {}

  private AblationTable(Model model, List<AblationSummary> summaries) {
    this.model = model;
    this.columns = columns(summaries);
    this.options = summaries.get(0).options();
  }

  static void print(
      Model model, AblationFindings findings, StrongestEffects strongest, PrintWriter out) {
    AblationTable table = new AblationTable(model, findings.summaries());
    table.names();
    table.sparsity();
    table.run();
    table.table.print(out);
    table.undefined(out);
    for (int sae = 0; sae < findings.summaries().size(); sae++) {
      String of = findings.summaries().size() > 1 ? " of SAE [" + (sae + 1) + "]" : "";
      table.strongest(of, strongest.list(sae), out);
    }
  }

  /** A column for each SAE, and one beside it for what it is compared with. */
  private static List<Column> columns(List<AblationSummary> summaries) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < summaries.size(); i++) {
      AblationSummary summary = summaries.get(i);
      String number = summaries.size() > 1 ? "[" + (i + 1) + "] " : "";
      columns.add(new Column(number + thing(summary) + "s", summary));
      summary
          .compared()
          .ifPresent(other -> columns.add(new Column(number + thing(other) + "s", other)));
    }
    return columns;
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
    return columns.stream()
        .map(column -> thing(column.summary()))
        .distinct()
        .collect(Collectors.joining(" or "));
  }

  private void names() {
    if (isOne()) {
      return;
    }
    table.line("", columns.stream().map(Column::name).toList(), "");
  }

  private boolean isOne() {
    return columns.size() == 1;
  }

  private void sparsity() {
    table.heading(
        "Logits that the ablation of one %s moves, as a share of all; smaller is sparser"
            .formatted(things()));
    long logits = (long) options.future() * model.shape().vocabulary();
    String all = "of %,d logits at %d positions".formatted(logits, options.future());
    line("mean", AblationSummary::mean, isOne() ? interval() + "; " + all : all);
    if (!isOne()) {
      line("ci95, low", summary -> summary.ci95().map(Interval::low).orElse(Double.NaN), "");
      line("ci95, high", summary -> summary.ci95().map(Interval::high).orElse(Double.NaN), "");
    }
    line("median", AblationSummary::median, "");
    line("row_mean", AblationSummary::rowMean, "each position by itself");
  }

  private String interval() {
    AblationSummary summary = columns.get(0).summary();
    return summary
        .ci95()
        .map(
            ci95 ->
                "95 %% interval %s to %s by %s"
                    .formatted(
                        Figures.of(ci95.low()),
                        Figures.of(ci95.high()),
                        summary.drawn().name().toLowerCase(Locale.ROOT)))
        .orElse("no interval of so few effects");
  }

  private void run() {
    table.heading("Run");
    count("pairs", AblationSummary::pairs, "of a token and a " + things());
    count(
        "below_noise",
        AblationSummary::belowNoise,
        "KL below " + Figures.of(AblationEffect.NOISE) + " nats: in no mean");
    count("skipped", AblationSummary::skippedPairs, reasons());
    AblationSummary first = columns.get(0).summary();
    long pairs = columns.stream().mapToLong(column -> column.summary().pairs()).sum();
    double each = 1e3 * first.seconds() / Math.max(1, pairs);
    table.line("  seconds", List.of(Figures.of(first.seconds())), Figures.of(each) + " ms a pair");
  }

  private String reasons() {
    return columns.stream()
        .flatMap(column -> column.summary().skipped().keySet().stream())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private void line(String key, ToDoubleFunction<AblationSummary> value, String remark) {
    table.line("  " + key, figures(summary -> Figures.of(value.applyAsDouble(summary))), remark);
  }

  private void count(String key, ToLongFunction<AblationSummary> value, String remark) {
    table.line("  " + key, figures(summary -> String.valueOf(value.applyAsLong(summary))), remark);
  }

  private List<String> figures(Function<AblationSummary, String> figure) {
    return columns.stream().map(Column::summary).map(figure).toList();
  }

  private void undefined(PrintWriter out) {
    for (Column column : columns) {
      String of = isOne() ? "" : " of " + column.name();
      column
          .summary()
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
