package org.sae4j.cli.latent;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.sae4j.Model;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.latents.ContextText;
import org.sae4j.latents.LatentContext;
import org.sae4j.latents.LatentProfile;
import org.sae4j.latents.LatentStudyResult;
import org.sae4j.latents.TokenLogit;
import org.sae4j.results.ControlCharacters;
import org.sae4j.results.TokenText;

/** Prints the results of {@code latent}: the tokens of each latent, then one context per line. */
final class LatentTable {
  private static final int COLUMNS = 100;
  private static final int BEFORE = 40;

  private final Model model;
  private final LatentStudyResult result;
  private final PrintWriter out;

  private LatentTable(Model model, LatentStudyResult result, PrintWriter out) {
    this.model = model;
    this.result = result;
    this.out = out;
  }

  static void print(Model model, LatentStudyResult result, PrintWriter out) {
    LatentTable table = new LatentTable(model, result, out);
    result.withoutLogits().ifPresent(reason -> out.println("No promoted tokens: " + reason));
    result.latents().forEach(table::print);
  }

  private void print(LatentProfile profile) {
    out.println();
    out.printf(
        Locale.ROOT,
        "Latent %d: fires at %,d of %,d tokens, %s; at most %s%n",
        profile.latent(),
        profile.fires(),
        result.tokens(),
        Figures.percent(profile.density()),
        Figures.of(profile.maxActivation()));
    if (result.withoutLogits().isEmpty()) {
      out.println(tokens("  promotes   ", profile.promoted()));
      out.println(tokens("  suppresses ", profile.suppressed()));
    }
    profile.contexts().forEach(this::print);
  }

  /** As many tokens as fit into the line. */
  private String tokens(String label, List<TokenLogit> tokens) {
    StringJoiner line = new StringJoiner("  ", label, "");
    for (TokenLogit token : tokens) {
      String next = TokenText.quoted(model, token.token()) + " " + Figures.signed(token.logit());
      if (line.length() + 2 + next.length() > COLUMNS) {
        break;
      }
      line.add(next);
    }
    return line.toString();
  }

  /** Activation, sequence and position, then the text, the activating token in brackets. */
  private void print(LatentContext context) {
    ContextText text = TokenText.of(model, context);
    String where = context.sequence() + ":" + context.position();
    String start =
        String.format(Locale.ROOT, "  %8s  %-9s ", Figures.of(context.activation()), where);
    String before = lastCharacters(oneLine(text.before()), BEFORE);
    int pad = BEFORE - characters(before);
    String line =
        start
            + " ".repeat(pad)
            + before
            + "["
            + oneLine(text.token())
            + "]"
            + oneLine(text.after());
    out.println(firstCharacters(line, COLUMNS).stripTrailing());
  }

  private static String oneLine(String text) {
    return ControlCharacters.visible(text.replace('\n', '↵'));
  }

  private static int characters(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String firstCharacters(String text, int count) {
    return characters(text) <= count ? text : text.substring(0, text.offsetByCodePoints(0, count));
  }

  private static String lastCharacters(String text, int count) {
    return characters(text) <= count
        ? text
        : text.substring(text.offsetByCodePoints(text.length(), -count));
  }
}
