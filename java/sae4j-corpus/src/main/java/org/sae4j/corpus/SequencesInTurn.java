package org.sae4j.corpus;

import java.io.IOException;
import java.util.Optional;
import org.sae4j.tokens.Corpus;

/** The sequences of several files, one file after another. */
record SequencesInTurn(FilesInTurn<Corpus.Reading> files) implements Corpus.Reading {

  @Override
  public Optional<int[]> next() throws IOException {
    return files.next(Corpus.Reading::next);
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
