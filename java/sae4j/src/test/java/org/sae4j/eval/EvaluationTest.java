package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Fixtures;
import org.sae4j.Latents;
import org.sae4j.LivelyWeights;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.RandomSae;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** What evaluations promise besides the reference's numbers. */
class EvaluationTest {
  private static final EvaluationOptions DEFAULTS = EvaluationOptions.defaults();

  private static Model model;
  private static Sae sae;
  private static Sequences tokens;
  private static EvaluationResult plain;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    sae = Fixtures.sae(Fixtures.SAE_K16);
    tokens = Fixtures.tokens().first(640);
    plain = evaluate(DEFAULTS);
  }

  @AfterAll
  static void close() {
    sae.close();
    model.close();
  }

  private static EvaluationResult evaluate(EvaluationOptions options) {
    return Evaluation.of(model, sae).with(options).run(tokens);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "64, 2", "100, 1", "4096, 2"})
  void neitherBatchSizeNorThreadsMatter(int batchTokens, int threads) {
    EvaluationResult other = evaluate(DEFAULTS.withBatchTokens(batchTokens).withThreads(threads));
    plain
        .values()
        .forEach(
            (key, value) -> {
              if (!key.contains("second")) {
                assertThat(other.values().get(key))
                    .as(key)
                    .isCloseTo(value, within(1e-5 * Math.abs(value) + 1e-9));
              }
            });
  }

  @Test
  void replacingNothingChangesNothing() {
    EvaluationResult result = evaluate(DEFAULTS.withReplaced(Positions.of(10_000)));
    assertThat(result.get(Metric.KL)).isCloseTo(0, within(1e-9));
    assertThat(result.get(Metric.DELTA_CE)).isCloseTo(0, within(1e-9));
    assertThat(result.get(Metric.TOP1_AGREEMENT)).isEqualTo(1);
    for (Metric metric : Metric.values()) {
      if (metric.group() == Metric.Group.RECONSTRUCTION
          || metric.group() == Metric.Group.SPARSITY) {
        assertThat(result.get(metric)).as(metric.key()).isEqualTo(plain.get(metric));
      }
    }
  }

  @Test
  void replacingAllButTheFirstLeavesTheFirstAlone() {
    EvaluationResult result = evaluate(DEFAULTS.withReplaced(Positions.allButFirst()));
    assertThat(result.klByPosition().get(0)).isCloseTo(0, within(1e-9));
    assertThat(plain.klByPosition().get(0)).isGreaterThan(1e-3);
  }

  @Test
  void countingLeavesPositionsOut() {
    EvaluationResult result = evaluate(DEFAULTS.withCounted(Positions.of(3)));
    assertThat(result.tokens()).isEqualTo(tokens.count());
    assertThat(result.get(Metric.KL)).isCloseTo(plain.klByPosition().get(3), within(1e-9));
    assertThat(result.klByPosition().get(2)).isNaN();
  }

  @Test
  void countingLeavesTokensOut() {
    EvaluationResult result = evaluate(DEFAULTS.withCounted(Positions.exceptTokens(14)));
    long kept = 0;
    for (int id : tokens.ids()) {
      kept += id == 14 ? 0 : 1;
    }
    assertThat(result.tokens()).isEqualTo(kept).isLessThan(tokens.tokens());
  }

  @Test
  void klWithTargetLeavesTheLastPositionOut() {
    EvaluationResult result = evaluate(DEFAULTS.withKlPositions(KlPositions.WITH_TARGET));
    int last = tokens.longest() - 1;
    double sum = plain.klByPosition().subList(0, last).stream().mapToDouble(kl -> kl).sum();
    assertThat(result.get(Metric.KL)).isCloseTo(sum / last, within(1e-9));
    assertThat(result.klByPosition().get(last)).isNaN();
    assertThat(result.get(Metric.CE_SAE)).isEqualTo(plain.get(Metric.CE_SAE));
  }

  @Test
  void aGivenMeanIsUsed() {
    float[] zeros = new float[model.shape().embedding()];
    EvaluationResult result = evaluate(DEFAULTS.withMeanBaseline(MeanBaseline.given(zeros)));
    assertThat(result.get(Metric.KL_MEAN)).isCloseTo(plain.get(Metric.KL_ZERO), within(1e-9));
  }

  /** As the mean over the very tokens that count, and no others. */
  @Test
  void theMeanIsOfCountedTokens() {
    Positions counted = Positions.of(3, 20);
    HookPoint hook = plain.hook();
    float[] mean = new float[model.shape().embedding()];
    double[] sum = new double[mean.length];
    try (Session session = model.newSession()) {
      float[] x =
          session.run(tokens, RunOptions.defaults().capture(hook)).activation(hook).toArray();
      for (int s = 0; s < tokens.count(); s++) {
        for (int i = 0; i < mean.length; i++) {
          int third = tokens.offset(s) + 3;
          sum[i] += x[third * mean.length + i] + x[(third + 17) * mean.length + i];
        }
      }
    }
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / (2 * tokens.count()));
    }
    EvaluationOptions options = DEFAULTS.withCounted(counted);
    EvaluationResult given = evaluate(options.withMeanBaseline(MeanBaseline.given(mean)));
    assertThat(evaluate(options).get(Metric.KL_MEAN))
        .isCloseTo(given.get(Metric.KL_MEAN), within(1e-6 * given.get(Metric.KL_MEAN)));
  }

  @Test
  void zeroHasNoDirection() {
    try (Sae zero = RandomSae.zero(model.shape().embedding(), 8)) {
      EvaluationResult result =
          Evaluation.of(model, zero).with(DEFAULTS.withHook(plain.hook())).run(tokens);
      assertThat(result.get(Metric.COSINE_SIMILARITY)).isZero();
      assertThat(result.get(Metric.L2_RATIO)).isZero();
      assertThat(result.get(Metric.KL))
          .isCloseTo(result.get(Metric.KL_ZERO), within(1e-6 * result.get(Metric.KL_ZERO)));
    }
  }

  @Test
  void numbersThatWereNotAskedForSayWhy() {
    EvaluationResult result =
        evaluate(DEFAULTS.withZeroBaseline(false).withMeanBaseline(MeanBaseline.none()));
    assertThat(result.undefined())
        .containsOnlyKeys("ce_zero", "kl_zero", "ce_loss_score", "kl_score", "ce_mean", "kl_mean")
        .containsEntry("kl_zero", "the zero baseline was not run");
    result.undefined().keySet().forEach(key -> assertThat(result.values().get(key)).isNaN());
    assertThat(result.get(Metric.KL)).isEqualTo(plain.get(Metric.KL));
  }

  @Test
  void oneTokenHasNoVarianceAndNoTarget() {
    EvaluationResult result = Evaluation.of(model, sae).run(Sequences.of(new int[] {5}));
    assertThat(result.undefined())
        .containsKeys("normalized_mse", "explained_variance", "ce_sae", "ce_loss_score")
        .doesNotContainKey("kl");
  }

  /** A latent's density is among the tokens that count, not among all that are run. */
  @Test
  void densityIsThatOfCountedTokens() {
    EvaluationResult result = evaluate(DEFAULTS.withCounted(Positions.of(3, 9)));
    assertThat(result.tokens()).isEqualTo(20).isLessThan(result.tokensRun());
    assertThat(result.density().tokens()).isEqualTo(20);
    double sum = 0;
    for (double d : result.density().densities()) {
      sum += d;
    }
    assertThat(sum).isCloseTo(result.get(Metric.L0), within(1e-9));
  }

  @Test
  void densityAddsUp() {
    FeatureDensity density = plain.density();
    double sum = 0;
    for (double d : density.densities()) {
      sum += d;
    }
    assertThat(sum).isCloseTo(plain.get(Metric.L0), within(1e-9));
    FeatureDensity.Histogram histogram = density.histogram();
    long inBins = 0;
    for (long count : histogram.counts()) {
      inBins += count;
    }
    assertThat(inBins + histogram.dead()).isEqualTo(density.latents());
    assertThat((double) histogram.dead() / density.latents()).isEqualTo(density.deadFraction());
  }

  @Test
  void aHookIsGivenForAll() throws IOException {
    try (Sae other = Fixtures.sae("saes/saelens/standard")) {
      EvaluationOptions elsewhere = DEFAULTS.withHook(HookPoint.residPre(4));
      List<EvaluationResult> results =
          Evaluation.of(model, sae, other).with(elsewhere).runAll(tokens);
      assertThat(results).extracting(r -> r.hook().name()).containsOnly("blocks.4.hook_resid_pre");
      // The same place under another name, so the same numbers.
      assertThat(results.get(0).get(Metric.KL)).isCloseTo(plain.get(Metric.KL), within(1e-9));
    }
  }

  @Test
  void severalHooksInOnePassGiveWhatEachGivesAlone(@TempDir Path folder) throws IOException {
    try (Sae early = standardAt("blocks.0.hook_attn_out", folder);
        Sae late = standardAt("blocks.5.hook_resid_mid", folder)) {
      List<Map.Entry<Long, Long>> heard = new ArrayList<>();
      List<EvaluationResult> together =
          Evaluation.of(model, late, sae, early, late)
              .onProgress((done, total) -> heard.add(Map.entry(done, total)))
              .runAll(tokens);
      assertThat(heard).last().isEqualTo(Map.entry(1280L, 1280L));
      requireSame(together.get(0), Evaluation.of(model, late).run(tokens));
      requireSame(together.get(1), plain);
      requireSame(together.get(2), Evaluation.of(model, early).run(tokens));
      requireSame(together.get(3), together.get(0));
      assertThat(together)
          .extracting(EvaluationResult::seconds)
          .containsOnly(together.get(0).seconds());
    }
  }

  private static void requireSame(EvaluationResult found, EvaluationResult expected) {
    assertThat(found)
        .usingRecursiveComparison()
        .withComparatorForType(Double::compare, Double.class)
        .ignoringFields("seconds", "tokensPerSecond")
        .withEqualsForType((a, b) -> a.compareTo(b) == 0, Double.class) // NaN is NaN
        .isEqualTo(expected);
  }

  /** A SAELens folder of {@code test-data} as if it were trained on another activation. */
  private static Sae standardAt(String hook, Path parent) throws IOException {
    Path source = Fixtures.path("saes/saelens/standard");
    Path folder = Files.createDirectory(parent.resolve(hook));
    String config = Files.readString(source.resolve("cfg.json"));
    Files.writeString(folder.resolve("cfg.json"), config.replace("blocks.3.hook_resid_post", hook));
    Files.copy(
        source.resolve("sae_weights.safetensors"), folder.resolve("sae_weights.safetensors"));
    return Sae.open(folder);
  }

  @Test
  void oneMeanCannotStandForSeveralActivations(@TempDir Path folder) throws IOException {
    float[] mean = new float[model.shape().embedding()];
    try (Sae other = standardAt("blocks.5.hook_resid_mid", folder)) {
      Evaluation evaluation =
          Evaluation.of(model, sae, other)
              .with(DEFAULTS.withMeanBaseline(MeanBaseline.given(mean)));
      assertThatThrownBy(() -> evaluation.runAll(tokens))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[blocks.3.hook_resid_post, blocks.5.hook_resid_mid]");
    }
  }

  @Test
  void progressReachesTheEnd() {
    List<Map.Entry<Long, Long>> heard = new ArrayList<>();
    Evaluation.of(model, sae)
        .with(DEFAULTS.withBatchTokens(64))
        .onProgress((done, total) -> heard.add(Map.entry(done, total)))
        .run(tokens);
    assertThat(heard).hasSize(20).last().isEqualTo(Map.entry(1280L, 1280L));
  }

  @Test
  void anInterruptCancels() {
    Evaluation evaluation =
        Evaluation.of(model, sae)
            .with(DEFAULTS.withBatchTokens(64))
            .onProgress((done, total) -> Thread.currentThread().interrupt());
    assertThatThrownBy(() -> evaluation.run(tokens)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(evaluate(DEFAULTS).get(Metric.KL)).isEqualTo(plain.get(Metric.KL));
  }

  @Test
  void wrongUseIsRefused() {
    Evaluation evaluation = Evaluation.of(model, sae);
    assertThatThrownBy(() -> evaluation.with(DEFAULTS.withHook(HookPoint.mlpPost(3))).run(tokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blocks.3.mlp.hook_post: expected width 768")
        .hasMessageContaining("found 192");
    assertThatThrownBy(() -> evaluation.with(DEFAULTS.withHook(HookPoint.residPost(6))).run(tokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the model has layers 0 to 5");
    assertThatThrownBy(
            () -> evaluation.with(DEFAULTS.withCounted(Positions.of(10_000))).run(tokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("counts no token");
    assertThatThrownBy(() -> Evaluation.of(model, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Evaluation.of(model, sae, sae).run(tokens))
        .isInstanceOf(IllegalStateException.class);
  }

  /** An SAE as wide as this encodes no more than 128 tokens at a time. */
  @Test
  void latentsAreCountedInEveryPiece() {
    int latents = 1 << 16;
    ModelShape shape = new ModelShape(1, 2, 8, 16, 64, 61, true, 1e-5f);
    HookPoint hook = HookPoint.residPost(0);
    int[][] random = new int[10][];
    for (int s = 0; s < random.length; s++) {
      random[s] = new SplittableRandom(s).ints(32, 0, shape.vocabulary()).toArray();
    }
    Sequences many = Sequences.of(random);
    try (Model small = Model.of(shape, new LivelyWeights(3), ModelOptions.defaults());
        Session session = small.newSession();
        Sae wide = RandomSae.relu(shape.embedding(), latents)) {
      RunOptions capture = RunOptions.defaults().capture(hook).withoutLogits();
      Latents z = wide.encode(session.run(many, capture).activation(hook).toArray());
      long[] fires = new long[latents];
      double l1 = 0;
      for (int j = 0; j < z.indices().length; j++) {
        fires[z.indices()[j]]++;
        l1 += z.values()[j];
      }

      EvaluationResult result =
          Evaluation.of(small, wide).with(DEFAULTS.withHook(hook).withBatchTokens(4096)).run(many);

      assertThat(result.get(Metric.L0)).isEqualTo((double) z.indices().length / many.tokens());
      assertThat(result.get(Metric.L1))
          .isCloseTo(l1 / many.tokens(), within(1e-6 * l1 / many.tokens()));
      assertThat(result.density().fires()).isEqualTo(fires);
      assertThat(result.density().tokens()).isEqualTo(many.tokens());
    }
  }
}
