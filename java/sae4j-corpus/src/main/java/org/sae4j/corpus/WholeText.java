package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;

/** A file that is one text. */
final class WholeText implements Documents {
  private final Reader text;
  private boolean given;

  WholeText(Reader text) {
    this.text = text;
  }

  @Override
  public Optional<Reader> next() {
    Optional<Reader> next = given ? Optional.empty() : Optional.of(text);
    given = true;
    return next;
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
