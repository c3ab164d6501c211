package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.format.DType;
import org.sae4j.format.SafetensorsWriter;

/** A transcoder's evaluation against the same put together from runs with captures and edits. */
class TranscoderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "blocks.2.ln2.hook_normalized, blocks.2.hook_mlp_out",
    "blocks.4.ln1.hook_normalized, blocks.4.hook_attn_out",
    "blocks.1.hook_resid_mid, blocks.3.mlp.hook_post"
  })
  void evaluationIsWhatRunsWithEditsGive(String in, String out) throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    HookPoint read = HookPoint.of(in);
    HookPoint written = HookPoint.of(out);
    try (Model model = Fixtures.model();
        Session session = model.newSession();
        Sae transcoder = transcoder(read, written, written.width(model.shape()))) {
      RunResult clean = session.run(tokens, RunOptions.defaults().capture(read, written));
      float[] y = clean.activation(written).toArray();
      double[][] p = logProbabilities(clean.logits());
      float[] replacement = new float[y.length];
      transcoder.reconstruct(
          FloatBuffer.wrap(clean.activation(read).toArray()), FloatBuffer.wrap(replacement));
      double[][] q =
          logProbabilities(
              session
                  .run(tokens, RunOptions.defaults().edit(written, Edit.tensor(replacement)))
                  .logits());

      EvaluationResult result = Evaluation.of(model, transcoder).run(tokens);

      assertThat(result.hook()).isEqualTo(written);
      assertClose(result.downstream().kl(), meanKl(p, q));
      assertClose(result.downstream().ceSae(), meanCrossEntropy(tokens, q));
      assertClose(result.downstream().ceClean(), meanCrossEntropy(tokens, p));
      assertClose(result.reconstruction().mse(), meanSquare(y, replacement));
    }
  }

  private static void assertClose(double found, double expected) {
    assertThat(found).isCloseTo(expected, within(1e-5 * Math.abs(expected)));
  }

  @Test
  void theHooksOfLayerNormsAreWhatTheNextProductsRead() throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    try (Model model = Fixtures.model();
        Session session = model.newSession()) {
      HookPoint normed = HookPoint.ln2(3);
      RunResult plain = session.run(tokens, RunOptions.defaults().capture(normed));
      float[] x = plain.activation(normed).toArray();
      float[] logits = plain.logits().toArray();
      assertThat(session.run(tokens, RunOptions.defaults().edit(normed, Edit.tensor(x))).logits())
          .extracting(Logits::toArray)
          .isEqualTo(logits);
      HookPoint out = HookPoint.mlpOut(3);
      RunOptions zero = RunOptions.defaults().edit(normed, Edit.zero()).capture(out);
      float[] constant = session.run(tokens, zero).activation(out).toArray();
      int d = model.shape().embedding();
      for (int i = d; i < constant.length; i++) {
        assertThat(constant[i]).isEqualTo(constant[i % d]);
      }
    }
  }

  /** A SAELens folder of random weights. */
  private Sae transcoder(HookPoint in, HookPoint out, int width) throws IOException {
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "transcoder", "d_in": 192, "d_sae": 64, "d_out": %d, "dtype": "float32",
         "apply_b_dec_to_input": false, "normalize_activations": "none",
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "%s", "hook_name_out": "%s"}}
        """
            .formatted(width, in.name(), out.name()));
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("W_enc", new long[] {192, 64});
    shapes.put("b_enc", new long[] {64});
    shapes.put("W_dec", new long[] {64, width});
    shapes.put("b_dec", new long[] {width});
    SafetensorsWriter weights = new SafetensorsWriter();
    shapes.forEach((name, shape) -> weights.tensor(name, DType.F32, shape));
    Random random = new Random(width);
    weights.write(
        folder.resolve("sae_weights.safetensors"),
        output -> {
          for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
            float[] values =
                new float[(int) Arrays.stream(tensor.getValue()).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (0.1 * random.nextGaussian());
            }
            output.append(tensor.getKey(), FloatBuffer.wrap(values));
          }
        });
    return Sae.open(folder);
  }

  private static double[][] logProbabilities(Logits logits) {
    double[][] rows = new double[logits.rows()][logits.vocabulary()];
    for (int r = 0; r < rows.length; r++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int v = 0; v < rows[r].length; v++) {
        rows[r][v] = logits.row(r).get(v);
        max = Math.max(max, rows[r][v]);
      }
      double sum = 0;
      for (double logit : rows[r]) {
        sum += Math.exp(logit - max);
      }
      for (int v = 0; v < rows[r].length; v++) {
        rows[r][v] -= max + Math.log(sum);
      }
    }
    return rows;
  }

  private static double meanKl(double[][] p, double[][] q) {
    double sum = 0;
    for (int r = 0; r < p.length; r++) {
      for (int v = 0; v < p[r].length; v++) {
        sum += Math.exp(p[r][v]) * (p[r][v] - q[r][v]);
      }
    }
    return sum / p.length;
  }

  private static double meanCrossEntropy(Sequences tokens, double[][] q) {
    double sum = 0;
    int count = 0;
    for (int s = 0; s < tokens.count(); s++) {
      for (int i = 0; i + 1 < tokens.length(s); i++, count++) {
        sum -= q[tokens.index(s, i)][tokens.token(s, i + 1)];
      }
    }
    return sum / count;
  }

  private static double meanSquare(float[] x, float[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
    }
    return sum / x.length;
  }
}
