package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Fixtures;
import org.sae4j.Latents;
import org.sae4j.Model;
import org.sae4j.Patching;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.stats.Interval;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** What ablations promise besides the reference's numbers. */
class AblationTest {
  private static final AblationOptions AT_20 =
      AblationOptions.defaults().withPositions(Positions.of(20)).withThreads(1);

  private static Model model;
  private static Sae sae;
  private static Sequences tokens;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    sae = Fixtures.sae(Fixtures.SAE_K16);
    tokens = Fixtures.firstTwo();
  }

  @AfterAll
  static void close() {
    sae.close();
    model.close();
  }

  /** A run and all that was heard of it. */
  private record Run(AblationSummary summary, List<AblationEffect> effects) {}

  private static Run run(AblationOptions options) {
    List<AblationEffect> effects = new ArrayList<>();
    AblationSummary summary = Ablation.of(model, sae).with(options).run(tokens, effects::add);
    return new Run(summary, effects);
  }

  /** Of a token with more active latents than are ablated at once. */
  @Test
  void everyActiveLatentIsAblatedOnce() throws IOException {
    try (Sae gated = Fixtures.sae("saes/saelens/gated");
        Session session = model.newSession()) {
      HookPoint hook = gated.hook().orElseThrow();
      Sequences sequence = tokens.first(64);
      RunResult run = session.run(sequence, RunOptions.defaults().capture(hook));
      Latents latents = gated.encode(run.activation(hook).toArray());
      int from = latents.offsets()[20];
      int[] active = Arrays.copyOfRange(latents.indices(), from, from + latents.active(20));
      List<Integer> ablated = new ArrayList<>();
      Ablation.of(model, gated)
          .with(AT_20.withTopTokens(0))
          .run(sequence, effect -> ablated.add(effect.ablated()));
      assertThat(ablated)
          .hasSizeGreaterThan(512)
          .containsExactlyInAnyOrderElementsOf(Arrays.stream(active).boxed().toList());
    }
  }

  @Test
  void theSummaryIsOfTheEffects() {
    Run run = run(AT_20);
    AblationSummary summary = run.summary();
    double[] sparsities =
        run.effects().stream().mapToDouble(AblationEffect::sparsity).sorted().toArray();
    assertThat(sparsities).hasSize(32);
    double mean = run.effects().stream().mapToDouble(AblationEffect::sparsity).average().orElse(0);
    double rowMean =
        run.effects().stream().mapToDouble(AblationEffect::rowSparsity).average().orElse(0);
    assertThat(summary.pairs()).isEqualTo(32);
    assertThat(summary.belowNoise()).isZero();
    assertThat(summary.mean()).isCloseTo(mean, within(1e-12));
    assertThat(summary.rowMean()).isCloseTo(rowMean, within(1e-12));
    assertThat(summary.median()).isEqualTo((sparsities[15] + sparsities[16]) / 2);
    assertThat(summary.drawn()).isEqualTo(AblationSummary.Drawn.EFFECTS); // of two tokens
    Interval ci95 = summary.ci95().orElseThrow();
    assertThat(ci95.low()).isLessThan(mean);
    assertThat(ci95.high()).isGreaterThan(mean);
    assertThat(summary.skipped()).isEmpty();
    assertThat(summary.undefined()).isEmpty();
    assertThat(summary.seconds()).isPositive();
  }

  @Test
  void latentsHaveMeansOfTheirOwn() {
    Run run = run(AT_20);
    long pairs = 0;
    for (Map.Entry<Integer, AblationSummary.Means> entry : run.summary().byAblated().entrySet()) {
      List<AblationEffect> own =
          run.effects().stream().filter(e -> e.ablated() == entry.getKey()).toList();
      assertThat(entry.getValue().pairs()).isEqualTo(own.size());
      double mean = own.stream().mapToDouble(AblationEffect::sparsity).average().orElseThrow();
      assertThat(entry.getValue().sparsity()).isCloseTo(mean, within(1e-12));
      pairs += own.size();
    }
    assertThat(pairs).isEqualTo(32);
  }

  @Test
  void effectsComeInOrderAndComplete() {
    List<AblationEffect> effects = run(AT_20.withPositions(Positions.of(20, 40))).effects();
    assertThat(effects)
        .isSortedAccordingTo(
            Comparator.comparingInt(AblationEffect::sequence)
                .thenComparingInt(AblationEffect::position)
                .thenComparingInt(AblationEffect::ablated));
    for (AblationEffect effect : effects) {
      assertThat(effect.activation()).isPositive();
      assertThat(effect.change().topUp()).hasSize(5);
      assertThat(effect.change().rowKl()).hasSize(16);
      assertThat(effect.deltaCe()).isFinite();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void threadsDoNotMatter(int threads) {
    List<AblationEffect> one = run(AT_20).effects();
    List<AblationEffect> several = run(AT_20.withThreads(threads)).effects();
    assertThat(several).hasSameSizeAs(one);
    for (int i = 0; i < one.size(); i++) {
      double sparsity = one.get(i).sparsity();
      // A difference of logits carries their f32 rounding, which depends on how BLAS cuts the
      // products up: 2e-5 of a single effect with some kernels, against 1e-7 of a KL.
      assertThat(several.get(i).sparsity()).isCloseTo(sparsity, within(1e-4 * sparsity));
    }
  }

  @Test
  void aSampleIsAsLargeAsAskedForAndLeavesTailsOut() {
    AblationOptions sampled =
        AT_20.withPositions(Positions.all()).withMost(1).withSample(new TokenSample(10, 7));
    List<AblationEffect> effects = run(sampled).effects();
    assertThat(effects).hasSize(10).allMatch(effect -> effect.position() <= 48);
    assertThat(run(sampled).effects())
        .extracting(AblationEffect::position)
        .isEqualTo(effects.stream().map(AblationEffect::position).toList());
    assertThat(run(sampled.withSample(new TokenSample(10, 8))).effects())
        .extracting(AblationEffect::position)
        .isNotEqualTo(effects.stream().map(AblationEffect::position).toList());
    assertThat(run(sampled.withFuture(60).withSample(new TokenSample(1000, 0))).effects())
        .hasSize(10);
  }

  @Test
  void tokensNearTheEndAreSkippedAndCounted() {
    Run run = run(AT_20.withPositions(Positions.of(48, 49, 63)));
    assertThat(run.effects()).allMatch(effect -> effect.position() == 48).hasSize(32);
    assertThat(run.summary().skipped()).isEqualTo(Map.of("fewer than 16 positions left", 64L));
    assertThat(run.summary().skippedPairs()).isEqualTo(64);
  }

  @Test
  void orTheyAreMeasuredAtWhatIsLeft() {
    AblationOptions shortened =
        AT_20.withPositions(Positions.of(49, 63)).withTail(AblationTail.SHORTEN);
    Run run = run(shortened);
    assertThat(run.summary().skipped()).isEmpty();
    assertThat(run.effects()).hasSize(64);
    for (AblationEffect effect : run.effects()) {
      int left = 64 - effect.position();
      assertThat(effect.change().rowKl()).hasSize(left);
      assertThat(effect.effectiveTokens()).isEqualTo(effect.sparsity() * 2048 * left);
    }
    assertThat(run.effects().get(16).deltaCe()).isNaN();
  }

  @Test
  void nothingLeftSaysWhy() {
    AblationSummary summary = run(AT_20.withPositions(Positions.of(60))).summary();
    assertThat(summary.pairs()).isZero();
    assertThat(summary.mean()).isNaN();
    assertThat(summary.undefined()).containsKeys("mean", "median", "ci95", "row_mean");
  }

  @Test
  void theMostActiveLatentsAreKept() {
    List<AblationEffect> all = run(AT_20).effects();
    List<AblationEffect> most = run(AT_20.withMost(4)).effects();
    assertThat(most).hasSize(8);
    List<Double> largest =
        all.stream()
            .filter(effect -> effect.sequence() == 0)
            .map(AblationEffect::activation)
            .sorted(Comparator.reverseOrder())
            .limit(4)
            .toList();
    assertThat(most.subList(0, 4))
        .extracting(AblationEffect::activation)
        .containsExactlyInAnyOrderElementsOf(largest);
  }

  @Test
  void allChannelsMoreThanOneBatch() {
    AblationOptions options =
        AT_20
            .withHook(HookPoint.residPost(3))
            .withControl(AblationControl.channels())
            .withFuture(1);
    Run run = run(options);
    assertThat(run.effects()).hasSize(2 * 192);
    assertThat(run.effects().get(191).ablated()).isEqualTo(191);
    // Whatever the baseline: the base is clean.
    assertThat(run(options.withBaseline(AblationBaseline.ERROR_PRESERVING)).summary().mean())
        .isEqualTo(run.summary().mean());
  }

  @Test
  void randomDirectionsAreAsLongAsTheirLatentsAndTheSameForTheSameSeed() throws IOException {
    Run random = run(AT_20.withControl(AblationControl.random(3)));
    List<Double> again =
        run(AT_20.withControl(AblationControl.random(3)).withMost(4)).effects().stream()
            .map(AblationEffect::kl)
            .toList();
    List<Double> kls = random.effects().stream().map(AblationEffect::kl).toList();
    assertThat(again).hasSize(8);
    for (double kl : again) {
      assertThat(kls).anyMatch(each -> Math.abs(each - kl) <= 1e-5 * kl);
    }
    assertThat(random.effects())
        .extracting(AblationEffect::ablated)
        .isEqualTo(run(AT_20).effects().stream().map(AblationEffect::ablated).toList());
    assertThat(run(AT_20.withControl(AblationControl.random(4))).summary().mean())
        .isNotEqualTo(random.summary().mean());
  }

  @Test
  void directionsHaveTheLengthOfWhatTheirLatentsDecodeTo() {
    try (Session session = model.newSession(new SessionOptions(1));
        Patching patching = session.patching(tokens.sequence(0), Fixtures.HOOK)) {
      float[] x = patching.activation(20);
      AblatedLatents latents =
          new AblatedLatents(session, sae, x, sae.encode(x), 0, OptionalInt.empty());
      float[] without = latents.values(0, latents.count());
      float[] turned = new AblatedDirections(latents, 1, 0, 20).values(0, latents.count());
      for (int i = 0; i < latents.count(); i++) {
        double length = distance(latents.base(), without, i);
        assertThat(distance(latents.base(), turned, i)).isCloseTo(length, within(1e-4 * length));
      }
    }
  }

  private static double distance(float[] base, float[] values, int row) {
    double squares = 0;
    for (int c = 0; c < base.length; c++) {
      squares += Math.pow(base[c] - values[row * base.length + c], 2);
    }
    return Math.sqrt(squares);
  }

  @ParameterizedTest
  @EnumSource(AblationBaseline.class)
  void noiseIsMarkedAndLeftOut(AblationBaseline baseline) throws IOException {
    try (Sae standard = Fixtures.sae("saes/saelens/standard")) {
      List<AblationEffect> effects = new ArrayList<>();
      AblationSummary summary =
          Ablation.of(model, standard)
              .with(AT_20.withBaseline(baseline))
              .run(tokens.first(64), effects::add);
      long small = effects.stream().filter(effect -> effect.kl() < 1e-6).count();
      double mean =
          effects.stream()
              .filter(effect -> effect.kl() >= 1e-6)
              .mapToDouble(AblationEffect::sparsity)
              .average()
              .orElseThrow();
      assertThat(summary.belowNoise()).isEqualTo(small);
      assertThat(summary.pairs()).isEqualTo(effects.size());
      assertThat(summary.mean()).isCloseTo(mean, within(1e-12));
    }
  }

  @Test
  void progressCountsTokens() {
    List<Map.Entry<Long, Long>> heard = new ArrayList<>();
    Ablation.of(model, sae)
        .with(AT_20.withMost(1).withPositions(Positions.of(3, 20)))
        .onProgress((done, total) -> heard.add(Map.entry(done, total)))
        .run(tokens);
    assertThat(heard).hasSize(4).last().isEqualTo(Map.entry(4L, 4L));
  }

  @Test
  void anInterruptKeepsWhatWasFound() {
    List<AblationEffect> heard = new ArrayList<>();
    Ablation ablation = Ablation.of(model, sae).with(AT_20);
    assertThatThrownBy(
            () ->
                ablation.run(
                    tokens,
                    effect -> {
                      heard.add(effect);
                      if (heard.size() == 20) {
                        Thread.currentThread().interrupt();
                      }
                    }))
        .isInstanceOfSatisfying(
            AblationCancelledException.class,
            e -> {
              assertThat(e).hasMessage("interrupted after 1 of 2 token indices");
              assertThat(e.soFar().pairs()).isEqualTo(20);
              assertThat(e.soFar().mean())
                  .isCloseTo(
                      heard.stream().mapToDouble(AblationEffect::sparsity).average().orElse(0),
                      within(1e-12));
            });
    assertThat(Thread.interrupted()).isTrue();
    assertThat(heard).hasSize(20);
  }

  @Test
  void whatAListenerThrowsReachesTheCaller() {
    IllegalStateException thrown = new IllegalStateException("mine");
    assertThatThrownBy(
            () ->
                Ablation.of(model, sae)
                    .with(AT_20)
                    .run(
                        tokens,
                        effect -> {
                          throw thrown;
                        }))
        .isSameAs(thrown);
  }

  @Test
  void wrongUseIsRefused() {
    assertRefused(AT_20.withHook(HookPoint.mlpPost(3)), "expected width 768");
    assertRefused(AT_20.withHook(HookPoint.residPost(6)), "layers 0 to 5");
    assertRefused(AT_20.withPositions(Positions.of(64)), "no token of 2 sequences, 128 tokens");
    assertRefused(AT_20.withFuture(65).withSample(new TokenSample(5, 0)), "65 positions");
    assertRefused(AT_20.withTopTokens(3000), "2048");
    assertThatThrownBy(() -> AT_20.withFuture(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AT_20.withMost(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AT_20.withTopTokens(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AT_20.withThreads(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TokenSample(0, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertRefused(AblationOptions options, String part) {
    assertThatThrownBy(() -> run(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part);
  }
}
