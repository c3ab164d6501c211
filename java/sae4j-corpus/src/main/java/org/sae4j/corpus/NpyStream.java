package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A NumPy array of token ids that are all in a row. */
final class NpyStream implements TokenStream {
  private static final int PIECE = 1 << 14;

  private final Path file;
  private final NpyNumbers numbers;
  private long given;

  NpyStream(Path file, NpyNumbers numbers) {
    this.file = file;
    this.numbers = numbers;
  }

  @Override
  public Optional<int[]> next() throws IOException {
    long[] piece = numbers.next(PIECE);
    int[] ids = new int[piece.length];
    for (int i = 0; i < ids.length; i++) {
      CheckedSequences.requireInt(file, 0, given++, piece[i]);
      ids[i] = (int) piece[i];
    }
    return ids.length == 0 ? Optional.empty() : Optional.of(ids);
  }

  @Override
  public void close() throws IOException {
    numbers.close();
  }
}
