package org.sae4j.ablation;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.sae4j.arch.ModelShape;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** Chooses the tokens that an ablation is about, sequence by sequence. */
final class TokenChoice {
  private final AblationOptions options;
  private final Optional<TokenSample.Draw> draw;
  private long left;

  private TokenChoice(AblationOptions options, long candidates) {
    this.options = options;
    draw = options.sample().map(sample -> sample.of(candidates));
    left = draw.map(TokenSample.Draw::left).orElse(candidates);
  }

  /**
   * Counts the tokens that may be chosen, by reading the whole corpus.
   *
   * @throws IllegalArgumentException if there are none, or the model cannot run a sequence
   * @throws CancellationException if the thread is interrupted; its interrupt flag stays set
   */
  static TokenChoice of(Corpus corpus, AblationOptions options, ModelShape shape)
      throws IOException {
    long[] counts = new long[3]; // sequences, tokens, candidates
    CorpusPass pass = CorpusPass.of("tokens counted", corpus.knownTokens(), (done, total) -> {});
    pass.run(
        corpus,
        0,
        1,
        shape,
        () -> false,
        one -> {
          counts[0] += one.count();
          counts[1] += one.tokens();
          counts[2] += candidates(one, options).count();
          pass.advance(one.tokens());
        });
    long candidates = counts[2];
    if (candidates == 0) {
      throw new IllegalArgumentException(
          "\"%s\" with %d positions to measure at: no token of %d sequences, %d tokens"
              .formatted(options.positions(), options.future(), counts[0], counts[1]));
    }
    return new TokenChoice(options, candidates);
  }

  /** The positions in one sequence that may be chosen. */
  private static IntStream candidates(Sequences one, AblationOptions options) {
    boolean isDrawn = options.sample().isPresent() && options.tail() == AblationTail.SKIP;
    boolean[] selected = one.select(options.positions());
    return IntStream.range(0, one.tokens() - (isDrawn ? options.future() - 1 : 0))
        .filter(p -> selected[p]);
  }

  /** How many tokens are still to be chosen. */
  long left() {
    return left;
  }

  /** Chooses positions in the next sequence, in order. */
  int[] next(Sequences one) {
    int[] positions =
        candidates(one, options)
            .filter(p -> draw.map(TokenSample.Draw::next).orElse(true))
            .toArray();
    left -= positions.length;
    return positions;
  }
}
