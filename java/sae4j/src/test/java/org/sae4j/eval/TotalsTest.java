package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.BatchEvaluation;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.Splice;
import org.sae4j.SpliceOptions;
import org.sae4j.arch.HookPoint;
import org.sae4j.pass.Checkpoint;
import org.sae4j.stats.Resampling;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Totals of parts of a corpus merge to those of the whole, bit for bit. */
class TotalsTest {
  private static final EvaluationOptions OPTIONS =
      EvaluationOptions.defaults()
          .withCounted(Positions.exceptTokens(7))
          .withResampling(new Resampling(100, 1));

  private static Model model;
  private static Sae k16;
  private static Sae standard;
  private static List<Splice> splices;
  private static List<EvaluationResult> whole;
  private static final List<List<Batch>> BLOCKS = new ArrayList<>();

  @TempDir private Path folder;

  private record Batch(long first, BatchEvaluation evaluation, CountedTokens counted) {
    void addTo(Totals totals) {
      totals.add(first, evaluation, counted, Metric.Sums.of(evaluation, counted));
    }
  }

  /** 6 blocks and a half, of sequences of 2 to 9 tokens. */
  @BeforeAll
  static void evaluate() throws IOException {
    model = Fixtures.model();
    k16 = Fixtures.sae(Fixtures.SAE_K16);
    standard = Fixtures.sae("saes/saelens/standard");
    splices =
        List.of(Splice.of(k16, OPTIONS.hook(), model), Splice.of(standard, OPTIONS.hook(), model));
    Random random = new Random(5);
    int[][] sequences = new int[6 * Totals.BLOCK + 32][];
    for (int s = 0; s < sequences.length; s++) {
      sequences[s] = random.ints(2 + random.nextInt(8), 0, 300).toArray();
    }
    Sequences corpus = Sequences.of(sequences);
    whole = Evaluation.of(model, k16, standard).with(OPTIONS).runAll(corpus);
    try (Session session = model.newSession(SessionOptions.defaults())) {
      Map<HookPoint, float[]> means = new LinkedHashMap<>();
      for (Splice splice : splices) {
        means.put(
            splice.out(),
            ActivationMeans.measure(
                session, corpus, splice.out(), OPTIONS.counted(), (done, total) -> {}));
      }
      SpliceOptions how =
          SpliceOptions.defaults().withCounted(OPTIONS.counted()).withZero(true).withMeans(means);
      for (int from = 0; from < sequences.length; from += Totals.BLOCK) {
        int to = Math.min(sequences.length, from + Totals.BLOCK);
        BLOCKS.add(batches(session, Arrays.copyOfRange(sequences, from, to), from, how, random));
      }
    }
  }

  /** A block in batches of any size. */
  private static List<Batch> batches(
      Session session, int[][] block, long before, SpliceOptions how, Random random) {
    List<Batch> batches = new ArrayList<>();
    for (int from = 0, to; from < block.length; from = to) {
      to = Math.min(block.length, from + 1 + random.nextInt(40));
      Sequences sequences = Sequences.of(Arrays.copyOfRange(block, from, to));
      batches.add(
          new Batch(
              before + from,
              session.evaluate(sequences, splices, how),
              CountedTokens.of(sequences, OPTIONS)));
    }
    return batches;
  }

  @AfterAll
  static void close() {
    standard.close();
    k16.close();
    model.close();
  }

  private static Totals empty() {
    List<HookPoint> places = splices.stream().map(Splice::out).distinct().toList();
    return new Totals(places, splices, model, OPTIONS);
  }

  /** Parts of random blocks, some of them by way of a file, merged in a random order. */
  @RepeatedTest(20)
  void theyMergeToTheSameBits(RepetitionInfo repetition) throws IOException {
    Random random = new Random(repetition.getCurrentRepetition());
    List<Totals> parts = new ArrayList<>();
    for (int p = 0; p < 1 + random.nextInt(6); p++) {
      parts.add(empty());
    }
    for (List<Batch> block : BLOCKS) {
      Totals part = parts.get(random.nextInt(parts.size()));
      block.forEach(batch -> batch.addTo(part));
    }
    parts.forEach(Totals::close);
    while (parts.size() > 1) {
      Collections.shuffle(parts, random);
      Totals merged = parts.remove(0);
      parts.set(0, random.nextBoolean() ? throughAFile(parts.get(0)) : parts.get(0));
      parts.get(0).merge(merged);
    }
    requireWhole(parts.get(0).results(false));
  }

  private Totals throughAFile(Totals totals) throws IOException {
    Checkpoint file = Checkpoint.of(folder.resolve("totals"), "{}");
    file.save(totals);
    Totals read = empty();
    file.load(read);
    return read;
  }

  /** A checkpoint may come within a block. */
  @Test
  void aBlockGoesOnAfterACheckpoint() throws IOException {
    Totals totals = empty();
    for (List<Batch> block : BLOCKS) {
      for (Batch batch : block) {
        batch.addTo(totals);
        totals = throughAFile(totals);
      }
    }
    totals.close();
    requireWhole(totals.results(false));
  }

  private static void requireWhole(List<EvaluationResult> results) {
    for (int i = 0; i < results.size(); i++) {
      EvaluationResult expected = whole.get(i);
      EvaluationResult found = results.get(i);
      assertThat(found.metrics()).isEqualTo(expected.metrics());
      assertThat(found.undefined()).isEqualTo(expected.undefined());
      assertThat(found.density()).isEqualTo(expected.density());
      assertThat(found.klByPosition()).isEqualTo(expected.klByPosition());
      assertThat(found.deltaCeByPosition()).isEqualTo(expected.deltaCeByPosition());
      assertThat(found.byTokenFrequency()).isEqualTo(expected.byTokenFrequency()).isNotEmpty();
      assertThat(found.tokens()).isEqualTo(expected.tokens());
      assertThat(found.sequences()).isEqualTo(expected.sequences());
      assertThat(found.tokensRun()).isEqualTo(expected.tokensRun());
      assertThat(found.replicates().sequences()).isEqualTo(expected.replicates().sequences());
      assertThat(found.replicates().ci95()).isEqualTo(expected.replicates().ci95()).hasSize(19);
      for (Metric metric : Metric.values()) {
        assertThat(found.minus(results.get(0), metric.key()))
            .isEqualTo(expected.minus(whole.get(0), metric.key()));
      }
    }
  }
}
