package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.sae4j.Corpus;
import org.sae4j.FormatException;

/** A Parquet file, of which each row has a sequence of token ids. */
record ParquetSequences(Path file, ParquetColumn column, int longest) implements Corpus.Reading {

  @Override
  public Optional<int[]> next() throws IOException {
    Optional<long[]> row = column.nextList(longest);
    return row.isPresent() ? Optional.of(ids(row.get())) : Optional.empty();
  }

  private int[] ids(long[] row) throws FormatException {
    for (int i = 0; i < row.length; i++) {
      CheckedSequences.requireInt(file, column.row(), i, row[i]);
    }
    return Arrays.stream(row).mapToInt(id -> (int) id).toArray();
  }

  @Override
  public void close() throws IOException {
    column.close();
  }
}
