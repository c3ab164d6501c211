package org.sae4j.corpus;

import java.io.IOException;
import java.util.Optional;

/** Tokens that have not been cut into sequences yet. */
interface TokenStream extends AutoCloseable {

  /**
   * The next tokens, any number of them.
   *
   * @return empty at the end
   */
  Optional<int[]> next() throws IOException;

  @Override
  void close() throws IOException;
}
