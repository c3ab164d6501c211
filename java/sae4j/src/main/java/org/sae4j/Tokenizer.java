package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_detokenize;
import static org.sae4j.engine.global.sae4j.sae4j_tokenize;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.sae4j.engine.sae4j_model;

/**
 * Turns text into a model's tokens and back, as Hugging Face's tokenizer of the model does.
 *
 * <p>It adds no beginning-of-sequence token. It works as long as its model is open, for any number
 * of threads.
 */
public final class Tokenizer {
  private final NativeHandle<sae4j_model> model;
  private final int size;
  private final OptionalInt bos;
  private final OptionalInt eos;

  Tokenizer(NativeHandle<sae4j_model> model, int size, OptionalInt bos, OptionalInt eos) {
    this.model = model;
    this.size = size;
    this.bos = bos;
    this.eos = eos;
  }

  /** The number of tokens. */
  public int size() {
    return size;
  }

  /** The token that begins a sequence, if there is one; in GPT-2 it is also the one that ends. */
  public OptionalInt bos() {
    return bos;
  }

  /** The token that ends a text, if there is one. */
  public OptionalInt eos() {
    return eos;
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
    if (bytes.length == 0) {
      return new int[0];
    }
    try (Uses uses = new Uses();
        CallMemory memory = new CallMemory()) {
      sae4j_model entered = uses.enter(model);
      BytePointer chars = memory.keep(new BytePointer(bytes));
      SizeTPointer count = memory.keep(new SizeTPointer(1));
      // No token is shorter than a byte, so there is always room.
      IntPointer tokens = memory.keep(new IntPointer(bytes.length));
      int parsed = special == SpecialTokens.PARSED ? 1 : 0;
      Engine.check(
          sae4j_tokenize(entered, chars, bytes.length, parsed, tokens, bytes.length, count));
      int[] ids = new int[Math.toIntExact(count.get())];
      tokens.get(ids);
      return ids;
    }
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
      if (token < 0 || token >= size) {
        throw new IllegalArgumentException(
            "token id " + token + ": the tokenizer has ids 0 to " + (size - 1));
      }
    }
    if (tokens.length == 0) {
      return new byte[0];
    }
    try (Uses uses = new Uses();
        CallMemory memory = new CallMemory()) {
      sae4j_model entered = uses.enter(model);
      IntPointer ids = memory.ints(tokens);
      SizeTPointer count = memory.keep(new SizeTPointer(1));
      byte[] bytes = decode(entered, ids, tokens.length, 8L * tokens.length, count, memory);
      if (count.get() > bytes.length) {
        bytes = decode(entered, ids, tokens.length, count.get(), count, memory);
      }
      return Arrays.copyOf(bytes, Math.toIntExact(count.get()));
    }
  }

  /** Decodes one token for people: bytes that are no whole character as {@code <e2>}. */
  public String show(int token) {
    return Utf8.showInvalid(spell(token));
  }

  /**
   * Decodes tokens to bytes; those beyond the vocabulary, with which a model may be padded, too.
   */
  byte[] spell(int... tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int from = 0, to; from < tokens.length; from = to) {
      to = from;
      while (to < tokens.length && tokens[to] < size) {
        to++;
      }
      bytes.writeBytes(decodeBytes(Arrays.copyOfRange(tokens, from, to)));
      if (to < tokens.length) {
        bytes.writeBytes(("<" + tokens[to++] + ">").getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] decode(
      sae4j_model model,
      IntPointer ids,
      int length,
      long capacity,
      SizeTPointer count,
      CallMemory memory) {
    BytePointer text = memory.keep(new BytePointer(capacity));
    Engine.check(sae4j_detokenize(model, ids, length, text, capacity, count));
    byte[] bytes = new byte[Math.toIntExact(Math.min(capacity, count.get()))];
    text.get(bytes);
    return bytes;
  }
}
