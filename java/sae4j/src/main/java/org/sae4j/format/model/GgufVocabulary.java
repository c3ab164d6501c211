package org.sae4j.format.model;

import java.util.List;
import org.sae4j.format.FormatException;

/**
 * A tokenizer as a GGUF file can say it: llama.cpp knows a token's text and kind, and looks for the
 * longest added tokens in the whole text first.
 *
 * @param tokens the text of each row of the embedding
 * @param types what kind of token each is
 */
record GgufVocabulary(List<String> tokens, List<TokenType> types) {

  /**
   * Takes the tokens that have a row in the embedding; no model runs the others.
   *
   * @throws FormatException if the tokenizer has a rule that GGUF has no word for
   */
  static GgufVocabulary of(HuggingFaceTokenizer tokenizer, int rows) throws FormatException {
    if (tokenizer.tokens().size() < rows) {
      throw new IllegalArgumentException(
          "a model of %d tokens with a tokenizer of %d".formatted(rows, tokenizer.tokens().size()));
    }
    List<AddedToken> added = tokenizer.added().stream().filter(each -> each.id() < rows).toList();
    requireEveryByte(tokenizer);
    for (AddedToken token : added) {
      requirePlain(tokenizer, token);
      for (AddedToken other : added) {
        requireApart(tokenizer, token, other);
      }
    }
    return new GgufVocabulary(
        tokenizer.tokens().subList(0, rows), tokenizer.types().subList(0, rows));
  }

  private static void requireEveryByte(HuggingFaceTokenizer tokenizer) throws FormatException {
    if (!ByteAlphabet.isWhole(tokenizer.vocabulary().keySet())) {
      throw inexpressible(
          tokenizer, "vocabulary", "a token for each of the 256 bytes", "some without one");
    }
  }

  private static void requirePlain(HuggingFaceTokenizer tokenizer, AddedToken token)
      throws FormatException {
    String flag =
        token.lstrip()
            ? "lstrip"
            : token.rstrip() ? "rstrip" : token.singleWord() ? "single_word" : "";
    if (!flag.isEmpty()) {
      throw inexpressible(tokenizer, name(token), "none with " + flag, flag + " true");
    }
  }

  /** Two tokens whose occurrences may overlap are found by another rule there. */
  private static void requireApart(
      HuggingFaceTokenizer tokenizer, AddedToken token, AddedToken other) throws FormatException {
    if (token.id() != other.id() && (overlap(token, other) || isSearchedFirst(token, other))) {
      throw inexpressible(
          tokenizer, name(token), "none that overlaps another", "the beginning of " + name(other));
    }
  }

  /** Whether one may begin within the other and end behind it. */
  private static boolean overlap(AddedToken token, AddedToken other) {
    String text = token.text();
    char first = other.text().charAt(0);
    for (int i = text.indexOf(first, 1); i > 0; i = text.indexOf(first, i + 1)) {
      int rest = text.length() - i;
      if (rest < other.text().length() && text.regionMatches(i, other.text(), 0, rest)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the shorter one within the longer one is found, and not the longer one. */
  private static boolean isSearchedFirst(AddedToken token, AddedToken other) {
    return token.normalized() && !other.normalized() && token.text().contains(other.text());
  }

  private static String name(AddedToken token) {
    return "added token \"" + token.text() + "\"";
  }

  private static FormatException inexpressible(
      HuggingFaceTokenizer tokenizer, String part, String expected, String found) {
    return FormatException.mismatch(
        tokenizer.file(), part, expected + ", because GGUF cannot express anything else", found);
  }
}
