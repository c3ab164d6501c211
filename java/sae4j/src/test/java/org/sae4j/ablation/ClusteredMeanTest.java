package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.sae4j.stats.Interval;
import org.sae4j.stats.SplitMix64;

/** The interval of a mean over effects that depend on each other. */
class ClusteredMeanTest {

  /** Forty effects at each token, all the same, say as much of other tokens as one. */
  @Test
  void copiesOfAnEffectMakeNothingSurer() {
    ClusteredMean once = new ClusteredMean();
    ClusteredMean copies = new ClusteredMean();
    SplitMix64 random = new SplitMix64(1);
    for (int token = 0; token < 30; token++) {
      double value = random.gaussian();
      once.add(0, token, value);
      for (int copy = 0; copy < 40; copy++) {
        copies.add(0, token, value);
      }
    }
    assertThat(once.drawn()).isEqualTo(AblationSummary.Drawn.TOKENS);
    assertThat(width(copies)).isBetween(0.999 * width(once), 1.001 * width(once));
  }

  private static double width(ClusteredMean mean) {
    return mean.ci95().orElseThrow().width();
  }

  /** With known truth: tokens of a sequence share most of what makes them differ. */
  @Test
  void theIntervalCoversTheTruthThoughEffectsAreAlike() {
    int covered = 0;
    SplitMix64 random = new SplitMix64(2);
    for (int trial = 0; trial < 300; trial++) {
      ClusteredMean mean = new ClusteredMean();
      for (int sequence = 0; sequence < 25; sequence++) {
        double shared = random.gaussian();
        int tokens = 1 + random.below(4);
        for (int token = 0; token < tokens; token++) {
          double here = shared + 0.3 * random.gaussian();
          for (int latent = 0; latent < 8; latent++) {
            mean.add(sequence, token, 5 + here + 0.3 * random.gaussian());
          }
        }
      }
      assertThat(mean.drawn()).isEqualTo(AblationSummary.Drawn.SEQUENCES);
      Interval interval = mean.ci95().orElseThrow();
      covered += interval.low() <= 5 && 5 <= interval.high() ? 1 : 0;
    }
    assertThat(covered / 300.0).isBetween(0.91, 0.985);
  }

  @Test
  void ofFewTokensEffectsAreDrawnAndOfFewEffectsNothing() {
    ClusteredMean mean = new ClusteredMean();
    for (int token = 0; token < 4; token++) {
      mean.add(token, 0, token);
    }
    assertThat(mean.drawn()).isEqualTo(AblationSummary.Drawn.NOTHING);
    assertThat(mean.ci95()).isEmpty();
    mean.add(0, 0, 4);
    assertThat(mean.drawn()).isEqualTo(AblationSummary.Drawn.EFFECTS);
    assertThat(width(mean)).isPositive();
    mean.add(4, 0, 4);
    assertThat(mean.drawn()).isEqualTo(AblationSummary.Drawn.SEQUENCES);
    assertThat(width(mean)).isPositive();
  }
}
