package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.format.FormatException;
import org.sae4j.pass.Checkpoint;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** An evaluation that goes on where another one stopped. */
class ResumedEvaluationTest {
  private static final EvaluationOptions OPTIONS = EvaluationOptions.defaults().withBatchTokens(64);

  private static Model model;
  private static Sae k16;
  private static Sae standard;
  private static Sequences tokens; // 10 of 64
  private static Evaluation evaluation;
  private static List<EvaluationResult> whole;

  @TempDir private Path folder;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    k16 = Fixtures.sae(Fixtures.SAE_K16);
    standard = Fixtures.sae("saes/saelens/standard");
    tokens = Fixtures.tokens().first(640);
    evaluation = Evaluation.of(model, k16, standard).with(OPTIONS);
    whole = evaluation.runAll(tokens);
  }

  @AfterAll
  static void close() {
    standard.close();
    k16.close();
    model.close();
  }

  private Path file() {
    return folder.resolve("checkpoint");
  }

  private Checkpoint checkpoint() {
    return Checkpoint.of(file(), "this one");
  }

  /** Interrupts after a number of batches; the first ten measure the mean. */
  private void interrupt(Evaluation evaluation, int batches) {
    int[] count = {0};
    assertThatThrownBy(
            () ->
                evaluation
                    .resuming(checkpoint())
                    .onProgress(
                        (done, total) -> {
                          if (++count[0] == batches) {
                            Thread.currentThread().interrupt();
                          }
                        })
                    .runAll(tokens))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  private static void requireSame(List<EvaluationResult> results) {
    for (int i = 0; i < whole.size(); i++) {
      assertThat(exact(results.get(i))).isEqualTo(exact(whole.get(i)));
    }
  }

  /** All but the time it took. */
  private static Map<String, Object> exact(EvaluationResult result) {
    Map<String, Object> all = new LinkedHashMap<>(result.values());
    all.keySet().removeIf(key -> key.contains("second"));
    all.put("ci95", result.replicates().ci95());
    all.put("klByPosition", result.klByPosition());
    all.put("deltaCeByPosition", result.deltaCeByPosition());
    all.put("byTokenFrequency", result.byTokenFrequency());
    all.put("density", result.density());
    all.put("sequences", result.sequences());
    return all;
  }

  /** A checkpoint of 64 MB, so that the interrupt comes while it is being written. */
  @Test
  void anInterruptDoesNotCutACheckpointShort() throws Exception {
    Checkpoint large = new Checkpoint(file(), "x".repeat(1 << 26), Duration.ZERO);
    Thread worker = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              while (!anyLargerThan(1 << 20)) {
                Thread.onSpinWait();
              }
              worker.interrupt();
            });
    interrupter.start();
    assertThatThrownBy(() -> evaluation.resuming(large).runAll(tokens))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("interrupted after");
    assertThat(Thread.interrupted()).isTrue();
    interrupter.join();

    assertThat(Checkpoint.identity(file())).contains(large.identity());
    requireSame(evaluation.resuming(large).runAll(tokens));
  }

  /** Half a batch's sequences are told of: what is kept is without the batch. */
  @Test
  void anInterruptMayComeWhileSequencesAreWritten() throws IOException {
    int[] heard = {0};
    Consumer<SequenceResult> closed =
        sequence -> {
          if (++heard[0] == 7) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new ClosedByInterruptException());
          }
        };
    assertThatThrownBy(() -> evaluation.resuming(checkpoint()).onSequence(closed).runAll(tokens))
        .isInstanceOf(CancellationException.class)
        .hasMessage("interrupted after 832 of 1280 tokens");
    assertThat(Thread.interrupted()).isTrue();

    requireSame(evaluation.resuming(checkpoint()).runAll(tokens));
  }

  private boolean anyLargerThan(long bytes) {
    for (File file : folder.toFile().listFiles()) {
      if (file.length() > bytes) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 10, 11, 13, 20})
  void itEndsAsIfNeverInterrupted(int batches) throws IOException {
    interrupt(evaluation, batches);
    assertThat(Checkpoint.identity(file())).contains("this one");
    List<Long> done = new ArrayList<>();
    List<Long> sequences = new ArrayList<>();
    List<EvaluationResult> results =
        evaluation
            .resuming(checkpoint())
            .onProgress((tokens, total) -> done.add(tokens))
            .onSequence(sequence -> sequences.add(sequence.sequence()))
            .runAll(tokens);
    requireSame(results);
    assertThat(done).hasSize(20 - batches);
    assertThat(sequences).hasSize(2 * (10 - Math.max(0, batches - 10)));
    assertThat(results.get(0).seconds()).isPositive();
    checkpoint().delete();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void itMayBeInterruptedAgain() throws IOException {
    interrupt(evaluation, 3);
    interrupt(evaluation, 5);
    interrupt(evaluation, 6);
    requireSame(evaluation.resuming(checkpoint()).runAll(tokens));
  }

  @Test
  void itIsWrittenWhileItWorks() throws IOException {
    Checkpoint always = new Checkpoint(file(), "this one", Duration.ZERO);
    Path copy = folder.resolve("copy");
    requireSame(
        evaluation
            .resuming(always)
            .onProgress(
                (done, total) -> {
                  if (done == 14 * 64) {
                    copy(copy);
                  }
                })
            .runAll(tokens));
    List<Long> sequences = new ArrayList<>();
    requireSame(
        evaluation
            .resuming(Checkpoint.of(copy, "this one"))
            .onSequence(sequence -> sequences.add(sequence.sequence()))
            .runAll(tokens));
    assertThat(sequences).hasSize(14).first().isEqualTo(3L); // written before the 14th batch
  }

  private void copy(Path to) {
    try {
      Files.copy(file(), to);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anotherEvaluationIsRefused() {
    interrupt(evaluation, 12);
    assertThatThrownBy(
            () -> evaluation.resuming(Checkpoint.of(file(), "that one")).runAll((Corpus) tokens))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file().toString())
        .hasMessageContaining("expected that one, found this one");
    assertThatThrownBy(
            () ->
                Evaluation.of(model, k16)
                    .with(OPTIONS)
                    .resuming(checkpoint())
                    .runAll((Corpus) tokens))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("checkpoint");
    Sequences shorter = tokens.first(64);
    assertThatThrownBy(() -> evaluation.resuming(checkpoint()).runAll((Corpus) shorter))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(file() + ": the corpus has 1 sequences, of which 10 were done");
  }

  @Test
  void damageIsNoticed() throws IOException {
    interrupt(evaluation, 12);
    byte[] bytes = Files.readAllBytes(file());
    for (int length : new int[] {0, 5, 19, 22, 40, bytes.length / 2, bytes.length - 1}) {
      requireRefused(Arrays.copyOf(bytes, length));
    }
    requireRefused(Arrays.copyOf(bytes, bytes.length + 1));
    for (int at : new int[] {0, 20, 24, 1000, bytes.length / 2, bytes.length - 1}) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= 4;
      requireRefused(flipped);
    }
    Files.write(file(), bytes);
    requireSame(evaluation.resuming(checkpoint()).runAll(tokens));
  }

  private void requireRefused(byte[] bytes) throws IOException {
    Files.write(file(), bytes);
    assertThatThrownBy(() -> evaluation.resuming(checkpoint()).runAll((Corpus) tokens))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file().toString())
        .hasMessageContaining("checkpoint");
  }
}
