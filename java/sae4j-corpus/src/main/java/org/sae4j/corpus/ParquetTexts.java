package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Optional;

/** A Parquet file, of which each row has a text. */
record ParquetTexts(Path file, ParquetColumn column, Notes notes) implements Documents {

  @Override
  public Optional<Reader> next() throws IOException {
    Optional<Optional<String>> text = column.nextText();
    while (text.isPresent() && text.get().isEmpty()) {
      notes.say(file, "row " + column.row(), NO_TEXT);
      text = column.nextText();
    }
    return text.flatMap(found -> found).map(StringReader::new);
  }

  @Override
  public void close() throws IOException {
    column.close();
  }
}
