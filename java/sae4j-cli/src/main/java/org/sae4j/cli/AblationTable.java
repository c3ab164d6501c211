package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.sae4j.AblationControl;
import org.sae4j.AblationEffect;
import org.sae4j.AblationOptions;
import org.sae4j.AblationSummary;
import org.sae4j.Model;

/** The results of {@code ablate} for people. */
final class AblationTable {
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private final Model model;
  private final AblationSummary summary;
  private final AblationOptions options;
  private final AlignedTable table = new AlignedTable();

  private AblationTable(Model model, AblationSummary summary) {
    this.model = model;
    this.summary = summary;
    this.options = summary.options();
  }

  static void print(Model model, AblationFindings findings, PrintWriter out) {
    AblationTable table = new AblationTable(model, findings.summary());
    table.sparsity();
    table.run();
    table.table.print(out);
    table.undefined(out);
    table.strongest(findings.strongest(), out);
  }

  /** What is ablated, in the singular. */
  private String thing() {
    if (options.control() instanceof AblationControl.Channels) {
      return "channel";
    }
    return options.control() instanceof AblationControl.Random ? "random direction" : "latent";
  }

  private void sparsity() {
    table.heading(
        "Logits that the ablation of one %s moves, as a share of all; smaller is sparser"
            .formatted(thing()));
    long logits = (long) options.future() * model.shape().vocabulary();
    line(
        "mean",
        Figures.of(summary.mean()),
        "95 %% interval %s to %s; of %,d logits at %d positions"
            .formatted(
                Figures.of(summary.ci95().low()),
                Figures.of(summary.ci95().high()),
                logits,
                options.future()));
    line("median", Figures.of(summary.median()), "");
    line("row_mean", Figures.of(summary.rowMean()), "each position by itself");
  }

  private void run() {
    table.heading("Run");
    line("pairs", String.valueOf(summary.pairs()), "of a token and a " + thing());
    line(
        "below_noise",
        String.valueOf(summary.belowNoise()),
        "KL below " + Figures.of(AblationEffect.NOISE) + " nats: in no mean");
    line(
        "skipped",
        String.valueOf(summary.skippedPairs()),
        String.join(", ", summary.skipped().keySet()));
    double each = 1e3 * summary.seconds() / Math.max(1, summary.pairs());
    line("seconds", Figures.of(summary.seconds()), Figures.of(each) + " ms a pair");
  }

  private void line(String key, String figure, String remark) {
    table.line("  " + key, List.of(figure), remark);
  }

  private void undefined(PrintWriter out) {
    summary.undefined().forEach((key, reason) -> out.println(key + " is undefined: " + reason));
  }

  private void strongest(List<AblationEffect> effects, PrintWriter out) {
    if (effects.isEmpty()) {
      return;
    }
    out.println();
    out.println("Largest effects, and the tokens whose logits rose (+) and fell (-) most");
    for (AblationEffect effect : effects) {
      out.printf(
          Locale.ROOT,
          "  sequence %d, position %d, %s %d: KL %s, share %s%n",
          effect.sequence(),
          effect.position(),
          thing().equals("channel") ? "channel" : "latent",
          effect.ablated(),
          Figures.of(effect.kl()),
          Figures.of(effect.sparsity()));
      out.println("    + " + tokens(effect.change().topUp()));
      out.println("    - " + tokens(effect.change().topDown()));
    }
  }

  /** What tokens spell, or their ids if nobody knows. */
  private String tokens(int[] ids) {
    return Arrays.stream(ids).mapToObj(this::token).collect(Collectors.joining(" "));
  }

  private String token(int id) {
    if (!model.hasTokenizer() || id >= model.tokenizer().size()) {
      return String.valueOf(id);
    }
    return "'"
        + CONTROL.matcher(model.tokenizer().decode(id)).replaceAll(AblationTable::code)
        + "'";
  }

  private static String code(MatchResult control) {
    return String.format(Locale.ROOT, "<%02x>", (int) control.group().charAt(0));
  }
}
