package org.sae4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.Ablation;
import org.sae4j.AblationCancelledException;
import org.sae4j.AblationEffect;
import org.sae4j.AblationSummary;
import org.sae4j.Sequences;

/**
 * What an ablation found, if only until it was interrupted.
 *
 * @param summary its summary
 * @param effects all effects, if they were to be kept
 * @param strongest the few effects that change the predictions most
 * @param interruption when it was interrupted; empty: never
 */
record AblationFindings(
    AblationSummary summary,
    List<AblationEffect> effects,
    List<AblationEffect> strongest,
    Optional<String> interruption) {

  /**
   * Runs an ablation.
   *
   * @throws AblationCancelledException if it was interrupted before it found anything
   */
  static AblationFindings of(Ablation ablation, Sequences sequences, boolean keep) {
    List<AblationEffect> effects = new ArrayList<>();
    StrongestEffects strongest = new StrongestEffects();
    try (ProgressDisplay progress = ProgressDisplay.ofTokens("ablate")) {
      AblationSummary summary =
          ablation
              .onProgress(progress::update)
              .run(sequences, keep ? strongest.andThen(effects::add) : strongest);
      return new AblationFindings(summary, effects, strongest.list(), Optional.empty());
    } catch (AblationCancelledException e) {
      if (e.soFar().pairs() == 0) {
        throw e;
      }
      return new AblationFindings(
          e.soFar(), effects, strongest.list(), Optional.of(e.getMessage()));
    }
  }
}
