package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationContext;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.ablation.AblationTail;
import org.sae4j.ablation.TokenSample;
import org.sae4j.eval.Evaluation;
import org.sae4j.format.FormatException;
import org.sae4j.latents.LatentChoice;
import org.sae4j.latents.LatentStudy;
import org.sae4j.latents.LatentStudyOptions;
import org.sae4j.latents.LatentStudyResult;
import org.sae4j.pass.Checkpoint;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Batches;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Studies of latents and ablations of a corpus that is read as it goes. */
class StreamedStudiesTest {
  private static final LatentStudyOptions OPTIONS =
      LatentStudyOptions.defaults().withBatchTokens(128).withContexts(3).withTopTokens(2);

  private static Model model;
  private static Sae sae;
  private static Sequences tokens; // 32 of 64
  private static LatentStudy study;
  private static LatentStudyResult whole;

  @TempDir private Path folder;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    sae = Fixtures.sae(Fixtures.SAE_K16);
    tokens = Fixtures.tokens();
    study = LatentStudy.of(model, sae).with(OPTIONS);
    whole = study.run(tokens);
  }

  @AfterAll
  static void close() {
    sae.close();
    model.close();
  }

  private Path file() {
    return folder.resolve("checkpoint");
  }

  private Checkpoint checkpoint() {
    return Checkpoint.of(file(), "this one");
  }

  private static void requireSame(LatentStudyResult result) {
    assertThat(result.latents()).isEqualTo(whole.latents());
    assertThat(result.tokens()).isEqualTo(whole.tokens());
    assertThat(result.sequences()).isEqualTo(32);
    assertThat(result.tokensRun()).isEqualTo(2048);
  }

  @Test
  void aStudyReadsNoFurtherThanItIs() throws IOException {
    UnsizedCorpus corpus = new UnsizedCorpus(tokens);
    List<Long> heard = new ArrayList<>();
    LatentStudyResult result =
        study
            .onProgress(
                (done, total) -> {
                  heard.add(done);
                  assertThat(total).isEqualTo(Progress.UNKNOWN);
                  // The next sequence tells whether a batch is full.
                  assertThat(corpus.read()).isLessThanOrEqualTo(done + 64);
                })
            .run(corpus);
    requireSame(result);
    assertThat(heard).hasSize(16).endsWith(2048L);
    assertThat(corpus.opened()).isOne();
    assertThat(corpus.left()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16})
  void aStudyGoesOnWhereItWasInterrupted(int batches) throws IOException {
    interrupt(study, batches);
    List<Long> done = new ArrayList<>();
    requireSame(
        study
            .resuming(checkpoint())
            .onProgress((tokens, total) -> done.add(tokens))
            .run(new UnsizedCorpus(tokens)));
    assertThat(done).hasSize(16 - batches);
    checkpoint().delete();
    assertThat(folder).isEmptyDirectory();
  }

  private void interrupt(LatentStudy study, int batches) {
    int[] count = {0};
    assertThatThrownBy(
            () ->
                study
                    .resuming(checkpoint())
                    .onProgress(
                        (done, total) -> {
                          if (++count[0] == batches) {
                            Thread.currentThread().interrupt();
                          }
                        })
                    .run(tokens))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("interrupted after " + 128 * batches);
    assertThat(Thread.interrupted()).isTrue();
  }

  /** It holds contexts, of which there are no more after a while. */
  @Test
  void aCheckpointDoesNotGrowWithTheCorpus() throws IOException {
    LatentStudy few = study.with(OPTIONS.withLatents(LatentChoice.of(461, 900)));
    List<Long> sizes = new ArrayList<>();
    few.resuming(new Checkpoint(file(), "this one", Duration.ZERO))
        .onProgress(
            (done, total) -> {
              if (Files.exists(file())) {
                sizes.add(file().toFile().length());
              }
            })
        .run(tokens);
    assertThat(sizes).hasSize(15);
    // 1536 counts and as many lengths, and at most 2 · 3 contexts of 4 + 21 numbers and a length.
    assertThat(sizes).allMatch(size -> size < 8 * (2 * 1536 + 6 * 26) + 200);
  }

  @Test
  void theCheckpointOfSomethingElseIsRefused() throws IOException {
    interrupt(study, 3);
    assertThatThrownBy(() -> study.resuming(Checkpoint.of(file(), "that one")).run((Corpus) tokens))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expected that one, found this one");
    assertThatThrownBy(
            () -> Evaluation.of(model, sae).resuming(checkpoint()).runAll((Corpus) tokens))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("checkpoint");
    byte[] bytes = Files.readAllBytes(file());
    for (int at : new int[] {0, 24, bytes.length / 2, bytes.length - 1}) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= 4;
      Files.write(file(), flipped);
      assertThatThrownBy(() -> study.resuming(checkpoint()).run((Corpus) tokens))
          .isInstanceOf(FormatException.class);
    }
    Files.write(file(), Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> study.resuming(checkpoint()).run((Corpus) tokens))
        .isInstanceOf(FormatException.class);
  }

  @Test
  void anAblationIsTheSameOfACorpusThatIsRead() throws IOException {
    for (AblationOptions options :
        List.of(
            AblationOptions.defaults().withSample(new TokenSample(6, 3)).withMost(2),
            AblationOptions.defaults().withPositions(Positions.of(20)).withMost(1),
            AblationOptions.defaults()
                .withSample(new TokenSample(4, 1))
                .withTail(AblationTail.SHORTEN)
                .withContext(AblationContext.RECONSTRUCTED)
                .withMost(1))) {
      List<AblationEffect> expected = new ArrayList<>();
      List<AblationEffect> effects = new ArrayList<>();
      Ablation ablation = Ablation.of(model, sae).with(options);
      double mean = ablation.run(tokens, expected::add).mean();
      UnsizedCorpus corpus = new UnsizedCorpus(tokens);
      List<AblationSummary> summaries = ablation.runAll(corpus, effects::add);
      assertThat(summaries.get(0).mean()).isEqualTo(mean);
      assertThat(effects).hasSameSizeAs(expected).hasSizeGreaterThan(3);
      for (int i = 0; i < effects.size(); i++) {
        assertThat(effects.get(i).sequence()).isEqualTo(expected.get(i).sequence());
        assertThat(effects.get(i).position()).isEqualTo(expected.get(i).position());
        assertThat(effects.get(i).sparsity()).isEqualTo(expected.get(i).sparsity());
      }
      assertThat(corpus.opened()).isEqualTo(2);
      assertThat(corpus.left()).isZero();
      int last = effects.get(effects.size() - 1).sequence();
      assertThat(corpus.read()).isLessThanOrEqualTo(64L * (last + 2));
    }
  }

  @Test
  void anAblationOfWhatTheModelCannotRunDoesNotBegin() {
    Sequences broken = Sequences.of(tokens.sequence(0), new int[] {5, 4000});
    assertThatThrownBy(
            () -> Ablation.of(model, sae).runAll(new UnsizedCorpus(broken), effect -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token id 4000 at position 1 of sequence 1");
  }

  @Test
  void countingHeedsInterrupts() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(
            () -> Ablation.of(model, sae).runAll(new UnsizedCorpus(tokens), effect -> {}))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("counted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void batchesAreOfWholeSequences() throws IOException {
    UnsizedCorpus corpus = new UnsizedCorpus(tokens.first(300));
    try (Batches batches = Batches.of(corpus, 150, model.shape())) {
      assertThat(batches.next()).hasValue(tokens.first(128));
      assertThat(batches.next().map(Sequences::count)).hasValue(2);
      assertThat(batches.next().map(Sequences::tokens)).hasValue(44);
      assertThat(batches.next()).isEmpty();
    }
    assertThat(corpus.left()).isZero();
    assertThatThrownBy(() -> Batches.of(corpus, 0, model.shape()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(corpus.left()).isZero();
  }
}
