package org.sae4j;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
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
      save(checkpoint.get());
      saved = now;
    }
  }

  private void stop() throws IOException {
    if (checkpoint.isPresent()) {
      save(checkpoint.get());
    }
    throw new CancellationException(
        "interrupted after %d%s tokens"
            .formatted(done, total.isPresent() ? " of " + total.getAsLong() : ""));
  }

  /** An interrupt closes the file that is being written: it is written again, and then heeded. */
  private void save(Checkpoint checkpoint) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          checkpoint.save(state);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
