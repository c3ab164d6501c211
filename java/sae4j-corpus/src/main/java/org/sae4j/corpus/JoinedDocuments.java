package org.sae4j.corpus;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.sae4j.TextTokens;

/** The tokens of all documents of some files, with a token between any two. */
final class JoinedDocuments implements TokenStream {
  private final FilesInTurn<Documents> files;
  private final Function<Reader, TextTokens> tokens;
  private final OptionalInt separator;
  private Optional<TextTokens> text = Optional.empty();
  private boolean begun; // the corpus has a token
  private boolean fresh; // the document has none yet

  JoinedDocuments(
      FilesInTurn<Documents> files, Function<Reader, TextTokens> tokens, OptionalInt separator) {
    this.files = files;
    this.tokens = tokens;
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
    text = files.next(Documents::next).map(tokens);
    fresh = true;
    return text.isPresent();
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
