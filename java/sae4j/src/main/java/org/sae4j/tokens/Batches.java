package org.sae4j.tokens;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.arch.ModelShape;

/**
 * A corpus, batch by batch: as many whole sequences as have room together, at least one.
 *
 * <pre>{@code
 * try (Batches batches = Batches.of(corpus, 1024, model.shape())) {
 *   for (Optional<Sequences> next = batches.next(); next.isPresent(); next = batches.next()) {
 *     RunResult run = session.run(next.get(), options);
 *   }
 * }
 * }</pre>
 *
 * <p>No more of the corpus is in memory than a batch; for one thread at a time.
 */
public final class Batches implements AutoCloseable {
  private final Corpus.Reading reading;
  private final int maxTokens;
  private final ModelShape shape;
  private Optional<int[]> ahead = Optional.empty();
  private long done;

  /**
   * Begins at the first sequence.
   *
   * @param maxTokens what a batch holds at most; a longer sequence is a batch of its own
   * @param shape of the model that is to run them
   * @throws IOException if the corpus cannot be opened or read
   */
  public static Batches of(Corpus corpus, int maxTokens, ModelShape shape) throws IOException {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, not " + maxTokens);
    }
    Batches batches = new Batches(corpus.open(), maxTokens, shape);
    try {
      batches.ahead = batches.reading.next();
      return batches;
    } catch (IOException | RuntimeException e) {
      batches.close();
      throw e;
    }
  }

  private Batches(Corpus.Reading reading, int maxTokens, ModelShape shape) {
    this.reading = reading;
    this.maxTokens = maxTokens;
    this.shape = shape;
  }

  /**
   * Passes over a sequence; after whole batches the following ones are the same as without.
   *
   * @return false after the last one
   */
  public boolean skip() throws IOException {
    if (ahead.isEmpty()) {
      return false;
    }
    ahead = reading.next();
    done++;
    return true;
  }

  /**
   * Reads the next batch.
   *
   * @return empty after the last one
   * @throws IOException if the corpus cannot be read
   * @throws IllegalArgumentException if the model cannot run a sequence
   */
  public Optional<Sequences> next() throws IOException {
    List<int[]> sequences = new ArrayList<>();
    long tokens = 0;
    while (ahead.isPresent() && (sequences.isEmpty() || tokens + ahead.get().length <= maxTokens)) {
      sequences.add(ahead.get());
      tokens += ahead.get().length;
      ahead = reading.next();
    }
    if (sequences.isEmpty()) {
      return Optional.empty();
    }
    Sequences batch = Sequences.of(sequences.toArray(int[][]::new)).requireFor(shape, done);
    done += batch.count();
    return Optional.of(batch);
  }

  @Override
  public void close() throws IOException {
    reading.close();
  }
}
