package org.sae4j;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Turns text into a model's tokens and back, as Hugging Face's tokenizer of the model does.
 *
 * <p>It adds no beginning-of-sequence token. It works as long as its model is open, for any number
 * of threads.
 */
public final class Tokenizer {
  private final Vocabulary vocabulary;

  Tokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  Vocabulary vocabulary() {
    return vocabulary;
  }

  /** The number of tokens; those without a row in the model's embedding count too. */
  public int size() {
    return vocabulary.size();
  }

  /** The token that begins a sequence, if there is one; in GPT-2 it is also the one that ends. */
  public OptionalInt bos() {
    return vocabulary.bos();
  }

  /** The token that ends a text, if there is one. */
  public OptionalInt eos() {
    return vocabulary.eos();
  }

  /** Encodes text; what spells a special token is text like any other. */
  public int[] encode(String text) {
    return encode(text, SpecialTokens.AS_TEXT);
  }

  /** Encodes text. Surrogates without a partner become U+FFFD. */
  public int[] encode(String text, SpecialTokens special) {
    StringBuilder sound = new StringBuilder(text.length());
    text.codePoints().map(Tokenizer::character).forEach(sound::appendCodePoint);
    return encodeSound(sound.toString().getBytes(StandardCharsets.UTF_8), special);
  }

  private static int character(int codePoint) {
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return surrogate ? 0xFFFD : codePoint;
  }

  /** Encodes UTF-8 text; what spells a special token is text like any other. */
  public int[] encode(byte[] utf8) {
    return encode(utf8, SpecialTokens.AS_TEXT);
  }

  /** Encodes UTF-8 text. Bytes that are not UTF-8 become U+FFFD, as in Python's {@code replace}. */
  public int[] encode(byte[] utf8, SpecialTokens special) {
    return encodeSound(Utf8.replaceInvalid(utf8), special);
  }

  private int[] encodeSound(byte[] bytes, SpecialTokens special) {
    return bytes.length == 0 ? new int[0] : vocabulary.encode(bytes, special);
  }

  /**
   * Decodes tokens; bytes that are not UTF-8 become U+FFFD.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary
   */
  public String decode(int... tokens) {
    return new String(decodeBytes(tokens), StandardCharsets.UTF_8);
  }

  /**
   * Decodes tokens to bytes, which need not be whole UTF-8 characters.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary
   */
  public byte[] decodeBytes(int... tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= size()) {
        throw new IllegalArgumentException(
            "token id " + token + ": the tokenizer has ids 0 to " + (size() - 1));
      }
    }
    return tokens.length == 0 ? new byte[0] : vocabulary.decode(tokens);
  }

  /** Decodes one token for people: bytes that are no whole character as {@code <e2>}. */
  public String show(int token) {
    return Utf8.showInvalid(spell(token));
  }

  /**
   * Decodes tokens to bytes; those beyond the vocabulary, with which a model may be padded, too.
   */
  public byte[] spell(int... tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int from = 0, to; from < tokens.length; from = to) {
      to = from;
      while (to < tokens.length && tokens[to] < size()) {
        to++;
      }
      bytes.writeBytes(decodeBytes(Arrays.copyOfRange(tokens, from, to)));
      if (to < tokens.length) {
        bytes.writeBytes(("<" + tokens[to++] + ">").getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }
}
