package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;

/** The texts in a file, one after another. */
interface Documents extends AutoCloseable {

  /**
   * The next text, to be read before the one after it is asked for.
   *
   * @return empty after the last one
   */
  Optional<Reader> next() throws IOException;

  @Override
  void close() throws IOException;
}
