package org.sae4j.corpus;

import java.util.Arrays;
import java.util.List;

/** Arrow's own files, as {@code save_to_disk} of Hugging Face's data sets writes them: not read. */
final class ArrowFile {
  /** What they say of themselves: a file, a stream, and the old form of Feather. */
  private static final List<byte[]> BEGINNINGS =
      List.of(
          new byte[] {'A', 'R', 'R', 'O', 'W', '1'},
          new byte[] {-1, -1, -1, -1},
          new byte[] {'F', 'E', 'A', '1'});

  static final int LONGEST_BEGINNING = 6;

  static final String REFUSAL =
      "Arrow's own format, which is not read: in Python,"
          + " datasets.load_from_disk(FOLDER).to_parquet(\"FILE.parquet\") writes it as Parquet";

  private ArrowFile() {}

  /** Tells whether a file is one by its first bytes. */
  static boolean begins(byte[] first) {
    return BEGINNINGS.stream()
        .anyMatch(
            bytes ->
                first.length >= bytes.length
                    && Arrays.equals(first, 0, bytes.length, bytes, 0, bytes.length));
  }
}
