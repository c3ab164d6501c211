package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.arch.ModelShape;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Opening and closing leaves nothing behind; the long soak is a benchmark's business. */
@Timeout(300)
class LeakTest {
  private static final ModelShape TINY = new ModelShape(1, 2, 8, 16, 8, 32, true, 1e-5f);
  private static final long ALLOWED = 64L << 20;

  /**
   * Bytes that the process grows by in the second half of the rounds. In the first, the Java heap
   * and malloc's arenas find their size.
   */
  private static long growth(int rounds, ThrowingRunnable round) throws IOException {
    long half = 0;
    for (int i = 0; i < rounds; i++) {
      if (i == rounds / 2) {
        System.gc();
        half = Pointer.physicalBytes();
      }
      round.run();
    }
    System.gc();
    return Pointer.physicalBytes() - half;
  }

  private interface ThrowingRunnable {
    void run() throws IOException;
  }

  @Test
  void modelsAndSessions() throws IOException {
    Sequences tokens = Sequences.of(new int[] {1, 2, 3});
    assertThat(
            growth(
                10_000,
                () -> {
                  try (Model model = Model.random(TINY, 7, ModelOptions.defaults());
                      Session session = model.newSession(new SessionOptions(1))) {
                    session.run(tokens);
                  }
                }))
        .isLessThan(ALLOWED);
  }

  @Test
  void saes() throws IOException {
    float[] x = new float[192];
    assertThat(
            growth(
                200,
                () -> {
                  try (Sae sae = Fixtures.sae("saes/saelens/standard")) {
                    sae.encode(x);
                  }
                }))
        .isLessThan(ALLOWED);
  }

  @Test
  void evaluations() throws IOException {
    try (Model model = Fixtures.model();
        Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      Sequences tokens = Fixtures.tokens().first(16);
      Evaluation evaluation =
          Evaluation.of(model, sae).with(EvaluationOptions.defaults().withThreads(1));
      assertThat(growth(100, () -> evaluation.run(tokens))).isLessThan(ALLOWED);
    }
  }

  @Test
  void ablations() throws IOException {
    try (Model model = Fixtures.model();
        Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      Sequences tokens = Fixtures.tokens().first(64);
      AblationOptions options =
          AblationOptions.defaults().withPositions(Positions.of(20)).withFuture(2).withThreads(1);
      Ablation ablation = Ablation.of(model, sae).with(options);
      assertThat(growth(200, () -> ablation.run(tokens))).isLessThan(ALLOWED);
    }
  }

  @Test
  void abandonedHandlesAreFreedByTheCleaner() throws IOException {
    assertThat(
            growth(
                100,
                () -> {
                  Model model = Fixtures.model();
                  model.newSession(new SessionOptions(1)).run(Sequences.of(new int[] {1}));
                  System.gc();
                }))
        .isLessThan(ALLOWED);
  }
}
