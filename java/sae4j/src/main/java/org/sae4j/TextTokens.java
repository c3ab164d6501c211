package org.sae4j;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Makes tokens of one text piece by piece: the same as of the whole text at once.
 *
 * <p>GPT-2's tokenizer first looks for added tokens, then splits what is between them into words,
 * and then each word, for itself, into tokens. A run of letters or digits ends before anything
 * else, whatever comes next, and so does one of signs before white space; there a text can be cut,
 * unless an added token holds or touches the place. White space that an added token takes with it
 * does not reach across such a place. What else a tokenizer may see across it is found by trying:
 * the text around it has to give the same tokens cut and uncut.
 */
public final class TextTokens {
  private static final int SHORTEST = 1 << 16;
  private static final int LONGEST = 1 << 18;
  private static final int LONGEST_IN_MEMORY = 1 << 22;
  private static final int AROUND = 256;

  private final Reader text;
  private final Function<String, int[]> encode;
  private final Joints joints;
  private final int shortest;
  private final int longest;
  private final int around;
  private final StringBuilder waiting = new StringBuilder();
  private final char[] buffer = new char[1 << 13];
  private boolean ended;

  /** Places that one token may hold. */
  @FunctionalInterface
  interface Joints {
    /** Whether an added token holds or touches the place before a character of a text. */
    boolean touchesToken(CharSequence text, int at);
  }

  /**
   * Begins with a text.
   *
   * @param text whose characters are without unpaired surrogates, and which is not closed here
   * @param tokenizer of a model that stays open as long as tokens are asked for
   */
  public TextTokens(Reader text, Tokenizer tokenizer, SpecialTokens special) {
    this(
        text,
        piece -> tokenizer.encode(piece, special),
        tokenizer.vocabulary()::touchesToken,
        SHORTEST,
        LONGEST,
        around(tokenizer.vocabulary()));
  }

  /**
   * Begins with a text.
   *
   * @param encode the tokenizer
   * @param shortest how many characters are read before a place to cut is looked for
   * @param longest after how many without such a place the text is cut all the same; no word is as
   *     long, but a file of one letter a billion times is to run in flat memory too
   * @param around how much of the text on both sides a cut is tried on; no less than the longest
   *     added token
   */
  TextTokens(
      Reader text,
      Function<String, int[]> encode,
      Joints joints,
      int shortest,
      int longest,
      int around) {
    this.text = text;
    this.encode = encode;
    this.joints = joints;
    this.shortest = shortest;
    this.longest = longest;
    this.around = around;
  }

  /** Encodes a text in pieces if it is long. */
  static int[] all(String text, Vocabulary vocabulary, Function<String, int[]> encode) {
    if (text.length() <= SHORTEST) {
      return encode.apply(text);
    }
    TextTokens pieces =
        new TextTokens(
            new StringReader(text),
            encode,
            vocabulary::touchesToken,
            SHORTEST,
            LONGEST_IN_MEMORY,
            around(vocabulary));
    IntStream.Builder tokens = IntStream.builder();
    try {
      for (Optional<int[]> next = pieces.next(); next.isPresent(); next = pieces.next()) {
        IntStream.of(next.get()).forEach(tokens);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringReader throws none
    }
    return tokens.build().toArray();
  }

  private static int around(Vocabulary vocabulary) {
    return Math.max(AROUND, 2 * vocabulary.longestToken());
  }

  /** The tokens of the next piece, or nothing at the end of the text. */
  public Optional<int[]> next() throws IOException {
    if (ended && waiting.isEmpty()) {
      return Optional.empty();
    }
    int cut = 0;
    for (int size = shortest; cut == 0 && !ended; size = Math.min(2 * size, longest)) {
      fill(size);
      cut = cut();
    }
    if (ended) {
      cut = waiting.length();
    }
    int[] tokens = encode.apply(waiting.substring(0, cut));
    waiting.delete(0, cut);
    return Optional.of(tokens);
  }

  private void fill(int size) throws IOException {
    while (!ended && waiting.length() < size) {
      int count = text.read(buffer, 0, Math.min(buffer.length, size - waiting.length()));
      ended = count < 0;
      waiting.append(buffer, 0, Math.max(0, count));
    }
  }

  /** The last place where the text can be cut, or 0 if it takes more text to find one. */
  private int cut() {
    for (int at = waiting.length() - around; at > 0; at--) {
      if (isEndOfWord(waiting.codePointBefore(at), waiting.codePointAt(at))
          && !joints.touchesToken(waiting, at)
          && changesNothing(at)) {
        return at;
      }
    }
    return waiting.length() < longest ? 0 : limit();
  }

  private int limit() {
    return Character.isHighSurrogate(waiting.charAt(longest - 1)) ? longest - 1 : longest;
  }

  /** Whether GPT-2's tokenizer ends a word between two characters whatever stands around them. */
  static boolean isEndOfWord(int before, int after) {
    if (isLetterOrNumber(before)) {
      return !isLetterOrNumber(after) && isAssigned(after);
    }
    return before > ' ' && before < 0x7F && (after == ' ' || after >= '\t' && after <= '\r');
  }

  private static boolean isLetterOrNumber(int character) {
    return Character.isLetterOrDigit(character)
        || Character.getType(character) == Character.LETTER_NUMBER
        || Character.getType(character) == Character.OTHER_NUMBER;
  }

  /** Whether this Java knows the character; else it may be a letter of a later Unicode. */
  private static boolean isAssigned(int character) {
    int type = Character.getType(character);
    return type != Character.UNASSIGNED && type != Character.SURROGATE;
  }

  private boolean changesNothing(int at) {
    String before = waiting.substring(Math.max(0, at - around), at);
    String after = waiting.substring(at, Math.min(waiting.length(), at + around));
    int[] left = encode.apply(before);
    int[] right = encode.apply(after);
    int[] cut = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, cut, left.length, right.length);
    return Arrays.equals(cut, encode.apply(before + after));
  }
}
