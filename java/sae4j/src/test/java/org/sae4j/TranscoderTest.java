package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.Site;
import org.sae4j.check.Cause;
import org.sae4j.check.SaeSelfTest;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.format.Activation;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.Safetensors;
import org.sae4j.latents.LatentStudy;
import org.sae4j.latents.LatentStudyResult;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** A transcoder's evaluation against the same put together from runs with captures and edits. */
class TranscoderTest {
  private static final int D = 192;
  private static final double[] KNOTS = {-3, -1.5, -0.75, 0, 0.75, 1.5};

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "transcoder, blocks.2.ln2.hook_normalized, blocks.2.hook_mlp_out",
    "skip_transcoder, blocks.2.ln2.hook_normalized, blocks.2.hook_mlp_out",
    "transcoder, blocks.4.ln1.hook_normalized, blocks.4.hook_attn_out",
    "skip_transcoder, blocks.0.ln1.hook_normalized, blocks.5.ln2.hook_normalized",
    "skip_transcoder, blocks.2.ln2.hook_standardized, blocks.2.hook_mlp_out",
    "transcoder, blocks.4.ln1.hook_standardized, blocks.4.hook_attn_out",
    "transcoder, blocks.3.ln2.hook_standardized, blocks.3.ln2.hook_normalized",
    "skip_transcoder, blocks.0.ln1.hook_standardized, ln_final.hook_standardized",
    "transcoder, blocks.1.hook_resid_mid, blocks.3.mlp.hook_post"
  })
  void evaluationIsWhatRunsWithEditsGive(String architecture, String in, String out)
      throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    HookPoint read = HookPoint.of(in);
    HookPoint written = HookPoint.of(out);
    try (Model model = Fixtures.model();
        Session session = model.newSession();
        Sae transcoder = transcoder(architecture, read, written)) {
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
      assertClose(result.get(Metric.KL), meanKl(p, q));
      assertClose(result.get(Metric.CE_SAE), meanCrossEntropy(tokens, q));
      assertClose(result.get(Metric.CE_CLEAN), meanCrossEntropy(tokens, p));
      assertClose(result.get(Metric.MSE), meanSquare(y, replacement));
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

  /** With straight lines between the {@link #KNOTS} of its GELU, an MLP is a transcoder of it. */
  @Test
  void theMlpItselfIsAlmostATranscoder() throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    try (Model model = Fixtures.model();
        Session session = model.newSession();
        Sae right = mlp(HookPoint.ln2(3), HookPoint.ln2(3), HookPoint.mlpOut(3));
        Sae wrong = mlp(HookPoint.ln2(3), HookPoint.ln2(1), HookPoint.mlpOut(1))) {
      EvaluationResult result = Evaluation.of(model, right).run(tokens);
      assertThat(result.get(Metric.EXPLAINED_VARIANCE)).isGreaterThan(0.98);
      assertThat(result.get(Metric.KL)).isLessThan(0.02 * result.get(Metric.KL_ZERO));
      assertThat(selfTest(session, right, tokens).warnings()).isEmpty();
      assertThat(selfTest(session, wrong, tokens).cause())
          .hasValueSatisfying(
              cause -> {
                assertThat(cause.kind()).isEqualTo(Cause.Kind.HOOK);
                assertThat(cause.setting()).isEqualTo("blocks.3.ln2.hook_normalized");
              });
    }
  }

  /** W·(weight·s + bias) is a product of s as well. */
  @Test
  void aTranscoderIsTheSameBeforeTheNormsWeightAndBias() throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    HookPoint out = HookPoint.mlpOut(3);
    try (Model model = Fixtures.model();
        Sae before = mlp(HookPoint.ln2Standardized(3), HookPoint.ln2Standardized(3), out);
        Sae after = mlp(HookPoint.ln2(3), HookPoint.ln2(3), out)) {
      EvaluationResult standardized = Evaluation.of(model, before).run(tokens);
      EvaluationResult normalized = Evaluation.of(model, after).run(tokens);
      assertClose(standardized.get(Metric.KL), normalized.get(Metric.KL));
      assertClose(standardized.get(Metric.CE_SAE), normalized.get(Metric.CE_SAE));
      assertClose(standardized.get(Metric.MSE), normalized.get(Metric.MSE));
      assertClose(standardized.get(Metric.L1), normalized.get(Metric.L1));
    }
  }

  /** The same model, but that its norm multiplies by other numbers, which the MLP divides by. */
  @Test
  void theWrongSideOfTheWeightsIsNamed() throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    HookPoint out = HookPoint.mlpOut(3);
    try (Model model = Fixtures.changedModel(folder.resolve("model"), TranscoderTest::rescaleNorm);
        Session session = model.newSession();
        Sae right = mlp(HookPoint.ln2Standardized(3), HookPoint.ln2Standardized(3), out);
        Sae wrong = mlp(HookPoint.ln2Standardized(3), HookPoint.ln2(3), out)) {
      assertThat(selfTest(session, right, tokens).warnings()).isEmpty();
      SaeSelfTest test = selfTest(session, wrong, tokens);
      assertThat(test.cause().map(Cause::kind)).contains(Cause.Kind.LAYER_NORM);
      assertThat(test.cause().map(Cause::setting)).contains("before");
      assertThat(test.warnings().get(0))
          .contains("at a layer norm before its weight and bias it would be 0.9");
    }
  }

  private static void rescaleNorm(String tensor, float[] values) {
    boolean norm = tensor.startsWith("transformer.h.3.ln_2.");
    boolean product = tensor.equals("transformer.h.3.mlp.c_fc.weight");
    int columns = norm ? 1 : values.length / D;
    for (int i = 0; i < values.length && (norm || product); i++) {
      float factor = 1 << (i / columns % 4);
      values[i] = norm ? values[i] * factor : values[i] / factor;
    }
  }

  private static SaeSelfTest selfTest(Session session, Sae sae, Sequences tokens) {
    return SaeSelfTest.of(session, List.of(sae), Optional.empty(), tokens, Positions.all()).get(0);
  }

  @Test
  void latentsAreStudiedButNotPutWhereTheyRead() throws IOException {
    Sequences tokens = Fixtures.firstTwo();
    HookPoint read = HookPoint.ln2(3);
    HookPoint written = HookPoint.mlpOut(3);
    try (Model model = Fixtures.model();
        Session session = model.newSession();
        Sae transcoder = transcoder("skip_transcoder", read, written)) {
      LatentStudyResult study = LatentStudy.of(model, transcoder).run(tokens);
      assertThat(study.hook()).isEqualTo(read);
      assertThat(study.hookOut()).isEqualTo(written);
      assertThat(study.withoutLogits()).isEmpty();
      assertThat(study.latents())
          .isNotEmpty()
          .allMatch(latent -> !latent.contexts().isEmpty() && !latent.promoted().isEmpty());

      AblationOptions options =
          AblationOptions.defaults().withPositions(Positions.of(20)).withHook(read);
      assertThatThrownBy(() -> Ablation.of(model, transcoder).with(options).run(tokens))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "%s: replacing %s needs an SAE, not a transcoder, which replaces %s"
                  .formatted(transcoder.name(), read, written));
      RunOptions edit = RunOptions.defaults().edit(read, Edit.reconstruct(transcoder));
      assertThatThrownBy(() -> session.run(tokens, edit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("an edit at " + read + " needs an SAE, not a transcoder");
    }
  }

  /**
   * The MLP of a block as a product of what it reads, said to be anywhere: GELU(u) ≈ Σ ReLU(u −
   * knot) · (change of slope).
   */
  private static Sae mlp(HookPoint read, HookPoint saidIn, HookPoint saidOut) throws IOException {
    Safetensors weights = Safetensors.read(Fixtures.path("model/model.safetensors"));
    String mlp = "transformer.h." + read.layer() + ".mlp.";
    float[] in = weights.tensor(mlp + "c_fc.weight").toFloats();
    float[] inBias = weights.tensor(mlp + "c_fc.bias").toFloats();
    float[] out = weights.tensor(mlp + "c_proj.weight").toFloats();
    int n = inBias.length;
    if (read.site() == Site.LN2_STANDARDIZED) {
      String norm = "transformer.h." + read.layer() + ".ln_2.";
      float[] weight = weights.tensor(norm + "weight").toFloats();
      float[] bias = weights.tensor(norm + "bias").toFloats();
      for (int i = 0; i < in.length; i++) {
        inBias[i % n] += in[i] * bias[i / n];
        in[i] *= weight[i / n];
      }
    }
    int latents = KNOTS.length * n;
    float[] enc = new float[latents * D];
    float[] encBias = new float[latents];
    float[] dec = new float[latents * D];
    for (int k = 0; k < KNOTS.length; k++) {
      float change = (float) (slope(k) - slope(k - 1));
      for (int j = 0; j < n; j++) {
        for (int i = 0; i < D; i++) {
          enc[(k * n + j) * D + i] = in[i * n + j];
        }
        encBias[k * n + j] = (float) (inBias[j] - KNOTS[k]);
      }
      for (int i = 0; i < n * D; i++) {
        dec[k * n * D + i] = change * out[i];
      }
    }
    return Sae.of(
        config(saidIn, latents, saidOut),
        Map.of(
            SaeTensor.W_ENC, enc,
            SaeTensor.B_ENC, encBias,
            SaeTensor.W_DEC, dec,
            SaeTensor.B_DEC, weights.tensor(mlp + "c_proj.bias").toFloats()));
  }

  private static SaeConfig config(HookPoint in, int latents, HookPoint out) {
    return SaeConfig.builder("a test's", D, latents, new Activation.Relu())
        .dOut(out.site() == Site.MLP_POST ? 4 * D : D)
        .hookName(in.name())
        .hookNameOut(out.name())
        .build();
  }

  /** The slope of the line from a knot to the next: 0 before all, 1 behind. */
  private static double slope(int knot) {
    if (knot < 0) {
      return 0;
    }
    return knot == KNOTS.length - 1
        ? 1
        : (gelu(KNOTS[knot + 1]) - gelu(KNOTS[knot])) / (KNOTS[knot + 1] - KNOTS[knot]);
  }

  private static double gelu(double u) {
    return u / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (u + 0.044715 * u * u * u)));
  }

  private static Sae transcoder(String architecture, HookPoint in, HookPoint out) {
    return RandomSae.gaussian(config(in, 64, out), architecture.startsWith("skip"), tensor -> 0.1);
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
