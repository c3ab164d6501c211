package org.sae4j;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** Sequences of which nobody knows how many there are until they are read, and how many were. */
public final class UnsizedCorpus implements Corpus {
  private final Sequences sequences;
  private int opened;
  private int closed;
  private long read; // tokens, by the last reading

  public UnsizedCorpus(Sequences sequences) {
    this.sequences = sequences;
  }

  /** How often it was opened. */
  int opened() {
    return opened;
  }

  /** How many readings are still open. */
  int left() {
    return opened - closed;
  }

  /** The tokens that the last reading has given. */
  long read() {
    return read;
  }

  @Override
  public Reading open() {
    opened++;
    read = 0;
    Reading all = sequences.open();
    return new Reading() {
      @Override
      public Optional<int[]> next() throws IOException {
        Optional<int[]> next = all.next();
        read += next.map(ids -> ids.length).orElse(0);
        return next;
      }

      @Override
      public void close() {
        closed++;
      }
    };
  }

  @Override
  public OptionalLong knownTokens() {
    return OptionalLong.empty();
  }
}
