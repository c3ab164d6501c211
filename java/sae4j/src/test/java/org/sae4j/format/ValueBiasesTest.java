package org.sae4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Fixtures;
import org.sae4j.FoldedValueBiases;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.SafetensorsWriter;

/**
 * An SAE of heads without the value biases does to a model what the same SAE, which does not know
 * of them, does to the model that has them folded into attention's output bias.
 */
class ValueBiasesTest {
  private static final int D = 192;
  private static final int N = 64;
  private static final int LAYER = 3;

  @TempDir Path folder;

  @Test
  void areWhatHeadsGiveForNothing() throws IOException {
    try (Model model = Fixtures.model()) {
      for (int layer : new int[] {0, 5}) {
        assertThat(FoldedValueBiases.of(ValueBiases.FOLDED, model, layer)).isEqualTo(biases(layer));
        double[] withLn = biasesWithLn(layer);
        float[] found = FoldedValueBiases.of(ValueBiases.FOLDED_WITH_LN, model, layer);
        for (int i = 0; i < D; i++) {
          assertThat((double) found[i]).isCloseTo(withLn[i], within(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "standard, true, none",
    "standard, false, none",
    "gated, true, none",
    "gated, false, none",
    "jumprelu, false, none",
    "jumprelu, false, expected_average_only_in",
    "topk, true, expected_average_only_in",
  })
  void foldedIntoTheSaeOrIntoTheModel(String architecture, boolean subtracts, String normalization)
      throws IOException {
    float[] change = outputBias();
    try (Model model = Fixtures.model();
        Model folded =
            Fixtures.changedModel(
                folder.resolve("model"), (name, values) -> fold(name, values, change));
        Sae right =
            Sae.open(
                write("right", architecture, subtracts, normalization, true),
                SaeOverrides.none(),
                model);
        Sae plain = Sae.open(write("plain", architecture, subtracts, normalization, false))) {
      assertThat(right.config().valueBiases()).isEqualTo(ValueBiases.FOLDED);
      EvaluationResult found = Evaluation.of(model, right).run(Fixtures.firstTwo());
      EvaluationResult expected = Evaluation.of(folded, plain).run(Fixtures.firstTwo());
      assertClose(found.get(Metric.KL), expected.get(Metric.KL));
      assertClose(found.get(Metric.CE_SAE), expected.get(Metric.CE_SAE));
      assertClose(found.get(Metric.MSE), expected.get(Metric.MSE));
      assertClose(found.get(Metric.L0), expected.get(Metric.L0));
      assertClose(found.get(Metric.L1), expected.get(Metric.L1));
    }
  }

  private static void assertClose(double found, double expected) {
    assertThat(found).isCloseTo(expected, within(2e-5 * Math.abs(expected)));
  }

  @Test
  void refusesWhatIsNoSumWithBiases() throws IOException {
    Path sae = write("normed", "standard", true, "layer_norm", true);
    try (Model model = Fixtures.model()) {
      assertThatThrownBy(() -> Sae.open(sae, SaeOverrides.none(), model))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining(
              "fold_value_biases with normalize_activations layer_norm is not supported");
    }
  }

  private static float[] tensor(String name) throws IOException {
    return Safetensors.read(Fixtures.path("model/model.safetensors")).tensor(name).toFloats();
  }

  private static float[] biases(int layer) throws IOException {
    float[] all = tensor("transformer.h." + layer + ".attn.c_attn.bias");
    return Arrays.copyOfRange(all, 2 * D, 3 * D);
  }

  /** The same, and the norm's bias times the values' weights. */
  private static double[] biasesWithLn(int layer) throws IOException {
    float[] norm = tensor("transformer.h." + layer + ".ln_1.bias");
    float[] weights = tensor("transformer.h." + layer + ".attn.c_attn.weight"); // [in, 3 · out]
    double[] sum = new double[D];
    for (int j = 0; j < D; j++) {
      sum[j] = biases(layer)[j];
      for (int i = 0; i < D; i++) {
        sum[j] += (double) norm[i] * weights[i * 3 * D + 2 * D + j];
      }
    }
    return sum;
  }

  /** The values' biases times the output's weights. */
  private static float[] outputBias() throws IOException {
    float[] values = biases(LAYER);
    float[] weights = tensor("transformer.h." + LAYER + ".attn.c_proj.weight"); // [in, out]
    float[] sum = new float[D];
    for (int j = 0; j < D; j++) {
      double each = 0;
      for (int i = 0; i < D; i++) {
        each += (double) values[i] * weights[i * D + j];
      }
      sum[j] = (float) each;
    }
    return sum;
  }

  private static void fold(String name, float[] values, float[] change) {
    if (name.equals("transformer.h." + LAYER + ".attn.c_attn.bias")) {
      Arrays.fill(values, 2 * D, 3 * D, 0);
    }
    if (name.equals("transformer.h." + LAYER + ".attn.c_proj.bias")) {
      for (int j = 0; j < D; j++) {
        values[j] += change[j];
      }
    }
  }

  private Path write(
      String name, String architecture, boolean subtracts, String normalization, boolean folded)
      throws IOException {
    Path sae = Files.createDirectory(folder.resolve(name));
    Files.writeString(
        sae.resolve("cfg.json"),
        """
        {"architecture": "%s", "d_in": 192, "d_sae": 64, "dtype": "float32",
         "apply_b_dec_to_input": %s, "normalize_activations": "%s", %s
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "blocks.3.attn.hook_z",
          "model_from_pretrained_kwargs": {"fold_value_biases": %s}}}
        """
            .formatted(
                architecture,
                subtracts,
                normalization,
                architecture.equals("topk") ? "\"k\": 8," : "",
                folded));
    if (normalization.equals("expected_average_only_in")) {
      Files.writeString(sae.resolve("activation_scaler.json"), "{\"scaling_factor\": 1.75}");
    }
    SplittableRandom random = new SplittableRandom(5);
    boolean gated = architecture.equals("gated");
    boolean jump = architecture.equals("jumprelu");
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .tensor("W_enc", DType.F32, D, N)
            .tensor("W_dec", DType.F32, N, D)
            .tensor("b_dec", DType.F32, D)
            .tensor(gated ? "b_gate" : "b_enc", DType.F32, N);
    if (gated) {
      writer.tensor("b_mag", DType.F32, N).tensor("r_mag", DType.F32, N);
    }
    if (jump) {
      writer.tensor("threshold", DType.F32, N);
    }
    writer.write(
        sae.resolve("sae_weights.safetensors"),
        out -> {
          out.append("W_enc", gaussian(random, D * N, 0.3));
          out.append("W_dec", gaussian(random, N * D, 0.3));
          out.append("b_dec", gaussian(random, D, 0.2));
          out.append(gated ? "b_gate" : "b_enc", gaussian(random, N, 0.1));
          if (gated) {
            out.append("b_mag", gaussian(random, N, 0.1));
            out.append("r_mag", gaussian(random, N, 0.3));
          }
          if (jump) {
            out.append("threshold", gaussian(random, N, 0));
          }
        });
    return sae;
  }

  private static FloatBuffer gaussian(SplittableRandom random, int count, double deviation) {
    FloatBuffer values = FloatBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      values.put((float) (deviation * random.nextGaussian()));
    }
    return values.flip();
  }
}
