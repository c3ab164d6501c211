package org.sae4j.results;

import java.util.stream.Stream;
import org.sae4j.Model;
import org.sae4j.latents.ContextText;
import org.sae4j.latents.LatentContext;

/** The text of tokens, or their ids if there is no tokenizer. */
public final class TokenText {
  private TokenText() {}

  /** One token, as it is. */
  public static String of(Model model, int id) {
    boolean known = model.hasTokenizer() && id < model.tokenizer().size();
    return known ? model.tokenizer().show(id) : String.valueOf(id);
  }

  /** One token in quotes, fit for one line. */
  public static String quoted(Model model, int id) {
    boolean known = model.hasTokenizer() && id < model.tokenizer().size();
    return known ? quoted(ControlCharacters.visible(of(model, id))) : of(model, id);
  }

  /** In the first quotes that the text itself has none of. */
  public static String quoted(String text) {
    String quote =
        Stream.of("'", "\"", "`").filter(each -> !text.contains(each)).findFirst().orElse("'");
    return quote + text + quote;
  }

  /** The context of a latent; without a tokenizer the ids, a space between them. */
  public static ContextText of(Model model, LatentContext context) {
    if (model.hasTokenizer()) {
      return context.text(model.tokenizer());
    }
    StringBuilder before = new StringBuilder();
    StringBuilder after = new StringBuilder();
    for (int i = 0; i < context.tokens().length; i++) {
      if (i < context.at()) {
        before.append(context.tokens()[i]).append(' ');
      } else if (i > context.at()) {
        after.append(' ').append(context.tokens()[i]);
      }
    }
    return new ContextText(before.toString(), String.valueOf(context.token()), after.toString());
  }
}
