package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.UnsizedCorpus;
import org.sae4j.pass.Progress;
import org.sae4j.stats.Interval;
import org.sae4j.stats.PercentileInterval;
import org.sae4j.stats.Replicates;
import org.sae4j.stats.Resampling;
import org.sae4j.stats.SplitMix64;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** How sure an evaluation's numbers are, and what they are made of. */
class EvaluationStatisticsTest {
  private static final EvaluationOptions DEFAULTS = EvaluationOptions.defaults();

  private static Model model;
  private static Sae k16;
  private static Sae standard;
  private static Sequences tokens; // [24] of 16 tokens each
  private static List<EvaluationResult> results;
  private static final List<SequenceResult> HEARD = new ArrayList<>();

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    k16 = Fixtures.sae(Fixtures.SAE_K16);
    standard = Fixtures.sae("saes/saelens/standard");
    tokens = short16(24);
    results = Evaluation.of(model, k16, standard).onSequence(HEARD::add).runAll(tokens);
  }

  @AfterAll
  static void close() {
    standard.close();
    k16.close();
    model.close();
  }

  private static Sequences short16(int count) throws IOException {
    Sequences all = Fixtures.tokens();
    int[][] sequences = new int[count][];
    for (int s = 0; s < count; s++) {
      int[] long64 = all.sequence(s / 4);
      sequences[s] = Arrays.copyOfRange(long64, s % 4 * 16, s % 4 * 16 + 16);
    }
    return Sequences.of(sequences);
  }

  @Test
  void sequencesComeInOrder() {
    assertThat(HEARD).hasSize(48);
    for (int i = 0; i < 48; i++) {
      assertThat(HEARD.get(i).sequence()).isEqualTo(i / 2);
      assertThat(HEARD.get(i).sae()).isEqualTo(i % 2);
      assertThat(HEARD.get(i).tokens()).isEqualTo(16);
      assertThat(HEARD.get(i).targeted()).isEqualTo(15);
    }
  }

  @Test
  void sequencesAverageToTheWhole() {
    for (int sae = 0; sae < 2; sae++) {
      EvaluationResult whole = results.get(sae);
      requireMean(sae, Metric.KL, whole.get(Metric.KL));
      requireMean(sae, Metric.CE_CLEAN, whole.get(Metric.CE_CLEAN));
      requireMean(sae, Metric.CE_SAE, whole.get(Metric.CE_SAE));
      requireMean(sae, Metric.DELTA_CE, whole.get(Metric.DELTA_CE));
      requireMean(sae, Metric.TOP1_AGREEMENT, whole.get(Metric.TOP1_AGREEMENT));
      requireMean(sae, Metric.MSE, whole.get(Metric.MSE));
      requireMean(sae, Metric.COSINE_SIMILARITY, whole.get(Metric.COSINE_SIMILARITY));
      requireMean(sae, Metric.L2_RATIO, whole.get(Metric.L2_RATIO));
      requireMean(sae, Metric.L0, whole.get(Metric.L0));
      requireMean(sae, Metric.L1, whole.get(Metric.L1));
    }
  }

  private static void requireMean(int sae, Metric number, double expected) {
    double mean = heard(sae, number).stream().mapToDouble(d -> d).average().orElseThrow();
    assertThat(mean).isCloseTo(expected, within(1e-12 * Math.abs(expected)));
  }

  private static List<Double> heard(int sae, Metric number) {
    return HEARD.stream()
        .filter(sequence -> sequence.sae() == sae)
        .map(sequence -> sequence.get(number))
        .toList();
  }

  /** Each number in a replicate has to be what an evaluation of its draws finds. */
  @Test
  void aReplicateIsAnEvaluationOfItsDraws() {
    for (int replicate : new int[] {0, 7}) {
      List<int[]> drawn = new ArrayList<>();
      for (int s = 0; s < tokens.count(); s++) {
        for (int i = 0; i < Resampling.defaults().draws(s)[replicate]; i++) {
          drawn.add(tokens.sequence(s));
        }
      }
      EvaluationResult anew = anew(Sequences.of(drawn.toArray(int[][]::new)));
      Replicates replicates = results.get(0).replicates();
      assertThat(replicates.ci95()).hasSize(19);
      for (String key : replicates.ci95().keySet()) {
        if (!key.endsWith("_mean")) { // the mean stays that of all sequences
          double expected = anew.values().get(key);
          assertThat(replicates.of(key, replicate))
              .as(key)
              .isCloseTo(expected, within(1e-5 * Math.abs(expected)));
        }
      }
    }
  }

  private static EvaluationResult anew(Sequences drawn) {
    return Evaluation.of(model, k16).run(drawn);
  }

  @Test
  void intervalsAreAroundTheirNumbers() {
    for (EvaluationResult result : results) {
      assertThat(result.replicates().sequences()).isEqualTo(24);
      assertThat(result.replicates().missing()).isEmpty();
      assertThat(result.replicates().ci95())
          .containsKeys("kl", "delta_ce", "explained_variance", "ce_loss_score", "l0")
          .doesNotContainKeys("dead_fraction", "tokens", "seconds");
      result
          .replicates()
          .ci95()
          .forEach(
              (key, interval) ->
                  assertThat(result.values().get(key))
                      .as(key)
                      .isBetween(interval.low() - 1e-12, interval.high() + 1e-12));
      Interval kl = result.replicates().ci95("kl").orElseThrow();
      assertThat(kl.width()).isBetween(0.01 * result.get(Metric.KL), result.get(Metric.KL));
    }
  }

  @Test
  void intervalsAreThoseOfThePlainBootstrap() {
    requireAsPlain("kl", heard(0, Metric.KL));
    requireAsPlain("delta_ce", heard(0, Metric.DELTA_CE));
    requireAsPlain("cosine_similarity", heard(0, Metric.COSINE_SIMILARITY));
  }

  private static void requireAsPlain(String key, List<Double> values) {
    SplitMix64 random = new SplitMix64(1);
    double[] means = new double[20_000];
    for (int r = 0; r < means.length; r++) {
      for (int i = 0; i < values.size(); i++) {
        means[r] += values.get(random.below(values.size())) / values.size();
      }
    }
    Interval plain = PercentileInterval.ci95(means, values.size()).orElseThrow();
    Interval poisson = results.get(0).replicates().ci95(key).orElseThrow();
    double eighth = plain.width() / 8;
    assertThat(poisson.low()).as(key).isCloseTo(plain.low(), within(eighth));
    assertThat(poisson.high()).as(key).isCloseTo(plain.high(), within(eighth));
  }

  @Test
  void differencesAreOnTheSameTokens() {
    PairedDifference kl = results.get(1).minus(results.get(0), "kl");
    Interval paired = kl.ci95().orElseThrow();
    double one = results.get(1).replicates().ci95("kl").orElseThrow().width();
    double other = results.get(0).replicates().ci95("kl").orElseThrow().width();
    assertThat(kl.difference())
        .isEqualTo(results.get(1).get(Metric.KL) - results.get(0).get(Metric.KL))
        .isBetween(paired.low(), paired.high());
    assertThat(paired.width()).isLessThan(Math.hypot(one, other));
    Interval itself = results.get(0).minus(results.get(0), "kl").ci95().orElseThrow();
    assertThat(itself).isEqualTo(new Interval(0, 0));
    assertThat(results.get(0).minus(results.get(1), "tokens").ci95()).isEmpty();
  }

  @Test
  void differencesOfOtherEvaluationsAreRefused() throws IOException {
    EvaluationResult other = anew(short16(6));
    assertThatThrownBy(() -> results.get(0).minus(other, "kl"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fewSequencesHaveNoIntervals() throws IOException {
    EvaluationResult one = anew(short16(1));
    assertThat(one.replicates().ci95()).isEmpty();
    assertThat(one.replicates().missing()).contains("intervals need 5 sequences, found 1");
    assertThat(one.undefined()).isEmpty();
    assertThat(one.minus(one, "kl")).isEqualTo(new PairedDifference(0, Optional.empty()));
  }

  @Test
  void sequencesThatDoNotCountAreNoDraws() {
    Positions exceptFirstToken = Positions.exceptTokens(tokens.sequence(0));
    EvaluationResult result =
        Evaluation.of(model, k16)
            .with(DEFAULTS.withCounted(exceptFirstToken))
            .run(Sequences.of(tokens.sequence(0), tokens.sequence(9)));
    assertThat(result.sequences()).isEqualTo(2);
    assertThat(result.replicates().sequences()).isEqualTo(1);
  }

  @Test
  void anotherSeedGivesOtherDraws() {
    Resampling other = new Resampling(500, 1);
    EvaluationResult result =
        Evaluation.of(model, k16).with(DEFAULTS.withResampling(other)).run(tokens);
    assertThat(result.metrics()).isEqualTo(results.get(0).metrics());
    assertThat(result.replicates().ci95("kl"))
        .isPresent()
        .isNotEqualTo(results.get(0).replicates().ci95("kl"));
  }

  @Test
  void itStopsOnceItIsSure() throws IOException {
    Sequences more = short16(64);
    EvaluationOptions batches = DEFAULTS.withBatchTokens(32);
    EvaluationResult all = Evaluation.of(model, k16).with(batches).run(more);
    double width = all.replicates().ci95("kl").orElseThrow().width();
    assertThat(all.stoppedEarly()).isFalse();
    EvaluationResult early =
        Evaluation.of(model, k16).with(batches.withUntilCi(1.2 * width)).run(more);
    assertThat(early.stoppedEarly()).isTrue();
    assertThat(early.sequences()).isBetween(30L, 62L).matches(n -> n % 2 == 0);
    assertThat(early.tokens()).isEqualTo(16 * early.sequences());
    assertThat(early.replicates().ci95("kl").orElseThrow().width()).isLessThan(1.2 * width);
    EvaluationResult wide = Evaluation.of(model, k16).with(batches.withUntilCi(1e9)).run(more);
    assertThat(wide.sequences()).isEqualTo(30);
    EvaluationResult never = Evaluation.of(model, k16).with(batches.withUntilCi(1e-9)).run(more);
    assertThat(never.stoppedEarly()).isFalse();
    assertThat(never.metrics()).isEqualTo(all.metrics());
    assertThatThrownBy(() -> DEFAULTS.withUntilCi(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void positionsAverageToTheWhole() {
    EvaluationResult result = results.get(0);
    assertThat(result.klByPosition()).hasSize(16);
    assertThat(result.deltaCeByPosition()).hasSize(16).last().isEqualTo(Double.NaN);
    double kl = result.klByPosition().stream().mapToDouble(d -> d).average().orElseThrow();
    assertThat(kl).isCloseTo(result.get(Metric.KL), within(1e-12));
    double delta =
        result.deltaCeByPosition().stream().limit(15).mapToDouble(d -> d).average().orElseThrow();
    assertThat(delta).isCloseTo(result.get(Metric.DELTA_CE), within(1e-12));
  }

  /** In sequences of two tokens, the second is all that is predicted. */
  @Test
  void frequencyIsThatOfThePredictedToken() {
    List<int[]> pairs = new ArrayList<>();
    for (int i = 0; i < 190; i++) {
      pairs.add(new int[] {100 + i, i < 100 ? 7 : i < 180 ? 8 + i % 2 : 300 + i});
    }
    List<SequenceResult> heard = new ArrayList<>();
    EvaluationResult result =
        Evaluation.of(model, k16)
            .onSequence(heard::add)
            .run(Sequences.of(pairs.toArray(int[][]::new)));
    List<FrequencyBand> bands = result.byTokenFrequency();
    assertThat(bands).extracting(FrequencyBand::from).containsExactly(1e-3, 1e-1);
    assertThat(bands).extracting(FrequencyBand::to).containsExactly(1e-2, 1.0);
    assertThat(bands).extracting(FrequencyBand::tokens).containsExactly(10L, 180L);
    double rare =
        heard.stream().skip(180).mapToDouble(s -> s.get(Metric.DELTA_CE)).average().orElseThrow();
    double often =
        heard.stream().limit(180).mapToDouble(s -> s.get(Metric.DELTA_CE)).average().orElseThrow();
    assertThat(bands.get(0).deltaCe()).isCloseTo(rare, within(1e-12));
    assertThat(bands.get(1).deltaCe()).isCloseTo(often, within(1e-12));
    double kl = (10 * bands.get(0).kl() + 180 * bands.get(1).kl()) / 190;
    assertThat(kl).isCloseTo(result.klByPosition().get(0), within(1e-12));
  }

  /** Which band a token is in depends on all of the corpus, not on what of it counts. */
  @Test
  void frequencyIsThatInTheCorpus() {
    int[][] sequences = new int[100][];
    for (int s = 0; s < sequences.length; s++) {
      sequences[s] = new int[] {7, 7, 7, s == 0 ? 7 : 200 + s};
    }
    EvaluationResult result =
        Evaluation.of(model, k16)
            .with(DEFAULTS.withCounted(Positions.of(2)))
            .run(Sequences.of(sequences));
    List<FrequencyBand> bands = result.byTokenFrequency();
    assertThat(bands).extracting(FrequencyBand::from).containsExactly(1e-3, 1e-1);
    assertThat(bands).extracting(FrequencyBand::tokens).containsExactly(99L, 1L);
  }

  /** A corpus whose size nobody knows gives the same, and longer sequences may come late. */
  @Test
  void aCorpusNeedNotBeInMemory() throws IOException {
    Sequences mixed =
        Sequences.of(tokens.sequence(0), Fixtures.tokens().sequence(3), tokens.sequence(2));
    Set<Long> totals = new HashSet<>();
    EvaluationOptions batches = DEFAULTS.withBatchTokens(16);
    EvaluationResult streamed =
        Evaluation.of(model, k16)
            .with(batches)
            .onProgress((done, total) -> totals.add(total))
            .runAll(new UnsizedCorpus(mixed))
            .get(0);
    EvaluationResult known = Evaluation.of(model, k16).with(batches).run(mixed);
    assertThat(streamed.metrics()).isEqualTo(known.metrics());
    assertThat(streamed.klByPosition()).hasSize(64).isEqualTo(known.klByPosition());
    assertThat(totals).containsExactlyInAnyOrder(Progress.UNKNOWN, 192L);
    Sequences broken = Sequences.of(tokens.sequence(0), new int[] {5, 4000});
    assertThatThrownBy(
            () -> Evaluation.of(model, k16).with(batches).runAll(new UnsizedCorpus(broken)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token id 4000 at position 1 of sequence 1");
  }
}
