package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.arch.HookPoint;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeOverrides;
import org.sae4j.tokens.Sequences;

/**
 * SAEs whose files are easily misunderstood, against what their own projects compute.
 *
 * <p>Written by SAELens 6.54.12 and by sparsify of 2024, with random weights. Expected values: the
 * SAE spliced into TransformerLens 3.9's model by SAELens, and float64 with sparsify's own code.
 */
class RightValuesTest {
  private static Model model;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static EvaluationResult evaluate(String sae, SaeOverrides overrides) throws IOException {
    Path path = Fixtures.path("cases").resolve(sae);
    try (Sae opened = Sae.open(path, overrides, model)) {
      return Evaluation.of(model, opened)
          .run(Sequences.fromJson(path.resolveSibling("tokens.json")));
    }
  }

  private static void assertRight(double found, double right) {
    assertThat(found).isCloseTo(right, within(1e-4 * Math.abs(right)));
  }

  @ParameterizedTest
  @CsvSource({
    "hook_z-fold_value_biases/sae, 0.04779546, 3.537295",
    "ln_final-hook_normalized/sae, 4.051116, 7.256155"
  })
  void predictions(String sae, double kl, double ce) throws IOException {
    EvaluationResult found = evaluate(sae, SaeOverrides.none());
    assertRight(found.get(Metric.KL), kl);
    assertRight(found.get(Metric.CE_SAE), ce);
  }

  @ParameterizedTest
  @CsvSource({"true, 4.975361, -1.73725", "false, 5.05278, -2.10043"})
  void aSkipOfWhichNothingSaysWhetherItIsATranscoders(
      boolean transcoder, double kl, double explainedVariance) throws IOException {
    EvaluationResult found =
        evaluate("sparsify-transcoder-of-2024/h.3", SaeOverrides.none().withTranscoder(transcoder));
    assertRight(found.get(Metric.KL), kl);
    assertRight(found.get(Metric.EXPLAINED_VARIANCE), explainedVariance);
  }

  @Test
  void whatIsNotSaidIsNotGuessed() {
    assertThatThrownBy(() -> evaluate("sparsify-transcoder-of-2024/h.3", SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("cfg.json: transcode: expected true or false beside")
        .hasMessageContaining("(--transcoder or --no-transcoder)");
  }

  @Test
  void onlySparsifyLeavesItOpen() {
    SaeOverrides transcoder = SaeOverrides.none().withTranscoder(true);
    assertThatThrownBy(() -> evaluate("ln_final-hook_normalized/sae", transcoder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("its file says whether it is a transcoder");
  }

  @Test
  void valueBiasesNeedTheModelAndTheirLayer() throws IOException {
    Path path = Fixtures.path("cases/hook_z-fold_value_biases/sae");
    assertThatThrownBy(() -> Sae.open(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("open it with the model");
    try (Sae sae = Sae.open(path, SaeOverrides.none(), model)) {
      EvaluationOptions elsewhere = EvaluationOptions.defaults().withHook(HookPoint.z(2));
      assertThatThrownBy(() -> Evaluation.of(model, sae).with(elsewhere).run(Fixtures.firstTwo()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "value biases of blocks.3.attn.hook_z, and cannot replace blocks.2");
    }
  }
}
