package org.sae4j.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/**
 * What several files hold, one file after another, of which none may change meanwhile.
 *
 * @param <T> an open file
 */
final class FilesInTurn<T extends Closeable> implements Closeable {
  private final CorpusFiles files;
  private final Iterator<Path> paths;
  private final Opener<T> opener;
  private Optional<Open<T>> open = Optional.empty();

  /** Opens a file. */
  @FunctionalInterface
  interface Opener<T> {
    T open(Path file) throws IOException;
  }

  /** Takes the next thing from an open file; nothing after the last. */
  @FunctionalInterface
  interface Taker<T, R> {
    Optional<R> next(T file) throws IOException;
  }

  private record Open<T>(Path path, T file) {}

  FilesInTurn(CorpusFiles files, Opener<T> opener) {
    this.files = files;
    this.paths = files.paths().iterator();
    this.opener = opener;
  }

  /** The next thing of this file or those after it; nothing after the last. */
  <R> Optional<R> next(Taker<T, R> taker) throws IOException {
    while (open.isPresent() || paths.hasNext()) {
      if (open.isEmpty()) {
        Path path = paths.next();
        files.requireUnchanged(path);
        open = Optional.of(new Open<>(path, opener.open(path)));
      }
      Optional<R> next = taken(taker, open.get());
      if (next.isPresent()) {
        return next;
      }
      close();
    }
    return Optional.empty();
  }

  private <R> Optional<R> taken(Taker<T, R> taker, Open<T> from) throws IOException {
    try {
      return taker.next(from.file());
    } catch (IOException e) {
      files.requireUnchanged(from.path()); // That would be why.
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    if (open.isPresent()) {
      Open<T> last = open.get();
      open = Optional.empty();
      last.file().close();
      files.requireUnchanged(last.path());
    }
  }
}
