package org.sae4j.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.format.FormatException;

/** The texts in a file, one after another. */
interface Documents extends Closeable {
  /** What is noted where the text is null, in whatever format. */
  String NO_TEXT = "there is no text; such rows are skipped";

  /**
   * The next text, to be read before the one after it is asked for.
   *
   * @return empty after the last one
   */
  Optional<Reader> next() throws IOException;

  /**
   * Returns a text if it is one.
   *
   * @param where it stands in the file
   * @throws FormatException if it has a character NUL, as no text has
   */
  static String checked(Path file, String where, String text) throws FormatException {
    int nul = text.indexOf('\0');
    if (nul >= 0) {
      throw FormatException.mismatch(file, where, "text", "a NUL character at index " + nul);
    }
    return text;
  }
}
