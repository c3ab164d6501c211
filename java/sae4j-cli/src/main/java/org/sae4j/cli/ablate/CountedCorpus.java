package org.sae4j.cli.ablate;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;

/** A corpus that counts its tokens when it is read for the first time. */
final class CountedCorpus implements Corpus {
  private final Corpus corpus;
  private Optional<Count> count = Optional.empty();

  /** How much there is. */
  record Count(long sequences, long tokens) {}

  CountedCorpus(Corpus corpus) {
    this.corpus = corpus;
  }

  @Override
  public OptionalLong knownTokens() {
    return count.isPresent() ? OptionalLong.of(count.get().tokens()) : corpus.knownTokens();
  }

  /** How much there is; the corpus is read if nobody has read it. */
  Count count() throws IOException {
    if (count.isEmpty()) {
      try (Reading reading = open()) {
        while (reading.next().isPresent()) {
          // The reading counts.
        }
      }
    }
    return count.orElseThrow();
  }

  @Override
  public Reading open() throws IOException {
    return count.isPresent() ? corpus.open() : new Counting(corpus.open());
  }

  /** The first reading, of which there is nothing to see yet but how far it is. */
  private final class Counting implements Reading {
    private final Reading reading;
    private final ProgressDisplay progress = ProgressDisplay.ofTokens("count");
    private final CorpusPass pass =
        CorpusPass.of("tokens counted", corpus.knownTokens(), progress::update);
    private long sequences;
    private long tokens;

    private Counting(Reading reading) {
      this.reading = reading;
    }

    @Override
    public Optional<int[]> next() throws IOException {
      Optional<int[]> next = pass.guard(reading::next);
      if (next.isEmpty()) {
        count = Optional.of(new Count(sequences, tokens));
        return next;
      }
      sequences++;
      tokens += next.get().length;
      pass.advance(next.get().length);
      return next;
    }

    @Override
    public void close() throws IOException {
      progress.close();
      reading.close();
    }
  }
}
