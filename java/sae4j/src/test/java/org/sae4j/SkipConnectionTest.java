package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationBruteForceTest;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.check.SaeSelfTest;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.format.SaeOverrides;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * An SAE with a skip connection that is no transcoder, as EleutherAI's sparsify writes it.
 *
 * <p>Expected values: float64, with the encoder and decoder of that project.
 */
class SkipConnectionTest {
  private static Model model;
  private static Path path;
  private static Sae sae;
  private static Sequences tokens;

  @BeforeAll
  static void open() throws IOException {
    Path folder = Fixtures.path("cases/ablate-skip-connection-sae");
    model = Fixtures.model();
    path = folder.resolve("h.3");
    sae = Sae.open(path);
    tokens = Sequences.fromJson(folder.resolve("tokens.json"));
  }

  @AfterAll
  static void close() {
    sae.close();
    model.close();
  }

  @Test
  void effectsAreThoseOfTheWholeReconstruction() {
    int[] latents = {9, 11, 18, 26, 56, 61};
    double[] sparsities = {0.478764, 0.539991, 0.490306, 0.474273, 0.444585, 0.430215};
    double[] kls = {0.00491077, 0.00219876, 0.0017289, 0.00499006, 0.00944706, 0.00203138};
    AblationOptions options = AblationOptions.defaults().withPositions(Positions.of(12));
    List<AblationEffect> effects = new ArrayList<>();

    Ablation.of(model, sae).with(options).run(tokens, effects::add);

    assertThat(effects).extracting(AblationEffect::ablated).containsExactly(9, 11, 18, 26, 56, 61);
    for (int i = 0; i < latents.length; i++) {
      AblationEffect effect = effects.get(i);
      assertThat(effect.sparsity()).isCloseTo(sparsities[i], within(1e-4 * sparsities[i]));
      assertThat(effect.kl()).isCloseTo(kls[i], within(1e-4 * kls[i]));
    }
  }

  @Test
  void theSelfTestExplainsAsMuchAsTheEvaluation() {
    try (Session session = model.newSession()) {
      SaeSelfTest test =
          SaeSelfTest.of(session, List.of(sae), Optional.empty(), tokens, Positions.all()).get(0);
      assertThat(test.tokens()).isEqualTo(tokens.tokens());
      EvaluationResult result = Evaluation.of(model, sae).run(tokens);
      assertThat(test.explainedVariance())
          .isCloseTo(result.get(Metric.EXPLAINED_VARIANCE), within(1e-6));
    }
  }

  /** What reconstructs without saying so is the same with and without a model around it. */
  @Test
  void everyWayToReconstructHasTheSkip() {
    try (Session session = model.newSession()) {
      HookPoint hook = sae.hook().orElseThrow();
      RunOptions capture = RunOptions.defaults().capture(hook).withoutLogits();
      float[] x = session.run(tokens, capture).activation(hook).toArray();
      float[] whole = sae.reconstruct(x);
      RunOptions replaced =
          RunOptions.defaults().edit(hook, Edit.reconstruct(sae)).capture(hook).withoutLogits();
      assertThat(session.run(tokens, replaced).activation(hook).toArray()).isEqualTo(whole);
      float[] inSession = new float[x.length];
      session.reconstruct(sae, FloatBuffer.wrap(x), FloatBuffer.wrap(inSession));
      assertThat(inSession).isEqualTo(whole);
      assertThat(Fixtures.distance(sae.decode(sae.encode(x)), whole)).isGreaterThan(0.1);
    }
  }

  /** In a model with a centred stream there is no mean that the skip could see. */
  @Test
  void theSkipSeesTheCentredActivationToo() throws IOException {
    try (Sae centred = Sae.open(path, SaeOverrides.none().withCentred(true))) {
      float[] x = new float[192];
      float[] withoutMean = new float[192];
      double mean = 0;
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.cos(i) + 2;
        mean += (double) x[i] / x.length;
      }
      for (int i = 0; i < x.length; i++) {
        withoutMean[i] = (float) (x[i] - mean);
      }
      float[] found = centred.reconstruct(x);
      float[] expected = sae.reconstruct(withoutMean);
      for (int i = 0; i < x.length; i++) {
        assertThat(found[i]).isCloseTo((float) (expected[i] + mean), within(1e-4f));
      }
    }
  }

  @Test
  void effectsAreThoseFoundTheLongWayRound() throws IOException {
    for (HookPoint hook :
        List.of(
            HookPoint.residPost(0),
            HookPoint.residPost(1),
            HookPoint.mlpOut(1),
            HookPoint.attnOut(0))) {
      try (Sae random = RandomSae.skip(hook, 32, 40, 6)) {
        AblationBruteForceTest.compareEverything(random);
      }
    }
  }
}
