package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;

/**
 * Cuts a stream of tokens into sequences by the rules of {@link org.sae4j.tokens.Sequences#split}.
 */
final class CutSequences implements Corpus.Reading {
  private final Path file;
  private final TokenStream tokens;
  private final int context;
  private final OptionalInt bos;
  private int[] piece = {};
  private int used; // of the piece
  private boolean given; // any sequence

  /**
   * Begins to cut.
   *
   * @param file what messages call the source
   */
  CutSequences(Path file, TokenStream tokens, int context, OptionalInt bos) {
    this.file = file;
    this.tokens = tokens;
    this.context = context;
    this.bos = bos;
  }

  @Override
  public Optional<int[]> next() throws IOException {
    int[] sequence = new int[context];
    bos.ifPresent(id -> sequence[0] = id);
    int length = bos.isPresent() ? 1 : 0;
    while (length < context && available()) {
      int count = Math.min(context - length, piece.length - used);
      System.arraycopy(piece, used, sequence, length, count);
      used += count;
      length += count;
    }
    if (length < 2) {
      requireGiven();
      return Optional.empty();
    }
    given = true;
    return Optional.of(Arrays.copyOf(sequence, length));
  }

  private void requireGiven() throws FormatException {
    if (!given) {
      throw FormatException.of(file, piece.length + " tokens do not make a sequence of two tokens");
    }
  }

  private boolean available() throws IOException {
    while (used == piece.length) {
      Optional<int[]> next = tokens.next();
      if (next.isEmpty()) {
        return false;
      }
      piece = next.get();
      used = 0;
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    tokens.close();
  }
}
