package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** The tokens of all documents of some files, with a token between any two. */
final class JoinedDocuments implements TokenStream {
  private final Iterator<Path> files;
  private final Opener opener;
  private final Function<String, int[]> encode;
  private final OptionalInt separator;
  private Optional<Documents> documents = Optional.empty();
  private Optional<TextTokens> text = Optional.empty();
  private boolean begun; // the corpus has a token
  private boolean fresh; // the document has none yet

  /** Opens a file. */
  @FunctionalInterface
  interface Opener {
    Documents open(Path file) throws IOException;
  }

  JoinedDocuments(
      List<Path> files, Opener opener, Function<String, int[]> encode, OptionalInt separator) {
    this.files = files.iterator();
    this.opener = opener;
    this.encode = encode;
    this.separator = separator;
  }

  @Override
  public Optional<int[]> next() throws IOException {
    while (text.isPresent() || nextText()) {
      Optional<int[]> tokens = text.get().next();
      if (tokens.isEmpty()) {
        text = Optional.empty();
      } else if (tokens.get().length > 0) {
        return Optional.of(joined(tokens.get()));
      }
    }
    return Optional.empty();
  }

  private int[] joined(int[] tokens) {
    boolean separated = fresh && begun && separator.isPresent();
    fresh = false;
    begun = true;
    if (!separated) {
      return tokens;
    }
    int[] joined = new int[tokens.length + 1];
    joined[0] = separator.getAsInt();
    System.arraycopy(tokens, 0, joined, 1, tokens.length);
    return joined;
  }

  private boolean nextText() throws IOException {
    while (documents.isPresent() || files.hasNext()) {
      if (documents.isEmpty()) {
        documents = Optional.of(opener.open(files.next()));
      }
      Optional<Reader> next = documents.get().next();
      if (next.isPresent()) {
        text = Optional.of(new TextTokens(next.get(), encode));
        fresh = true;
        return true;
      }
      close();
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    if (documents.isPresent()) {
      Documents open = documents.get();
      documents = Optional.empty();
      open.close();
    }
  }
}
