package org.sae4j.pass;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Batches;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/**
 * Work on a corpus, batch by batch.
 *
 * <p>A listener hears how far it is, a checkpoint keeps what was found, and an interrupt of any
 * kind ends it: the thread's flag, seen between two batches, or a file that the interrupt closed
 * while the corpus was read, or something was written. It ends with a {@link CancellationException}
 * that says after how many tokens. The thread's flag stays set, and what was found until then is in
 * the checkpoint.
 */
public final class CorpusPass {
  private final Optional<Checkpoint> checkpoint;
  private final PassState state;
  private final String unit;
  private final Progress progress;
  private OptionalLong total;
  private long done;
  private long now = System.nanoTime();
  private long saved = now;

  /** What is done with a batch; where it throws, the pass's state must be what it was before. */
  @FunctionalInterface
  public interface Work {
    void accept(Sequences batch) throws IOException;
  }

  /** What reads or writes files and may be interrupted. */
  @FunctionalInterface
  public interface Call<T> {
    T run() throws IOException;
  }

  private CorpusPass(
      Optional<Checkpoint> checkpoint,
      PassState state,
      String unit,
      OptionalLong total,
      Progress progress) {
    this.checkpoint = checkpoint;
    this.state = state;
    this.unit = unit;
    this.total = total;
    this.progress = progress;
    done = state.done();
  }

  /**
   * Begins a pass that keeps nothing.
   *
   * @param unit what {@link #advance} counts, in the plural
   * @param total how many there will be, if that is known
   */
  public static CorpusPass of(String unit, OptionalLong total, Progress progress) {
    return new CorpusPass(Optional.empty(), PassState.NOTHING, unit, total, progress);
  }

  /**
   * Begins a pass over tokens, or goes on with what a checkpoint has of it.
   *
   * @param state what the pass keeps; read from the checkpoint, if there is one
   * @param total how many tokens there will be, if that is known
   */
  public static CorpusPass resuming(
      Optional<Checkpoint> checkpoint, PassState state, OptionalLong total, Progress progress)
      throws IOException {
    if (checkpoint.isPresent()) {
      checkpoint.get().load(state);
    }
    return new CorpusPass(checkpoint, state, "tokens", total, progress);
  }

  /** Hears how many tokens there will be, now that it is known. */
  public void expect(long tokens) {
    total = OptionalLong.of(tokens);
  }

  /**
   * Takes batches until there is enough.
   *
   * @param skipped how many sequences are done already
   * @param maxTokens what a batch holds at most; a longer sequence is a batch of its own
   * @param enough asked before each batch
   * @param work what is done with each; it ends with {@link #advance}
   * @return whether there was enough before the end of the corpus
   * @throws FormatException if the corpus has fewer sequences than are done
   * @throws CancellationException if the thread is interrupted
   */
  public boolean run(
      Corpus corpus,
      long skipped,
      int maxTokens,
      ModelShape shape,
      BooleanSupplier enough,
      Work work)
      throws IOException {
    return guard(
        () -> {
          try (Batches batches = Batches.of(corpus, maxTokens, shape)) {
            skip(batches, skipped);
            while (!enough.getAsBoolean()) {
              Optional<Sequences> batch = batches.next();
              if (batch.isEmpty()) {
                return false;
              }
              work.accept(batch.get());
            }
            return true;
          }
        });
  }

  private void skip(Batches batches, long sequences) throws IOException {
    for (long skipped = 0; skipped < sequences; skipped++) {
      requireNoInterrupt();
      if (!batches.skip()) {
        throw FormatException.of(
            checkpoint.orElseThrow().file(),
            "the corpus has %d sequences, of which %d were done".formatted(skipped, sequences));
      }
    }
  }

  /** Counts work that an earlier run has done; nobody hears of it. */
  public void skip(long units) {
    done += units;
  }

  /** Hears of work that is done, with all that was found in the state. */
  public void advance(long units) throws IOException {
    long before = now;
    now = System.nanoTime();
    state.addTime(now - before);
    done += units;
    progress.tokens(done, total.orElse(Progress.UNKNOWN));
    if (checkpoint.isPresent() && now - saved >= checkpoint.get().every().toNanos()) {
      save(checkpoint.get());
      saved = now;
    }
    requireNoInterrupt();
  }

  /** Ends the pass if the thread is interrupted. */
  public void requireNoInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      throw interrupted();
    }
  }

  /** Runs what an interrupt may end by closing a file; then this pass ends as by any other. */
  public <T> T guard(Call<T> call) throws IOException {
    try {
      return call.run();
    } catch (IOException | RuntimeException e) {
      if (isInterrupt(e)) {
        throw interrupted();
      }
      throw e;
    }
  }

  private static boolean isInterrupt(Throwable e) {
    return e != null && (e instanceof ClosedByInterruptException || isInterrupt(e.getCause()));
  }

  private CancellationException interrupted() {
    try {
      if (checkpoint.isPresent()) {
        save(checkpoint.get());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new CancellationException(
        "interrupted after %d%s %s"
            .formatted(done, total.isPresent() ? " of " + total.getAsLong() : "", unit));
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
