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
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** A run that ends and goes on finds the same, to the last bit, as one that does not end. */
class ResumedAblationTest {
  private static final AblationOptions SOME =
      AblationOptions.defaults()
          .withPositions(Positions.of(20, 40, 60))
          .withMost(3)
          .withFuture(8)
          .withCompared(AblationControl.channels());

  private static Model model;
  private static List<Sae> saes;
  private static Sequences tokens;
  private static Run whole;

  /** A run and all that was heard of it. */
  private record Run(List<AblationSummary> summaries, List<AblationEffect> effects) {}

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    saes = List.of(Fixtures.sae(Fixtures.SAE_K16), Fixtures.sae("saes/saelens/jumprelu"));
    tokens = Fixtures.firstTwo();
    whole = run(List.of());
  }

  @AfterAll
  static void close() {
    saes.forEach(Sae::close);
    model.close();
  }

  private static Run run(List<AblationEffect> earlier) {
    List<AblationEffect> effects = new ArrayList<>();
    List<AblationSummary> summaries =
        Ablation.of(model, saes).with(SOME).resumingAfter(earlier).runAll(tokens, effects::add);
    return new Run(summaries, effects);
  }

  /** Six effects a token: each of three latents and three channels. */
  @ParameterizedTest
  @ValueSource(ints = {0, 6, 12, 18, 30, 42, 48})
  void theSummaryIsOfBothRuns(int earlier) {
    assertThat(whole.effects()).hasSize(48);
    Run rest = run(whole.effects().subList(0, earlier));
    assertThat(rest.effects())
        .usingRecursiveComparison()
        .withComparatorForType(Double::compare, Double.class)
        .isEqualTo(whole.effects().subList(earlier, 48));
    for (int i = 0; i < 2; i++) {
      AblationOfSeveralTest.assertSameButSeconds(rest.summaries().get(i), whole.summaries().get(i));
    }
  }

  /** Three effects a token, for one SAE and then for the other. */
  @ParameterizedTest
  @ValueSource(ints = {3, 6, 21})
  void whatSaesShareGoesOnToo(int earlier) {
    Ablation channels =
        Ablation.of(model, saes)
            .with(
                AblationOptions.defaults()
                    .withPositions(Positions.of(20, 40))
                    .withMost(3)
                    .withFuture(8)
                    .withControl(AblationControl.channels()));
    List<AblationEffect> all = new ArrayList<>();
    List<AblationSummary> expected = channels.runAll(tokens, all::add);
    assertThat(all).hasSize(24);
    List<AblationEffect> rest = new ArrayList<>();
    List<AblationSummary> summaries =
        channels.resumingAfter(all.subList(0, earlier)).runAll(tokens, rest::add);
    assertThat(rest)
        .usingRecursiveComparison()
        .withComparatorForType(Double::compare, Double.class)
        .isEqualTo(all.subList(earlier, 24));
    for (int i = 0; i < 2; i++) {
      AblationOfSeveralTest.assertSameButSeconds(summaries.get(i), expected.get(i));
    }
  }

  @Test
  void progressGoesOnToo() {
    List<Long> heard = new ArrayList<>();
    Ablation.of(model, saes)
        .with(SOME)
        .resumingAfter(whole.effects().subList(0, 24))
        .onProgress((done, total) -> heard.add(done))
        .runAll(tokens, effect -> {});
    assertThat(heard).last().isEqualTo(12L);
    // The tokens near the end are looked at again: they are skipped, and that has to be counted.
    assertThat(heard).startsWith(3L, 6L, 7L);
  }

  @Test
  void effectsOfSomethingElseAreRefused() {
    AblationEffect first = whole.effects().get(0);
    assertRefused(moved(first, 0, 0, 21), "SAE 0 at sequence 0, position 21");
    assertRefused(moved(first, 2, 0, 20), "SAE 2 at sequence 0");
    assertRefused(moved(first, 0, 1, 20), "is not one of this ablation");
    AblationEffect turned =
        new AblationEffect(0, AblationControl.random(1), 0, 20, 1, 1, first.change());
    assertRefused(turned, "random directions");
  }

  private static AblationEffect moved(AblationEffect effect, int sae, int sequence, int position) {
    return new AblationEffect(
        sae, effect.control(), sequence, position, effect.ablated(), 1, effect.change());
  }

  private static void assertRefused(AblationEffect earlier, String part) {
    assertThatThrownBy(() -> run(List.of(earlier)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part);
  }
}
