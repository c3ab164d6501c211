package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;

/** Characters, of which no more may come at a time than there is room for. */
final class BoundedReader extends Reader {
  private final Reader text;
  private final long most;
  private long left;

  /** More came than may. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1;

    TooLongException(long most) {
      super("expected at most " + most + " characters, found more");
    }
  }

  BoundedReader(Reader text, long most) {
    this.text = text;
    this.most = most;
    left = most;
  }

  /** Begins to count anew. */
  void restart() {
    left = most;
  }

  @Override
  public int read(char[] into, int offset, int length) throws IOException {
    int count = text.read(into, offset, length);
    left -= Math.max(0, count);
    if (left < 0) {
      throw new TooLongException(most);
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
