package org.sae4j;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A corpus, batch by batch: as many whole sequences as have room together, at least one. */
final class Batches implements AutoCloseable {
  private final Corpus.Reading reading;
  private final int maxTokens;
  private final ModelShape shape;
  private Optional<int[]> ahead;
  private long done;

  /**
   * Begins after some sequences; after whole batches the following ones are the same as without.
   *
   * @throws IllegalArgumentException if the corpus has fewer sequences
   */
  Batches(Corpus corpus, long skipped, int maxTokens, ModelShape shape) throws IOException {
    this.reading = corpus.open();
    this.maxTokens = maxTokens;
    this.shape = shape;
    ahead = reading.next();
    for (done = 0; done < skipped; done++) {
      if (ahead.isEmpty()) {
        throw new IllegalArgumentException(
            "the corpus has %d sequences, of which %d were done".formatted(done, skipped));
      }
      ahead = reading.next();
    }
  }

  /** The next batch; empty after the last. */
  Optional<Sequences> next() throws IOException {
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
