package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.Optional;

/** A Parquet file, of which each row has a text. */
record ParquetTexts(ParquetColumn column) implements Documents {

  @Override
  public Optional<Reader> next() throws IOException {
    return column.nextText().map(StringReader::new);
  }

  @Override
  public void close() throws IOException {
    column.close();
  }
}
