package org.sae4j.cli.terminal;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import org.sae4j.results.ControlCharacters;

/**
 * Shows control characters instead of sending them to the terminal.
 *
 * <p>Names, texts and paths come from strangers. Tabs and line ends pass; of other control
 * characters the code is printed.
 */
public final class VisibleWriter extends FilterWriter {
  private static final char NOTHING = 0;

  /** The last character, if what it is depends on the next one. */
  private char held = NOTHING;

  private VisibleWriter(Writer out) {
    super(out);
  }

  /** Prints to another writer, and flushes after each line. */
  public static PrintWriter to(Writer out) {
    return new PrintWriter(new VisibleWriter(out), true);
  }

  @Override
  public void write(int c) throws IOException {
    write(new char[] {(char) c}, 0, 1);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    write(text.toCharArray(), offset, length);
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    StringBuilder visible = new StringBuilder(length);
    for (int i = offset; i < offset + length; i++) {
      add(text[i], visible);
    }
    out.append(visible);
  }

  private void add(char c, StringBuilder visible) {
    char before = held;
    held = NOTHING;
    if (Character.isSurrogatePair(before, c)) {
      show(Character.toCodePoint(before, c), visible);
      return;
    }
    if (before == '\r' && c == '\n') {
      visible.append("\r\n");
      return;
    }
    if (before != NOTHING) {
      show(before, visible);
    }
    if (c == '\r' || Character.isHighSurrogate(c)) {
      held = c;
    } else {
      show(c, visible);
    }
  }

  private static void show(int codePoint, StringBuilder visible) {
    if (codePoint != '\n' && codePoint != '\t' && ControlCharacters.contain(codePoint)) {
      visible.append(ControlCharacters.code(codePoint));
    } else {
      visible.appendCodePoint(codePoint);
    }
  }
}
