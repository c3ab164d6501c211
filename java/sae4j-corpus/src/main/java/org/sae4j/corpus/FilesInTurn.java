package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.sae4j.Corpus;

/** The sequences of several files, one file after another. */
final class FilesInTurn implements Corpus.Reading {
  private final Iterator<Path> files;
  private final Opener opener;
  private Optional<Corpus.Reading> open = Optional.empty();

  /** Opens a file. */
  @FunctionalInterface
  interface Opener {
    Corpus.Reading open(Path file) throws IOException;
  }

  FilesInTurn(List<Path> files, Opener opener) {
    this.files = files.iterator();
    this.opener = opener;
  }

  @Override
  public Optional<int[]> next() throws IOException {
    while (open.isPresent() || files.hasNext()) {
      if (open.isEmpty()) {
        open = Optional.of(opener.open(files.next()));
      }
      Optional<int[]> next = open.get().next();
      if (next.isPresent()) {
        return next;
      }
      close();
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    if (open.isPresent()) {
      Corpus.Reading reading = open.get();
      open = Optional.empty();
      reading.close();
    }
  }
}
