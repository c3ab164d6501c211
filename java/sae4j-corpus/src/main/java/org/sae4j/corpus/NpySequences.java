package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.Corpus;
import org.sae4j.FormatException;

/** A NumPy file of token ids, of which each row is a sequence. */
record NpySequences(NpyIds ids) implements Corpus.Reading {

  /** Takes rows if none is longer than a sequence may be. */
  static NpySequences of(Path file, NpyIds ids, int longest) throws FormatException {
    if (ids.rowLength() > longest) {
      throw FormatException.mismatch(
          file,
          "array",
          "rows of at most %d ids, the model's context".formatted(longest),
          ids.rowLength());
    }
    return new NpySequences(ids);
  }

  @Override
  public Optional<int[]> next() throws IOException {
    int[] row = ids.next((int) ids.rowLength());
    return row.length == 0 ? Optional.empty() : Optional.of(row);
  }

  @Override
  public void close() throws IOException {
    ids.close();
  }
}
