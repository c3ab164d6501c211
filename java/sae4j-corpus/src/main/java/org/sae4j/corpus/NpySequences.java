package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;

/** A NumPy array of token ids, of which each row is a sequence, perhaps with a mask. */
final class NpySequences implements Corpus.Reading {
  private final Path file;
  private final NpyRows ids;
  private final Optional<NpyRows> mask;
  private long sequence;

  private NpySequences(Path file, NpyRows ids, Optional<NpyRows> mask) {
    this.file = file;
    this.ids = ids;
    this.mask = mask;
  }

  /**
   * Takes rows if none is longer than a sequence may be.
   *
   * @param mask what of each row is more than padding, of the same shape
   */
  static NpySequences of(Path file, NpyNumbers ids, Optional<NpyNumbers> mask, int longest)
      throws FormatException {
    if (mask.isPresent() && !mask.get().shape().equals(ids.shape())) {
      throw FormatException.mismatch(
          file, "attention mask", "the shape of the ids, " + ids.shape(), mask.get().shape());
    }
    NpyRows rows = new NpyRows(file, ids);
    if (mask.isEmpty() && rows.length() > longest) {
      throw FormatException.mismatch(
          file,
          "array",
          "rows of at most %d ids, the model's context".formatted(longest),
          rows.length());
    }
    return new NpySequences(file, rows, mask.map(numbers -> new NpyRows(file, numbers)));
  }

  @Override
  public Optional<int[]> next() throws IOException {
    Optional<long[]> row = ids.next();
    Optional<long[]> ones = mask.isPresent() ? mask.get().next() : Optional.empty();
    if (row.isEmpty()) {
      return Optional.empty();
    }
    int[] next = ids(row.get());
    String where = "sequence " + sequence++;
    return Optional.of(ones.isPresent() ? AttentionMask.cut(file, where, next, ones.get()) : next);
  }

  private int[] ids(long[] row) throws FormatException {
    for (int i = 0; i < row.length; i++) {
      CheckedSequences.requireInt(file, sequence, i, row[i]);
    }
    return Arrays.stream(row).mapToInt(id -> (int) id).toArray();
  }

  @Override
  public void close() throws IOException {
    ids.close();
    if (mask.isPresent()) {
      mask.get().close();
    }
  }
}
