package org.sae4j.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.RandomSae;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeOverrides;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** SAEs used as they should be raise no warning; broken ones get the right diagnosis. */
class SaeSelfTestTest {
  private static Model model;
  private static Session session;
  private static Sequences tokens;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    session = model.newSession();
    tokens = Fixtures.tokens();
  }

  @AfterAll
  static void close() {
    session.close();
    model.close();
  }

  private static SaeSelfTest test(Session session, Sae sae, HookPoint hook) {
    return SaeSelfTest.of(session, List.of(sae), Optional.of(hook), tokens, Positions.all()).get(0);
  }

  private static SaeSelfTest test(Path sae, SaeOverrides overrides, HookPoint hook)
      throws IOException {
    try (Sae opened = Sae.open(sae, overrides)) {
      return test(session, opened, hook);
    }
  }

  private static SaeOverrides normalization(Normalization normalization) {
    return SaeOverrides.none().withNormalization(normalization);
  }

  private static void assertSuspected(SaeSelfTest test, Cause.Kind kind, String setting) {
    Cause cause = test.cause().orElseThrow();
    assertThat(cause.kind()).as(test.warnings().toString()).isEqualTo(kind);
    assertThat(cause.setting()).startsWith(setting);
    assertThat(test.warnings()).hasSize(1);
    assertThat(test.warnings().get(0)).contains("explained variance", cause.text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "saes/openai/resid_post_mlp_layer3_k16.pt",
        "saes/openai/resid_post_mlp_layer3_k4.pt",
        "saes/saelens/standard",
        "saes/saelens/topk",
        "saes/saelens/jumprelu",
        "saes/saelens/gated",
        "saes/saelens/topk_layer_norm",
        "saes/saelens/old_topk"
      })
  void goodOnesRaiseNoWarning(String name) throws IOException {
    SaeSelfTest test = test(Fixtures.path(name), SaeOverrides.none(), Fixtures.HOOK);
    assertThat(test.warnings()).isEmpty();
    assertThat(test.cause()).isEmpty();
    try (Sae sae = Fixtures.sae(name)) {
      EvaluationResult expected = Evaluation.of(model, sae).run(tokens.first(test.tokens()));
      assertThat(test.explainedVariance())
          .isCloseTo(expected.get(Metric.EXPLAINED_VARIANCE), within(1e-6));
      assertThat(test.l0()).isEqualTo(expected.get(Metric.L0));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "saes/openai/resid_post_mlp_layer3_k16.pt, 0",
    "saes/openai/resid_post_mlp_layer3_k16.pt, 5",
    "saes/saelens/topk, 0",
    "saes/saelens/topk, 5",
    "saes/saelens/jumprelu, 0",
    "saes/saelens/jumprelu, 5",
    "saes/saelens/standard, 0",
    "saes/openai/resid_post_mlp_layer3_k16.pt, 1"
  })
  void theWrongLayerIsNamed(String name, int layer) throws IOException {
    HookPoint wrong = HookPoint.residPost(layer);
    SaeSelfTest test = test(Fixtures.path(name), SaeOverrides.none(), wrong);
    assertSuspected(test, Cause.Kind.HOOK, "blocks.3.hook_resid_post");
  }

  @ParameterizedTest
  @CsvSource({
    "saes/openai/resid_post_mlp_layer3_k16.pt, NONE, layer_norm",
    "saes/saelens/topk_layer_norm, NONE, layer_norm",
    "saes/saelens/jumprelu, LAYER_NORM, none",
    "saes/saelens/standard, CONSTANT_NORM_RESCALE, none"
  })
  void theWrongNormalisationIsNamed(String name, Normalization wrong, String right)
      throws IOException {
    SaeSelfTest test = test(Fixtures.path(name), normalization(wrong), Fixtures.HOOK);
    assertSuspected(test, Cause.Kind.NORMALIZATION, right);
  }

  /** The model with numbers added to one channel of one row of its embeddings. */
  private static Model withOutlier(Path folder, Map<String, Integer> rows, Map<String, Float> added)
      throws IOException {
    return Fixtures.changedModel(
        folder,
        (name, values) -> {
          if (rows.containsKey(name)) {
            values[rows.get(name) * 192 + 7] += added.get(name);
          }
        });
  }

  private static SaeSelfTest testOn(Model changed, Sequences sequences) throws IOException {
    try (changed;
        Session session = changed.newSession();
        Sae sae = Fixtures.sae("saes/saelens/jumprelu")) {
      return SaeSelfTest.of(session, List.of(sae), Optional.empty(), sequences, Positions.all())
          .get(0);
    }
  }

  private static Sequences withBos() {
    int bos = model.tokenizer().bos().orElseThrow();
    int[][] sequences = new int[tokens.count()][];
    for (int s = 0; s < sequences.length; s++) {
      int[] plain = tokens.sequence(s);
      sequences[s] = new int[plain.length + 1];
      sequences[s][0] = bos;
      System.arraycopy(plain, 0, sequences[s], 1, plain.length);
    }
    return Sequences.of(sequences);
  }

  @Test
  void anOddFirstPositionIsNamed(@TempDir Path folder) throws IOException {
    Model changed =
        withOutlier(
            folder, Map.of("transformer.wpe.weight", 0), Map.of("transformer.wpe.weight", 300f));
    try (changed;
        Session session = changed.newSession();
        Sae sae = Fixtures.sae("saes/saelens/jumprelu")) {
      assertSuspected(tests(session, sae, Positions.all()), Cause.Kind.FIRST_POSITION, "without");
      // Who leaves it out need not be told.
      assertThat(tests(session, sae, Positions.allButFirst()).warnings()).isEmpty();
    }
  }

  @Test
  void missingBosIsNamed(@TempDir Path folder) throws IOException {
    int bos = model.tokenizer().bos().orElseThrow();
    Model changed =
        withOutlier(
            folder,
            Map.of("transformer.wpe.weight", 0, "transformer.wte.weight", bos),
            Map.of("transformer.wpe.weight", 300f, "transformer.wte.weight", -300f));
    assertSuspected(testOn(changed, tokens), Cause.Kind.BOS, "with");
  }

  @Test
  void whatASuspectIsComparedWithIsShown() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      SaeSelfTest test = tests(sae, Sequences.of(new int[] {1, 2, 3}, new int[] {4}));
      assertThat(test.cause().orElseThrow().explainedVariance())
          .isLessThan(test.explainedVariance());
      assertThat(test.warnings().get(0)).contains(" without the first of each sequence) and L0");
    }
  }

  @Test
  void needlessBosIsNamed(@TempDir Path folder) throws IOException {
    int bos = model.tokenizer().bos().orElseThrow();
    Model changed =
        withOutlier(
            folder, Map.of("transformer.wte.weight", bos), Map.of("transformer.wte.weight", 300f));
    assertSuspected(testOn(changed, withBos()), Cause.Kind.BOS, "without");
  }

  @Test
  void whatNothingExplainsIsSaidSo() {
    try (Sae random = RandomSae.topK(192, 64, 4)) {
      SaeSelfTest test = test(session, random, Fixtures.HOOK);
      assertThat(test.cause()).isEmpty();
      assertThat(test.explainedVariance()).isLessThan(SaeSelfTest.BAD);
      assertThat(test.warnings()).hasSize(1);
      assertThat(test.warnings().get(0)).contains("nothing that was tried improves it");
    }
  }

  @Test
  void aNumberOfSeventyDigitsIsNotWrittenOut() {
    Normalization scaled = Normalization.EXPECTED_AVERAGE_ONLY_IN;
    try (Sae random = RandomSae.topK(192, 64, 4);
        Sae huge = RandomSae.topK(192, 64, 4, sae -> sae.normalization(scaled).scale(1e-18))) {
      assertThat(test(session, random, Fixtures.HOOK).warnings().get(0)).contains("variance -");
      assertThat(test(session, huge, Fixtures.HOOK).warnings().get(0))
          .containsPattern("variance -\\d\\.\\de\\+\\d\\d and");
    }
  }

  @Test
  void aFewTokensAreEnoughAndOneIsNone() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      assertThat(tests(sae, tokens).tokens()).isEqualTo(256);
      assertThat(tests(sae, tokens.first(640)).tokens()).isEqualTo(128);
      assertThat(tests(sae, tokens.first(20)).tokens()).isEqualTo(20);
      SaeSelfTest one = tests(sae, Sequences.of(new int[] {5}));
      assertThat(one.explainedVariance()).isNaN();
      assertThat(one.warnings()).isEmpty();
    }
  }

  private static SaeSelfTest tests(Session session, Sae sae, Positions counted) {
    return SaeSelfTest.of(session, List.of(sae), Optional.empty(), tokens, counted).get(0);
  }

  private static SaeSelfTest tests(Sae sae, Sequences sequences) {
    return SaeSelfTest.of(session, List.of(sae), Optional.empty(), sequences, Positions.all())
        .get(0);
  }
}
