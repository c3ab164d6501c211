package org.sae4j.cli.ablate;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationCancelledException;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.tokens.Corpus;

/**
 * What an ablation found before it ended or was interrupted.
 *
 * @param summaries one for each SAE
 * @param interruption when it was interrupted; empty: never
 */
record AblationFindings(List<AblationSummary> summaries, Optional<String> interruption) {

  /**
   * Runs an ablation, and goes on with an earlier run if the output has one.
   *
   * @param listener hears of all effects, earlier ones too
   * @throws AblationCancelledException if it was interrupted before it found anything
   */
  static AblationFindings of(
      Ablation ablation, Corpus corpus, EffectsOutput output, Consumer<AblationEffect> listener)
      throws IOException {
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("ablate")) {
      List<AblationSummary> summaries =
          ablation
              .resumingAfter(heard(output.earlier(), listener))
              .onProgress(
                  (done, total) -> {
                    output.tokenDone();
                    progress.update(done, total);
                  })
              .runAll(corpus, listener.andThen(output::add));
      return new AblationFindings(summaries, Optional.empty());
    } catch (AblationCancelledException e) {
      if (e.allSoFar().stream().allMatch(summary -> summary.pairs() == 0)) {
        throw e;
      }
      return new AblationFindings(e.allSoFar(), Optional.of(e.getMessage()));
    }
  }

  private static Iterable<AblationEffect> heard(
      Iterable<AblationEffect> effects, Consumer<AblationEffect> listener) {
    return () -> StreamSupport.stream(effects.spliterator(), false).peek(listener).iterator();
  }

  /** The keys of the numbers that are none. */
  Set<String> undefined() {
    Set<String> keys = new LinkedHashSet<>();
    for (AblationSummary summary : summaries) {
      keys.addAll(summary.undefined().keySet());
      summary.compared().ifPresent(other -> keys.addAll(other.undefined().keySet()));
    }
    return keys;
  }
}
