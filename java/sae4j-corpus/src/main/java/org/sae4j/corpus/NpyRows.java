package org.sae4j.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.sae4j.format.FormatException;

/** The rows of a NumPy array, [rows, length]. */
final class NpyRows implements Closeable {
  /** Four bytes each: what is read whole has to fit into memory. */
  private static final int MOST_BY_COLUMN = 1 << 28;

  private static final int PIECE = 1 << 14;

  private final Path file;
  private final NpyNumbers numbers;
  private Optional<int[]> columns = Optional.empty(); // one after another, once they are read
  private int given;

  NpyRows(Path file, NpyNumbers numbers) {
    this.file = file;
    this.numbers = numbers;
  }

  /** The length of a row. */
  long length() {
    return numbers.shape().get(1);
  }

  /** The next row, or nothing after the last. */
  Optional<long[]> next() throws IOException {
    if (!numbers.isByColumn()) {
      long[] row = numbers.next((int) Math.min(length(), Integer.MAX_VALUE - 8));
      return row.length == 0 ? Optional.empty() : Optional.of(row);
    }
    if (columns.isEmpty()) {
      columns = Optional.of(columns());
    }
    return given < numbers.shape().get(0) ? Optional.of(row(columns.get())) : Optional.empty();
  }

  private long[] row(int[] all) {
    int rows = numbers.shape().get(0).intValue();
    long[] row = new long[(int) length()];
    for (int i = 0; i < row.length; i++) {
      row[i] = all[i * rows + given];
    }
    given++;
    return row;
  }

  private int[] columns() throws IOException {
    if (numbers.count() > MOST_BY_COLUMN) {
      throw FormatException.mismatch(
          file,
          "array in Fortran's order, which is read whole",
          "at most " + MOST_BY_COLUMN + " numbers (numpy.ascontiguousarray gives the other order)",
          numbers.count());
    }
    int[] all = new int[PIECE];
    int length = 0;
    for (long[] piece = numbers.next(PIECE); piece.length > 0; piece = numbers.next(PIECE)) {
      if (length + piece.length > all.length) {
        all = Arrays.copyOf(all, (int) Math.min(2L * all.length, numbers.count()));
      }
      for (long number : piece) {
        long rows = numbers.shape().get(0);
        CheckedSequences.requireInt(file, length % rows, length / rows, number);
        all[length++] = (int) number;
      }
    }
    return all;
  }

  @Override
  public void close() throws IOException {
    numbers.close();
  }
}
