package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.arch.HookPoint;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.model.GgufConversion;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.model.HuggingFaceTokenizer;
import org.sae4j.format.model.WeightPrecision;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Activations and logits against the f64 reference, and the ways to the same numbers. */
class RunParityTest {
  private static final double TOLERANCE = 2e-4;

  private static Model model;
  private static Session session;
  private static Sequences tokens;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    session = model.newSession(new SessionOptions(2));
    tokens = Fixtures.firstTwo();
  }

  @AfterAll
  static void close() {
    session.close();
    model.close();
  }

  @Test
  void everyActivationAndTheLogits() throws IOException {
    Path file = Fixtures.path("expected/activations.safetensors");
    List<HookPoint> points = new ArrayList<>();
    for (String name : Safetensors.read(file).tensors().keySet()) {
      if (!name.equals("logits")) {
        points.add(HookPoint.of(name));
      }
    }
    assertThat(points).hasSize(24);
    RunResult result =
        session.run(tokens, RunOptions.defaults().capture(points.toArray(HookPoint[]::new)));
    for (HookPoint point : points) {
      float[] expected = Fixtures.expected("activations.safetensors", point.name());
      assertThat(Fixtures.distance(result.activation(point).toArray(), expected))
          .as(point.name())
          .isLessThan(TOLERANCE);
    }
    assertThat(Fixtures.distance(result.logits().toArray(), expectedLogits()))
        .isLessThan(TOLERANCE);
  }

  /** The reference has no layer norms of blocks, but what they read. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5})
  void layerNormsOfTheReferencesStream(int layer) throws IOException {
    String block = "transformer.h." + layer + ".";
    HookPoint pre = HookPoint.residPre(layer);
    HookPoint mid = HookPoint.residMid(layer);
    assertNormed(pre, HookPoint.ln1Standardized(layer), HookPoint.ln1(layer), block + "ln_1");
    assertNormed(mid, HookPoint.ln2Standardized(layer), HookPoint.ln2(layer), block + "ln_2");
  }

  @Test
  void finalLayerNormOfTheReferencesStream() throws IOException {
    HookPoint last = HookPoint.residPost(5);
    assertNormed(last, HookPoint.standardized(), HookPoint.normalized(), "transformer.ln_f");
  }

  private static void assertNormed(HookPoint stream, HookPoint before, HookPoint after, String name)
      throws IOException {
    Safetensors weights = Safetensors.read(Fixtures.path("model/model.safetensors"));
    float[] weight = weights.tensor(name + ".weight").toFloats();
    float[] bias = weights.tensor(name + ".bias").toFloats();
    float[] x = Fixtures.expected("activations.safetensors", stream.name());
    float[] standardized = new float[x.length];
    float[] normalized = new float[x.length];
    int d = weight.length;
    for (int t = 0; t < x.length; t += d) {
      double mean = 0;
      double square = 0;
      for (int i = 0; i < d; i++) {
        mean += x[t + i] / (double) d;
        square += (double) x[t + i] * x[t + i] / d;
      }
      double scale = 1 / Math.sqrt(square - mean * mean + model.shape().layerNormEpsilon());
      for (int i = 0; i < d; i++) {
        double standard = (x[t + i] - mean) * scale;
        standardized[t + i] = (float) standard;
        normalized[t + i] = (float) (standard * weight[i] + bias[i]);
      }
    }
    RunOptions capture = RunOptions.defaults().capture(before, after).withoutLogits();
    RunResult result = session.run(tokens, capture);
    assertThat(Fixtures.distance(result.activation(before).toArray(), standardized))
        .as(before.name())
        .isLessThan(TOLERANCE);
    assertThat(Fixtures.distance(result.activation(after).toArray(), normalized))
        .as(after.name())
        .isLessThan(TOLERANCE);
  }

  @Test
  void aCaptureAloneIsTheSameAsWithEverythingElse() {
    float[] with =
        session
            .run(
                tokens, RunOptions.defaults().capture(model.hookPoints().toArray(HookPoint[]::new)))
            .activation(Fixtures.HOOK)
            .toArray();
    float[] alone =
        session
            .run(tokens, RunOptions.defaults().capture(Fixtures.HOOK).withoutLogits())
            .activation(Fixtures.HOOK)
            .toArray();
    assertThat(alone).isEqualTo(with);
  }

  @Test
  void logitsWithZero() throws IOException {
    RunResult result = session.run(tokens, RunOptions.defaults().edit(Fixtures.HOOK, Edit.zero()));
    assertThat(
            Fixtures.distance(
                result.logits().toArray(), Fixtures.expected("logits_zero.safetensors", "logits")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void logitsWithAReconstruction() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      RunResult result =
          session.run(tokens, RunOptions.defaults().edit(Fixtures.HOOK, Edit.reconstruct(sae)));
      assertThat(
              Fixtures.distance(
                  result.logits().toArray(), Fixtures.expected("logits_sae.safetensors", "logits")))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void chosenLogitsAreRowsOfAllLogits() {
    Logits all = session.run(tokens).logits();
    float[] row = new float[all.vocabulary()];
    all.row(1, 5).get(row);
    float first = all.get(0, 5, 17);
    Logits chosen = session.run(tokens, RunOptions.defaults().logits(Positions.of(5, 63))).logits();
    float[] again = new float[row.length];
    chosen.row(1, 5).get(again);
    assertThat(chosen.rows()).isEqualTo(4);
    assertThat(Fixtures.distance(again, row)).isLessThan(1e-4);
    assertThat(chosen.get(0, 5, 17)).isCloseTo(first, within(1e-4f));
    assertThat(chosen.has(0, 63)).isTrue();
    assertThat(chosen.has(0, 6)).isFalse();
  }

  @Test
  void aGgufFileGivesTheNumbersOfTheFolder() throws IOException {
    float[] folder = session.run(tokens).logits().toArray();
    try (Model gguf = Model.open(Fixtures.path("model-f32.gguf"));
        Session other = gguf.newSession()) {
      assertThat(gguf.shape()).isEqualTo(model.shape());
      assertThat(Fixtures.distance(other.run(tokens).logits().toArray(), folder)).isLessThan(1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model-f16.gguf", "model-q8_0.gguf"})
  void quantisedFilesComeClose(String file) throws IOException {
    comesClose(Fixtures.path(file));
  }

  @Test
  void soDoesABf16File(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model-bf16.gguf");
    HuggingFaceModel read = HuggingFaceModel.read(Fixtures.path("model"));
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(read);
    GgufConversion.write(read, tokenizer, file, WeightPrecision.BF16, written -> {});
    comesClose(file);
  }

  private void comesClose(Path file) throws IOException {
    try (Model model = Model.open(file);
        Session session = model.newSession()) {
      assertThat(Fixtures.distance(session.run(tokens).logits().toArray(), expectedLogits()))
          .isBetween(1e-5, 1.0);
    }
  }

  @Test
  void bf16ComesClose() throws IOException {
    ModelOptions bf16 = ModelOptions.defaults().withPrecision(Precision.BF16);
    try (Model model = Model.open(Fixtures.path("model"), bf16);
        Session session = model.newSession()) {
      assertThat(Fixtures.distance(session.run(tokens).logits().toArray(), expectedLogits()))
          .isBetween(1e-4, 1.0);
    }
  }

  @Test
  void sequencesDoNotSeeEachOther() throws IOException {
    Sequences ragged =
        Sequences.of(tokens.sequence(0), new int[] {7}, Fixtures.tokens().sequence(9));
    float[] together = session.run(ragged).logits().toArray();
    float[] last = session.run(Sequences.of(ragged.sequence(2))).logits().toArray();
    float[] tail = new float[last.length];
    System.arraycopy(together, together.length - last.length, tail, 0, last.length);
    assertThat(Fixtures.distance(tail, last)).isLessThan(1e-4);
  }

  private static float[] expectedLogits() throws IOException {
    return Fixtures.expected("activations.safetensors", "logits");
  }
}
