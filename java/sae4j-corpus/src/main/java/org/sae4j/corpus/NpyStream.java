package org.sae4j.corpus;

import java.io.IOException;
import java.util.Optional;

/** A NumPy file of token ids that are all in a row. */
record NpyStream(NpyIds ids) implements TokenStream {
  private static final int PIECE = 1 << 14;

  @Override
  public Optional<int[]> next() throws IOException {
    int[] piece = ids.next(PIECE);
    return piece.length == 0 ? Optional.empty() : Optional.of(piece);
  }

  @Override
  public void close() throws IOException {
    ids.close();
  }
}
