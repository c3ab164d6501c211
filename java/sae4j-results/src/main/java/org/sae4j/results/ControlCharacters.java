package org.sae4j.results;

import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/** Characters that a terminal obeys instead of showing them. */
public final class ControlCharacters {
  private ControlCharacters() {}

  /** Tells whether one would move the cursor, or turn or hide what is written around it. */
  public static boolean contain(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  /** What is shown instead: its code, {@code <1b>}. */
  public static String code(int codePoint) {
    return String.format(Locale.ROOT, "<%02x>", codePoint);
  }

  /** All of them as their codes, so that the text is fit for one line. */
  public static String visible(String text) {
    return replace(text, ControlCharacters::contain, ControlCharacters::code);
  }

  /** Those that JSON does not escape by itself, as it escapes others: {@code \u009b}. */
  static String inJson(String json) {
    return replace(json, c -> c != '\n' && contain(c), ControlCharacters::jsonCode);
  }

  private static String jsonCode(int codePoint) {
    StringBuilder escaped = new StringBuilder();
    for (char unit : Character.toChars(codePoint)) {
      escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
    }
    return escaped.toString();
  }

  private static String replace(String text, IntPredicate which, IntFunction<String> replacement) {
    if (text.codePoints().noneMatch(which)) {
      return text;
    }
    StringBuilder replaced = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (which.test(c)) {
                replaced.append(replacement.apply(c));
              } else {
                replaced.appendCodePoint(c);
              }
            });
    return replaced.toString();
  }
}
