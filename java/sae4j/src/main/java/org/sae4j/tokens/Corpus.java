package org.sae4j.tokens;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Sequences of tokens that are read as they are needed.
 *
 * <p>A corpus may be larger than memory: whoever reads it keeps no more of it than it has to. Each
 * {@link Reading} begins at the first sequence and finds the same ones; several may be open at a
 * time. {@link Sequences} are the corpus that is in memory already.
 */
public interface Corpus {

  /**
   * Begins to read, at the first sequence.
   *
   * @throws IOException if what the corpus is read from cannot be opened
   */
  Reading open() throws IOException;

  /** The number of tokens in all sequences, if that is known without reading them. */
  OptionalLong knownTokens();

  /**
   * The first tokens: whole sequences, and of the last as much as fits. No more is read than that.
   *
   * @param maxTokens at least 1
   */
  default Corpus first(long maxTokens) {
    return new FirstTokens(this, maxTokens);
  }

  /** One way through a corpus, from the first sequence to the last; for one thread at a time. */
  interface Reading extends Closeable {

    /**
     * Reads the next sequence: token ids, at least one, and the caller's to keep.
     *
     * @return empty after the last sequence
     * @throws org.sae4j.format.FormatException if a file holds something else than it has to
     */
    Optional<int[]> next() throws IOException;

    @Override
    void close() throws IOException;
  }
}
