package org.sae4j.latents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.Fixtures;
import org.sae4j.Latents;
import org.sae4j.Model;
import org.sae4j.RandomSae;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.FeatureDensity;
import org.sae4j.format.container.Safetensors;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Contexts, densities and tokens of latents against brute force. */
class LatentStudyTest {
  private static final LatentStudyOptions DEFAULTS =
      LatentStudyOptions.defaults().withBatchTokens(64);

  private static Model model;
  private static Sae sae;
  private static Sequences tokens;
  private static float[][][] z; // [sequence][latent][position], one sequence run at a time

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    sae = Fixtures.sae(Fixtures.SAE_K16);
    tokens = Fixtures.tokens();
    z = new float[tokens.count()][sae.config().dSae()][];
    try (Session session = model.newSession()) {
      for (int s = 0; s < z.length; s++) {
        Sequences one = Sequences.of(tokens.sequence(s));
        RunOptions capture = RunOptions.defaults().capture(Fixtures.HOOK).withoutLogits();
        Latents latents = sae.encode(session.run(one, capture).activation(Fixtures.HOOK).toArray());
        for (int i = 0; i < latents.latents(); i++) {
          z[s][i] = new float[one.tokens()];
          for (int p = 0; p < one.tokens(); p++) {
            z[s][i][p] = latents.value(p, i);
          }
        }
      }
    }
  }

  @AfterAll
  static void close() {
    sae.close();
    model.close();
  }

  private static LatentStudyResult study(LatentStudyOptions options) {
    return LatentStudy.of(model, sae).with(options).run(tokens);
  }

  /** All peaks of a latent by definition: no stronger peak within the window. */
  private static List<LatentContext> peaks(int latent, int count, int window, int firstCounted) {
    List<LatentContext> peaks = new ArrayList<>();
    for (int s = 0; s < z.length; s++) {
      float[] left = z[s][latent].clone();
      Arrays.fill(left, 0, firstCounted, 0);
      while (true) {
        int best = 0;
        for (int p = 1; p < left.length; p++) {
          best = left[p] > left[best] ? p : best;
        }
        if (left[best] == 0) {
          break;
        }
        int from = Math.max(0, best - window);
        int to = Math.min(left.length, best + window + 1);
        int[] around = Arrays.copyOfRange(tokens.sequence(s), from, to);
        peaks.add(new LatentContext(s, best, left[best], around, best - from));
        Arrays.fill(left, from, to, 0);
      }
    }
    // A stable sort: of equally strong peaks the earliest stays the first.
    peaks.sort(Comparator.comparing(LatentContext::activation).reversed());
    return peaks.subList(0, Math.min(count, peaks.size()));
  }

  private static long fires(int latent, int firstCounted) {
    long fires = 0;
    for (float[][] sequence : z) {
      for (int p = firstCounted; p < sequence[latent].length; p++) {
        fires += sequence[latent][p] > 0 ? 1 : 0;
      }
    }
    return fires;
  }

  @ParameterizedTest
  @CsvSource({"20, 10, 0", "3, 0, 0", "1, 4, 1", "1000, 1, 0", "5, 2000000000, 1"})
  void contextsAreThoseOfBruteForce(int count, int window, int firstCounted) {
    LatentStudyResult result =
        study(
            DEFAULTS
                .withContexts(count)
                .withWindow(window)
                .withTopTokens(0)
                .withCounted(firstCounted == 0 ? Positions.all() : Positions.allButFirst()));

    assertThat(result.tokens()).isEqualTo(tokens.tokens() - (long) firstCounted * tokens.count());
    assertThat(result.latents()).hasSize(sae.config().dSae());
    int reach = Math.min(window, 1000);
    for (LatentProfile profile : result.latents()) {
      int latent = profile.latent();
      List<LatentContext> expected = peaks(latent, count, reach, firstCounted);
      assertThat(profile.contexts()).as("latent %d", latent).isEqualTo(expected);
      assertThat(profile.fires()).isEqualTo(fires(latent, firstCounted));
      assertThat(profile.density()).isEqualTo((double) profile.fires() / result.tokens());
      assertThat(profile.maxActivation())
          .isEqualTo(expected.isEmpty() ? 0 : expected.get(0).activation());
    }
    assertThat(result.latents())
        .anyMatch(profile -> profile.contexts().size() == Math.min(count, 5));
  }

  @ParameterizedTest
  @CsvSource({"1024, 2", "100, 1"})
  void neitherBatchSizeNorThreadsMatter(int batchTokens, int threads) {
    LatentStudyOptions few = DEFAULTS.withLatents(LatentChoice.mostActive(50)).withContexts(1);
    List<LatentProfile> expected = study(few).latents();
    List<LatentProfile> found =
        study(few.withBatchTokens(batchTokens).withThreads(threads)).latents();

    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).latent()).isEqualTo(expected.get(i).latent());
      assertThat(found.get(i).fires()).isEqualTo(expected.get(i).fires());
      float activation = expected.get(i).maxActivation();
      assertThat(found.get(i).maxActivation()).isCloseTo(activation, within(1e-5f * activation));
    }
  }

  @Test
  void densitiesAreThoseOfAnEvaluation() {
    FeatureDensity density = Evaluation.of(model, sae).run(tokens).density();
    for (LatentProfile profile : study(DEFAULTS.withBatchTokens(1024)).latents()) {
      assertThat(profile.fires()).isEqualTo(density.fires()[profile.latent()]);
    }
  }

  @Test
  void theMostActiveComeFirst() {
    List<LatentProfile> most = study(DEFAULTS.withLatents(LatentChoice.mostActive(7))).latents();
    List<LatentProfile> all = study(DEFAULTS).latents();
    List<LatentProfile> expected =
        all.stream()
            .sorted(Comparator.comparingLong(LatentProfile::fires).reversed())
            .limit(7)
            .toList();
    assertThat(most).isEqualTo(expected);

    List<LatentProfile> firing =
        study(DEFAULTS.withLatents(LatentChoice.mostActive(100_000))).latents();
    assertThat(firing).hasSize((int) all.stream().filter(p -> p.fires() > 0).count());
    assertThat(firing.size()).isLessThan(all.size());
  }

  @Test
  void chosenLatentsComeInTheirOrder() {
    List<LatentProfile> all = study(DEFAULTS).latents();
    LatentStudyResult chosen = study(DEFAULTS.withLatents(LatentChoice.of(900, 3, 14)));
    assertThat(chosen.latents()).containsExactly(all.get(900), all.get(3), all.get(14));
    assertThat(chosen.hook()).isEqualTo(Fixtures.HOOK);
    assertThat(chosen.withoutLogits()).isEmpty();
  }

  /** W_dec[i], centred, through ln_f's weight and W_U, less the mean over the vocabulary; f64. */
  private static double[] expectedLogits(Safetensors weights, float[] wDec, int latent, int width)
      throws IOException {
    float[] wte = weights.tensor("transformer.wte.weight").toFloats();
    float[] norm = weights.tensor("transformer.ln_f.weight").toFloats();
    double[] direction = new double[width];
    double mean = 0;
    for (int i = 0; i < width; i++) {
      mean += (double) wDec[latent * width + i] / width;
    }
    for (int i = 0; i < width; i++) {
      direction[i] = (wDec[latent * width + i] - mean) * norm[i];
    }
    double[] logits = new double[wte.length / width];
    for (int t = 0; t < logits.length; t++) {
      for (int i = 0; i < width; i++) {
        logits[t] += direction[i] * wte[t * width + i];
      }
    }
    double centre = Arrays.stream(logits).average().orElseThrow();
    return Arrays.stream(logits).map(logit -> logit - centre).toArray();
  }

  @Test
  void promotedAndSuppressedTokensAreThoseOfTheWeights() throws IOException {
    Safetensors weights = Safetensors.read(Fixtures.path("model/model.safetensors"));
    float[] wDec =
        Safetensors.read(Fixtures.path("saes/saelens/topk/sae_weights.safetensors"))
            .tensor("W_dec")
            .toFloats();
    try (Sae topk = Fixtures.sae("saes/saelens/topk");
        Session session = model.newSession()) {
      LatentStudyOptions options =
          DEFAULTS.withTopTokens(12).withLatents(LatentChoice.of(0, 321, 767));
      for (LatentProfile profile :
          LatentStudy.of(model, topk).with(options).run(tokens.first(64)).latents()) {
        double[] expected = expectedLogits(weights, wDec, profile.latent(), 192);
        float[] logits = session.latentLogits(topk, Fixtures.HOOK, profile.latent());
        double size = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertThat(logits).hasSize(expected.length);
        for (int t = 0; t < logits.length; t++) {
          assertThat((double) logits[t]).isCloseTo(expected[t], within(1e-6 * size));
        }
        double[] sorted = Arrays.stream(expected).sorted().toArray();
        assertThat(profile.promoted()).hasSize(12);
        assertThat(profile.suppressed()).hasSize(12);
        for (int i = 0; i < 12; i++) {
          TokenLogit up = profile.promoted().get(i);
          TokenLogit down = profile.suppressed().get(i);
          assertThat(up.logit()).isEqualTo(logits[up.token()]);
          assertThat(down.logit()).isEqualTo(logits[down.token()]);
          assertThat((double) up.logit())
              .isCloseTo(sorted[sorted.length - 1 - i], within(1e-6 * size));
          assertThat((double) down.logit()).isCloseTo(sorted[i], within(1e-6 * size));
        }
      }
    }
  }

  @Test
  void besideTheStreamThereAreNoTokensButAReason() {
    for (HookPoint hook :
        List.of(
            HookPoint.mlpPost(2),
            HookPoint.z(2),
            HookPoint.ln1Standardized(2),
            HookPoint.ln1(2),
            HookPoint.ln2Standardized(2),
            HookPoint.ln2(2))) {
      int width = model.width(hook);
      try (Sae beside = RandomSae.topK(width, 32, 4);
          Session session = model.newSession()) {
        LatentStudyResult result =
            LatentStudy.of(model, beside).with(DEFAULTS.withHook(hook)).run(tokens.first(64));
        assertThat(result.withoutLogits().orElseThrow()).contains(hook.name(), "direct path");
        assertThat(result.latents()).hasSize(32).allMatch(profile -> profile.promoted().isEmpty());
        assertThat(result.latents()).anyMatch(profile -> !profile.contexts().isEmpty());
        assertThatThrownBy(() -> session.latentLogits(beside, hook, 0))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("direct path");
      }
    }
  }

  @Test
  void contextsReadAsText() {
    String text = "A naïve 漢字 🙂 fiancé said: “no”.";
    int[] ids = model.tokenizer().encode(text);
    assertThat(ids.length).isGreaterThan(text.length() / 2);
    for (int p = 0; p < ids.length; p++) {
      ContextText whole = LatentContext.of(0, p, 1, ids, 1000).text(model.tokenizer());
      assertThat(whole.before() + whole.token() + whole.after()).isEqualTo(text);
      assertThat(whole.token()).isNotEmpty();
      for (int window = 0; window < 4; window++) {
        ContextText cut = LatentContext.of(0, p, 1, ids, window).text(model.tokenizer());
        assertThat(cut.before() + cut.after()).doesNotContain("\uFFFD");
        assertThat(whole.before()).endsWith(cut.before());
        assertThat(whole.after()).startsWith(cut.after());
        if (window == 3) {
          assertThat(cut.token()).isEqualTo(whole.token());
        }
      }
    }
  }

  @Test
  void aTokenAloneIsShownByItsBytes() {
    int[] ids = model.tokenizer().encode("漢");
    assertThat(ids).hasSizeGreaterThan(1);
    StringBuilder bytes = new StringBuilder();
    for (int id : ids) {
      bytes.append(model.tokenizer().show(id));
    }
    assertThat(bytes.toString()).isEqualTo("<e6><bc><a2>");
    assertThat(model.tokenizer().show(model.tokenizer().encode(" the")[0])).isEqualTo(" the");
    assertThat(model.tokenizer().show(model.tokenizer().size() + 3)).isEqualTo("<2051>");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> study(DEFAULTS.withLatents(LatentChoice.of(1536))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("latent 1536")
        .hasMessageContaining("0 to 1535");
    assertThatThrownBy(() -> study(DEFAULTS.withHook(HookPoint.mlpPost(0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("width");
    assertThatThrownBy(() -> study(DEFAULTS.withHook(HookPoint.residPost(6))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> study(DEFAULTS.withCounted(Positions.of(1000))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("counts no token");
    assertThatThrownBy(() -> LatentChoice.of(1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(LatentChoice::of).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DEFAULTS.withContexts(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anInterruptEndsIt() {
    List<Long> heard = new ArrayList<>();
    LatentStudy study =
        LatentStudy.of(model, sae)
            .with(DEFAULTS)
            .onProgress(
                (done, total) -> {
                  heard.add(done);
                  Thread.currentThread().interrupt();
                });
    assertThatThrownBy(() -> study.run(tokens)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(heard).containsExactly(64L);
  }
}
