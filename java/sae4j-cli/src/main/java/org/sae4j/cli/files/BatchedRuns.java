package org.sae4j.cli.files;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Session;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;

/** Runs sequences in batches, so that memory does not grow with their number. */
public final class BatchedRuns {
  private static final int MOST_TOKENS = 1024;
  private static final int MOST_FLOATS = 1 << 25;

  private final Session session;
  private final Corpus corpus;
  private final long tokens;
  private final RunOptions options;
  private final int batchTokens;

  /**
   * Prepares the runs.
   *
   * @param tokens how many the corpus has
   * @param floatsPerToken how much a run keeps of each token
   */
  public BatchedRuns(
      Session session, Corpus corpus, long tokens, RunOptions options, long floatsPerToken) {
    this.session = session;
    this.corpus = corpus;
    this.tokens = tokens;
    this.options = options;
    this.batchTokens = (int) Math.max(1, Math.min(MOST_TOKENS, MOST_FLOATS / floatsPerToken));
  }

  /** Takes the result of one batch. */
  @FunctionalInterface
  public interface ResultConsumer {
    void accept(RunResult result) throws IOException;
  }

  /**
   * Hands on the result of each batch, in order.
   *
   * @throws CancellationException if the thread is interrupted, which ends this between two batches
   */
  public void forEach(String task, ResultConsumer consumer) throws IOException {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens(task)) {
      CorpusPass pass = CorpusPass.of("tokens", OptionalLong.of(tokens), progress::update);
      pass.run(
          corpus,
          0,
          batchTokens,
          session.model().shape(),
          () -> false,
          batch -> {
            consumer.accept(session.run(batch, options));
            pass.advance(batch.tokens());
          });
    }
  }
}
