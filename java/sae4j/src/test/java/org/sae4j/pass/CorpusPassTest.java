package org.sae4j.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.arch.ModelShape;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** An interrupt of any kind ends a pass in one way, and what was found is kept. */
class CorpusPassTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 2, 8, 4, 3, true, 1e-5f);
  private static final Sequences CORPUS =
      Sequences.of(new int[] {1}, new int[] {2}, new int[] {1}, new int[] {0});

  @TempDir private Path folder;

  /** A corpus that an interrupt closes when a sequence is read. */
  private record ClosedAt(int sequence) implements Corpus {
    @Override
    public Reading open() {
      Reading all = CORPUS.open();
      int[] read = {0};
      return new Reading() {
        @Override
        public Optional<int[]> next() throws IOException {
          if (read[0]++ == sequence) {
            throw interrupted();
          }
          return all.next();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public OptionalLong knownTokens() {
      return OptionalLong.of(4);
    }
  }

  private static ClosedByInterruptException interrupted() {
    Thread.currentThread().interrupt();
    return new ClosedByInterruptException();
  }

  private static final class Sum implements PassState {
    private long tokens;

    @Override
    public long done() {
      return tokens;
    }

    @Override
    public void addTime(long nanos) {}

    @Override
    public void visit(Archive archive) {
      tokens = archive.number(tokens);
    }
  }

  private Checkpoint checkpoint() {
    return new Checkpoint(folder.resolve("run"), "{}", Duration.ofDays(1));
  }

  private CorpusPass pass(Sum sum) throws IOException {
    return CorpusPass.resuming(
        Optional.of(checkpoint()), sum, OptionalLong.of(4), (done, total) -> {});
  }

  private static boolean run(CorpusPass pass, Corpus corpus, Sum sum, CorpusPass.Work more)
      throws IOException {
    return pass.run(
        corpus,
        sum.tokens,
        1,
        SHAPE,
        () -> false,
        batch -> {
          more.accept(batch);
          sum.tokens += batch.tokens();
          pass.advance(batch.tokens());
        });
  }

  private void requireInterrupted(Corpus corpus, CorpusPass.Work more, long tokens)
      throws IOException {
    Sum sum = new Sum();
    CorpusPass pass = pass(sum);
    assertThatThrownBy(() -> run(pass, corpus, sum, more))
        .isInstanceOf(CancellationException.class)
        .hasMessage("interrupted after " + tokens + " of 4 tokens");
    assertThat(Thread.interrupted()).isTrue();

    Sum read = new Sum();
    CorpusPass rest = pass(read);
    assertThat(read.tokens).isEqualTo(tokens);
    assertThat(run(rest, CORPUS, read, batch -> {})).isFalse();
    assertThat(read.tokens).isEqualTo(4);
  }

  @Test
  void whileTheCorpusIsRead() throws IOException {
    requireInterrupted(new ClosedAt(3), batch -> {}, 2);
  }

  @Test
  void whileAListenerWrites() throws IOException {
    int[] heard = {0};
    requireInterrupted(
        CORPUS,
        batch -> {
          if (++heard[0] == 2) {
            throw new UncheckedIOException(interrupted());
          }
        },
        1);
  }

  @Test
  void betweenBatches() throws IOException {
    requireInterrupted(CORPUS, batch -> Thread.currentThread().interrupt(), 1);
  }

  @Test
  void whatElseIsThrownStaysAsItIs() throws IOException {
    IOException full = new IOException("no space");
    Sum sum = new Sum();
    assertThatThrownBy(
            () ->
                run(
                    pass(sum),
                    CORPUS,
                    sum,
                    batch -> {
                      throw full;
                    }))
        .isSameAs(full);
  }
}
