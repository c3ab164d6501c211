package org.sae4j.cli.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.format.FormatException;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;

/** Sequences of one length, as a tensor needs them; they are read when they are used. */
public final class EqualSequences {
  private final Corpus corpus;
  private final Path file;
  private final boolean isCut;
  private int first; // the length of the first sequence in the file
  private int length; // as much of it as is used
  private long count;
  private int left;

  private EqualSequences(Corpus corpus, Path file, boolean isCut) {
    this.corpus = corpus;
    this.file = file;
    this.isCut = isCut;
  }

  /**
   * Reads a corpus to find out how many there are.
   *
   * @param maxTokens how many of its tokens are used at most
   * @param isCut whether the last sequence may be short, because what was cut ended there
   * @param file what messages name
   * @throws FormatException if other sequences differ in length, or there is none
   */
  public static EqualSequences of(Corpus corpus, long maxTokens, boolean isCut, Path file)
      throws IOException {
    EqualSequences equal = new EqualSequences(corpus, file, isCut);
    long used = 0;
    try (Corpus.Reading reading = corpus.open();
        ProgressDisplay progress = ProgressDisplay.ofTokens("count")) {
      CorpusPass pass = CorpusPass.of("tokens counted", OptionalLong.empty(), progress::update);
      while (used < maxTokens) {
        Optional<int[]> next = pass.guard(reading::next);
        if (next.isEmpty()) {
          break;
        }
        int tokens = next.get().length;
        int fits = (int) Math.min(tokens, maxTokens - used);
        equal.add(tokens, fits);
        used += fits;
        pass.advance(fits);
      }
    }
    if (equal.count == 0) {
      throw FormatException.of(file, "there is no sequence");
    }
    return equal;
  }

  private void add(int tokens, int used) throws FormatException {
    if (count == 0) {
      first = tokens;
      length = used;
    }
    if (left > 0) {
      throw unequal(left); // and not the last
    }
    if (tokens != first && !(isCut && tokens < first)) {
      throw unequal(tokens);
    }
    if (used == length) {
      count++;
    } else {
      left = used;
    }
  }

  private FormatException unequal(int tokens) {
    return FormatException.of(
        file,
        "one tensor needs sequences of one length; sequence 0 has %d tokens, sequence %d has %d"
            .formatted(first, count, tokens));
  }

  /** These sequences. */
  public Corpus corpus() {
    return corpus.first(tokens());
  }

  /** How many sequences there are. */
  public long count() {
    return count;
  }

  /** How many tokens each of them has. */
  public int length() {
    return length;
  }

  /** How many tokens all of them have. */
  public long tokens() {
    return count * length;
  }

  /** How many tokens do not fill a sequence and are left out. */
  public int left() {
    return left;
  }
}
