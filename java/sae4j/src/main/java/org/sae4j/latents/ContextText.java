package org.sae4j.latents;

import java.util.Arrays;
import org.sae4j.Tokenizer;
import org.sae4j.Utf8;

/**
 * What a latent's context spells.
 *
 * <p>Tokens may end within a character. The character that the activating token has a part of
 * counts as a whole as that token's; what is left of characters at the ends of the context is cut
 * off.
 *
 * @param before the text before the activating token
 * @param token the text of the activating token
 * @param after the text after it
 */
public record ContextText(String before, String token, String after) {

  static ContextText of(Tokenizer tokenizer, LatentContext context) {
    int[] tokens = context.tokens();
    byte[] before = tokenizer.spell(Arrays.copyOf(tokens, context.at()));
    byte[] token = tokenizer.spell(context.token());
    byte[] after = tokenizer.spell(Arrays.copyOfRange(tokens, context.at() + 1, tokens.length));
    byte[] all = concatenate(before, token, after);
    int from = Utf8.startOfCharacter(all, before.length);
    int to = Utf8.endOfCharacter(all, before.length + token.length);
    int rest = Utf8.afterRest(all);
    if (from < rest) {
      // The token is part of a character whose start the context has not.
      from = 0;
      to = Math.max(to, rest);
    }
    int first = Math.min(from, rest);
    int last = Math.max(to, Utf8.startOfCharacter(all, all.length));
    return new ContextText(
        Utf8.decode(all, first, from), Utf8.decode(all, from, to), Utf8.decode(all, to, last));
  }

  private static byte[] concatenate(byte[] before, byte[] token, byte[] after) {
    byte[] all = Arrays.copyOf(before, before.length + token.length + after.length);
    System.arraycopy(token, 0, all, before.length, token.length);
    System.arraycopy(after, 0, all, before.length + token.length, after.length);
    return all;
  }
}
