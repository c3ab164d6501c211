package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;

/**
 * A Parquet file, of which each row has a sequence of token ids.
 *
 * @param mask says for each of the ids whether it is more than padding
 */
record ParquetSequences(Path file, ParquetColumn column, Optional<ParquetColumn> mask, int longest)
    implements Corpus.Reading {
  /** Far above any model's context, and far below what would exhaust the heap. */
  private static final int LONGEST_PADDED = 1 << 22;

  /**
   * Opens a column of ids, and that of their mask if there is one.
   *
   * @param longest how many ids a sequence may have
   */
  static ParquetSequences open(Path file, String name, int longest, Notes notes)
      throws IOException {
    ParquetColumn column = ParquetColumn.lists(file, name);
    try {
      String mask = AttentionMask.nameBeside(name);
      boolean masked = column.siblings().contains(mask);
      OtherColumns.note(
          file, masked ? Set.of(name, mask) : Set.of(name), column.listSiblings(), notes);
      return new ParquetSequences(
          file,
          column,
          masked ? Optional.of(ParquetColumn.masks(file, mask)) : Optional.empty(),
          masked ? LONGEST_PADDED : longest);
    } catch (IOException | RuntimeException e) {
      column.close();
      throw e;
    }
  }

  @Override
  public Optional<int[]> next() throws IOException {
    Optional<long[]> row = column.nextList(longest);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    int[] ids = ids(row.get());
    if (mask.isEmpty()) {
      return Optional.of(ids);
    }
    long[] ones = mask.get().nextList(longest).orElseGet(() -> new long[0]);
    return Optional.of(AttentionMask.cut(file, "row " + column.row(), ids, ones));
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
    if (mask.isPresent()) {
      mask.get().close();
    }
  }
}
