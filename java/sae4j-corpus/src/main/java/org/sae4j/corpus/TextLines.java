package org.sae4j.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.Optional;

/** The lines of a text, without the blank ones. */
final class TextLines implements Closeable {
  private final Reader text;
  private final int most;
  private final char[] buffer = new char[1 << 14];
  private int from;
  private int to;
  private long number;

  /**
   * Begins with the first line.
   *
   * @param most how many characters a line may have
   */
  TextLines(Reader text, int most) {
    this.text = text;
    this.most = most;
  }

  /** The number of the last line, from 1. */
  long number() {
    return number;
  }

  /** The next line that is not blank, or nothing at the end. */
  Optional<String> next() throws IOException {
    Optional<String> line = line();
    while (line.isPresent() && line.get().isBlank()) {
      line = line();
    }
    return line;
  }

  private Optional<String> line() throws IOException {
    StringBuilder line = new StringBuilder();
    number++;
    while (true) {
      if (from == to) {
        from = 0;
        to = Math.max(0, text.read(buffer, 0, buffer.length));
        if (to == 0) {
          return line.isEmpty() ? Optional.empty() : Optional.of(line.toString());
        }
      }
      int end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      if (line.length() + (end - from) > most) {
        throw new BoundedReader.TooLongException(most);
      }
      line.append(buffer, from, end - from);
      from = end;
      if (end < to) {
        from++;
        return Optional.of(line.toString());
      }
    }
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
