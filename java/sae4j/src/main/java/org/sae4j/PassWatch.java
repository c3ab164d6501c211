package org.sae4j;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;

/**
 * What happens between batches: the listener hears of them, a checkpoint keeps the state, and an
 * interrupt ends the work.
 */
final class PassWatch {
  private final PassState state;
  private final Progress progress;
  private final Optional<Checkpoint> checkpoint;
  private OptionalLong total;
  private long done;
  private long now = System.nanoTime();
  private long saved = now;

  PassWatch(
      PassState state, OptionalLong total, Progress progress, Optional<Checkpoint> checkpoint) {
    this.state = state;
    this.total = total;
    this.progress = progress;
    this.checkpoint = checkpoint;
    done = state.done();
  }

  /** Where the state was begun from, if it goes on with an earlier run. */
  Optional<Checkpoint> checkpoint() {
    return checkpoint;
  }

  /** Hears how many tokens there will be, now that it is known. */
  void expect(long tokens) {
    total = OptionalLong.of(tokens);
  }

  /** Hears of a batch that has been added to the state. */
  void add(Sequences batch) throws IOException {
    long before = now;
    now = System.nanoTime();
    state.addTime(now - before);
    done += batch.tokens();
    progress.tokens(done, total.orElse(Progress.UNKNOWN));
    if (Thread.currentThread().isInterrupted()) {
      stop();
    }
    if (checkpoint.isPresent() && now - saved >= checkpoint.get().every().toNanos()) {
      checkpoint.get().save(state);
      saved = now;
    }
  }

  private void stop() throws IOException {
    if (checkpoint.isPresent()) {
      // Writing heeds interrupts.
      Thread.interrupted();
      try {
        checkpoint.get().save(state);
      } finally {
        Thread.currentThread().interrupt();
      }
    }
    throw new CancellationException(
        "interrupted after %d%s tokens"
            .formatted(done, total.isPresent() ? " of " + total.getAsLong() : ""));
  }
}
