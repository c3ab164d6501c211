package org.sae4j.format.container;

import java.io.IOException;
import java.io.Reader;

/**
 * JSON as Python writes it, with the numbers that JSON has not got: {@code NaN}, {@code Infinity}
 * and {@code -Infinity} come as {@code 1e999}, which is read as infinity.
 *
 * <p>So a number that nobody asks for does no harm, and whoever asks for it is told that it is not
 * finite.
 */
final class PythonNumbers extends Reader {
  private static final String NOT_FINITE = "1e999";
  private static final int LONGEST = "Infinity".length();
  private static final int END = -1;

  private final Reader text;
  private final StringBuilder ready = new StringBuilder();
  private int taken; // of what is ready
  private int before = END; // what was readied last
  private boolean string;
  private boolean escaped;

  PythonNumbers(Reader text) {
    this.text = text;
  }

  @Override
  public int read(char[] target, int from, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      if (taken == ready.length() && !prepare()) {
        return i == 0 ? END : i;
      }
      target[from + i] = ready.charAt(taken++);
    }
    return count;
  }

  /** Readies one character, or a word and the character behind it; tells whether there is any. */
  private boolean prepare() throws IOException {
    ready.setLength(0);
    taken = 0;
    int next = text.read();
    while (!string && isLetter(next) && ready.length() <= LONGEST) {
      ready.append((char) next);
      next = text.read();
    }
    String word = ready.toString();
    boolean whole = !isPartOfValue(before) && !isPartOfValue(next);
    if (whole && (word.equals("NaN") || word.equals("Infinity"))) {
      ready.setLength(0);
      ready.append(NOT_FINITE);
    }
    before = next;
    if (next != END) {
      ready.append((char) next);
      follow((char) next);
    }
    return ready.length() > 0;
  }

  private static boolean isLetter(int c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isPartOfValue(int c) {
    return isLetter(c) || c >= '0' && c <= '9' || c == '.' || c == '"';
  }

  private void follow(char c) {
    if (escaped) {
      escaped = false;
    } else if (c == '"') {
      string = !string;
    } else {
      escaped = string && c == '\\';
    }
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
