package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Several SAEs, and a control beside: each as if it were alone. */
class AblationOfSeveralTest {
  private static final AblationOptions SOME =
      AblationOptions.defaults()
          .withPositions(Positions.of(20, 40, 60))
          .withMost(4)
          .withFuture(8)
          .withThreads(1);

  private static Model model;
  private static List<Sae> saes;
  private static Sequences tokens;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    saes = List.of(Fixtures.sae(Fixtures.SAE_K16), Fixtures.sae("saes/saelens/jumprelu"));
    tokens = Fixtures.firstTwo();
  }

  @AfterAll
  static void close() {
    saes.forEach(Sae::close);
    model.close();
  }

  /** A run and all that was heard of it. */
  private record Run(List<AblationSummary> summaries, List<AblationEffect> effects) {
    private List<Double> klsOf(int sae, AblationControl control) {
      return effects.stream()
          .filter(effect -> effect.sae() == sae && effect.control().equals(control))
          .map(AblationEffect::kl)
          .toList();
    }
  }

  private static Run run(AblationOptions options, Sae... saes) {
    List<AblationEffect> effects = new ArrayList<>();
    List<AblationSummary> summaries =
        Ablation.of(model, saes).with(options).runAll(tokens, effects::add);
    return new Run(summaries, effects);
  }

  @ParameterizedTest
  @EnumSource(AblationContext.class)
  void resultsAreThoseOfSeparateRuns(AblationContext context) {
    AblationOptions options = SOME.withContext(context);
    assertSameAsAlone(run(options, saes.get(0), saes.get(1)), options);
  }

  /** Each SAE's results in a run of both. */
  private static void assertSameAsAlone(Run together, AblationOptions options) {
    for (int i = 0; i < 2; i++) {
      Run alone = run(options, saes.get(i));
      assertThat(together.klsOf(i, options.control()))
          .isEqualTo(alone.klsOf(0, options.control()))
          .hasSize(16);
      assertSameButSeconds(together.summaries().get(i), alone.summaries().get(0));
    }
  }

  static void assertSameButSeconds(AblationSummary summary, AblationSummary expected) {
    assertThat(summary)
        .usingRecursiveComparison()
        .withComparatorForType(Double::compare, Double.class)
        .ignoringFields("seconds", "compared.value.seconds")
        .isEqualTo(expected);
  }

  /** Channels have nothing to do with an SAE: they are ablated once, and each SAE has them. */
  @Test
  void channelsAreAblatedOnceForAll() {
    AblationOptions options = SOME.withControl(AblationControl.channels());
    Run together = run(options, saes.get(0), saes.get(1));
    assertSameAsAlone(together, options);
    List<AblationEffect> effects = together.effects();
    for (int first = 0; first < 32; first += 8) {
      for (int i = first; i < first + 4; i++) {
        assertThat(effects.get(i).sae()).isZero();
        assertThat(effects.get(i + 4).sae()).isOne();
        assertThat(effects.get(i + 4).change()).isSameAs(effects.get(i).change());
      }
    }
  }

  @Test
  void channelsInReconstructedContextsAreEachSaesOwn() {
    AblationOptions options =
        SOME.withControl(AblationControl.channels()).withContext(AblationContext.RECONSTRUCTED);
    Run together = run(options, saes.get(0), saes.get(1));
    for (int i = 0; i < 2; i++) {
      assertThat(together.klsOf(i, AblationControl.channels()))
          .isEqualTo(run(options, saes.get(i)).klsOf(0, AblationControl.channels()));
    }
    assertThat(together.klsOf(0, AblationControl.channels()))
        .isNotEqualTo(together.klsOf(1, AblationControl.channels()));
  }

  @Test
  void thoseAtOneActivationFollowEachOther() throws IOException {
    // The first and the last share a patching; whose turn it is does not depend on where they
    // stand.
    try (Sae standard = Fixtures.sae("saes/saelens/standard")) {
      List<AblationEffect> effects =
          run(SOME.withMost(1), saes.get(0), standard, saes.get(1)).effects();
      assertThat(effects).hasSize(12);
      assertThat(effects).extracting(AblationEffect::sequence).isSorted().contains(0, 1);
      assertThat(effects.subList(0, 6)).extracting(AblationEffect::sae).contains(0, 1, 2);
    }
  }

  @Test
  void theControlToCompareWithIsAsIfItWereAlone() {
    AblationControl channels = AblationControl.channels();
    Run both = run(SOME.withCompared(channels), saes.get(0));
    Run alone = run(SOME.withControl(channels), saes.get(0));
    assertThat(both.klsOf(0, channels)).isEqualTo(alone.klsOf(0, channels)).hasSize(16);
    assertThat(both.klsOf(0, AblationControl.none()))
        .isEqualTo(run(SOME, saes.get(0)).klsOf(0, AblationControl.none()));
    AblationSummary compared = both.summaries().get(0).compared().orElseThrow();
    assertSameButSeconds(compared, alone.summaries().get(0));
    assertThat(compared.skippedPairs()).isEqualTo(8);
  }

  @Test
  void thereIsAsMuchOfItAsOfLatents() {
    Run both = run(noLimit().withCompared(AblationControl.channels()), saes.get(1));
    assertThat(both.klsOf(0, AblationControl.channels()))
        .hasSameSizeAs(both.klsOf(0, AblationControl.none()));
    Run directions = run(noLimit().withCompared(AblationControl.random(1)), saes.get(1));
    assertThat(directions.klsOf(0, AblationControl.random(1)))
        .hasSameSizeAs(both.klsOf(0, AblationControl.none()));
  }

  private static AblationOptions noLimit() {
    return AblationOptions.defaults().withPositions(Positions.of(20)).withFuture(2).withThreads(1);
  }

  @Test
  void whatIsTheSameCannotBeCompared() {
    AblationOptions channels = SOME.withControl(AblationControl.channels());
    assertThatThrownBy(() -> channels.withCompared(AblationControl.channels()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another control than \"channels\"");
    assertThatThrownBy(() -> channels.withCompared(AblationControl.none()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void progressCountsTokensForEachSae() {
    List<Long> heard = new ArrayList<>();
    Ablation.of(model, saes)
        .with(SOME.withMost(1))
        .onProgress(
            (done, total) -> {
              heard.add(done);
              assertThat(total).isEqualTo(12);
            })
        .runAll(tokens, effect -> {});
    assertThat(heard).hasSize(12).last().isEqualTo(12L);
  }

  @Test
  void oneAndSeveralAreToldApart() {
    Ablation several = Ablation.of(model, saes).with(SOME);
    assertThatThrownBy(() -> several.run(tokens))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("runAll");
    assertThatThrownBy(() -> Ablation.of(model)).isInstanceOf(IllegalArgumentException.class);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> several.runAll(tokens, effect -> {}))
        .isInstanceOfSatisfying(
            AblationCancelledException.class,
            e -> {
              assertThat(e.allSoFar()).hasSize(2);
              assertThatThrownBy(e::soFar).isInstanceOf(IllegalStateException.class);
            });
    assertThat(Thread.interrupted()).isTrue();
  }
}
