package org.sae4j.cli.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.TinySae;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.testing.TestData;

class AblateCommandTest {
  private static final String TOKENS = TestArguments.path("tokens/ablate.json");

  /** The keys that cli.md promises, to the letter. */
  private static final List<String> KEYS =
      List.of(
          "mean",
          "median",
          "ci95",
          "ci95_drawn",
          "row_mean",
          "pairs",
          "skipped",
          "skipped_by_reason",
          "below_noise",
          "by_latent",
          "seconds",
          "effects");

  private static final List<String> EFFECT_KEYS =
      List.of(
          "sequence",
          "position",
          "latent",
          "activation",
          "sparsity",
          "row_sparsity",
          "effective_tokens",
          "kl",
          "delta_ce",
          "top_up",
          "top_down",
          "below_noise");

  @TempDir Path folder;

  private static CommandRun ablate(String... more) {
    return CommandRun.of(
        CommandRun.args(
            List.of("ablate", "--model", TestArguments.MODEL, "--tokens", TOKENS, "--sae"), more));
  }

  private static JsonObject json(String... more) {
    CommandRun run = ablate(CommandRun.args(List.of(more), "--json", "-"));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.json();
  }

  private static JsonObject results(String... more) {
    return json(more).getAsJsonObject("results");
  }

  @ParameterizedTest
  @CsvSource({
    "saes/openai/resid_post_mlp_layer3_k16.pt, reconstruction",
    "saes/saelens/jumprelu, error_preserving"
  })
  void effectsAreTheReferences(String sae, String baseline) throws IOException {
    JsonObject results =
        results(
            TestArguments.path(sae),
            "--position",
            "20",
            "--position",
            "40",
            "--baseline",
            baseline);

    assertThat(results.keySet()).containsExactlyElementsOf(KEYS);
    List<JsonObject> expected = expected(sae, baseline);
    JsonArray effects = results.getAsJsonArray("effects");
    assertThat(effects).hasSameSizeAs(expected);
    assertThat(results.get("pairs").getAsInt()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      JsonObject effect = effects.get(i).getAsJsonObject();
      assertThat(effect.keySet()).containsExactlyElementsOf(EFFECT_KEYS);
      for (String key : List.of("sequence", "position", "latent")) {
        assertThat(effect.get(key)).isEqualTo(expected.get(i).get(key));
      }
      for (String key : List.of("activation", "sparsity", "row_sparsity", "kl")) {
        double value = expected.get(i).get(key).getAsDouble();
        assertThat(effect.get(key).getAsDouble()).as(key).isCloseTo(value, within(1e-3 * value));
      }
    }
  }

  private static List<JsonObject> expected(String sae, String baseline) throws IOException {
    String text = Files.readString(TestData.path("expected/ablate.json"));
    JsonObject all = JsonParser.parseString(text).getAsJsonObject();
    List<JsonObject> effects = new ArrayList<>();
    for (JsonElement effect : all.getAsJsonObject(sae).getAsJsonArray("effects")) {
      if (effect.getAsJsonObject().get("baseline").getAsString().equals(baseline)) {
        effects.add(effect.getAsJsonObject());
      }
    }
    return effects;
  }

  @Test
  void aSaeInTheWrongPlaceIsWarnedOf() {
    CommandRun run =
        CommandRun.of(
            "ablate",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--tokens",
            TestArguments.TOKENS,
            "--hook",
            "blocks.0.hook_resid_post",
            "--sample",
            "1",
            "--latents",
            "1");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("warning: ", "is --hook blocks.3.hook_resid_post meant?");
  }

  @Test
  void summaryIsOfTheEffects() {
    JsonObject results = results(TestArguments.OPENAI, "--sample", "6");

    double sum = 0;
    JsonArray effects = results.getAsJsonArray("effects");
    for (JsonElement effect : effects) {
      sum += effect.getAsJsonObject().get("sparsity").getAsDouble();
    }
    double mean = results.get("mean").getAsDouble();
    assertThat(mean).isCloseTo(sum / effects.size(), within(1e-12));
    JsonArray interval = results.getAsJsonArray("ci95");
    assertThat(results.get("ci95_drawn").getAsString()).isEqualTo("tokens");
    assertThat(interval).hasSize(2);
    assertThat(mean).isBetween(interval.get(0).getAsDouble(), interval.get(1).getAsDouble());
    assertThat(results.get("skipped").getAsInt()).isZero();
    assertThat(results.get("below_noise").getAsInt()).isZero();
  }

  @Test
  void latentsHaveMeansOfTheirOwn() {
    JsonObject results = results(TestArguments.OPENAI, "--position", "20", "--position", "40");

    JsonArray effects = results.getAsJsonArray("effects");
    int pairs = 0;
    for (JsonElement element : results.getAsJsonArray("by_latent")) {
      JsonObject means = element.getAsJsonObject();
      assertThat(means.keySet()).containsExactly("latent", "pairs", "sparsity", "row_sparsity");
      double sum = 0;
      for (JsonElement effect : effects) {
        boolean own = effect.getAsJsonObject().get("latent").equals(means.get("latent"));
        sum += own ? effect.getAsJsonObject().get("sparsity").getAsDouble() : 0;
      }
      double mean = sum / means.get("pairs").getAsInt();
      assertThat(means.get("sparsity").getAsDouble()).isCloseTo(mean, within(1e-12));
      pairs += means.get("pairs").getAsInt();
    }
    assertThat(pairs).isEqualTo(effects.size());
  }

  @Test
  void severalSaesGiveWhatEachGivesAlone() {
    List<String> saes = List.of(TestArguments.OPENAI, TestArguments.path("saes/saelens/jumprelu"));
    String[] options = {"--position", "20", "--position", "60"};
    JsonObject document =
        json(CommandRun.args(List.of(saes.get(0), "--sae", saes.get(1)), options));

    assertThat(document.getAsJsonArray("inputs")).hasSize(4);
    JsonObject results = document.getAsJsonObject("results");
    assertThat(results.keySet()).containsExactly("saes");
    for (int i = 0; i < 2; i++) {
      JsonObject one = results.getAsJsonArray("saes").get(i).getAsJsonObject();
      assertThat(one.remove("sae").getAsString()).isEqualTo(saes.get(i));
      JsonObject alone = results(CommandRun.args(List.of(saes.get(i)), options));
      one.remove("seconds");
      alone.remove("seconds");
      assertThat(one).isEqualTo(alone);
    }
  }

  @Test
  void aFolderStandsForTheSaesInIt() {
    CommandRun run =
        ablate(TestArguments.path("saes/openai"), "--position", "20", "--latents", "1");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("layer3_k16.pt: OpenAI", "layer3_k4.pt: OpenAI");
  }

  @Test
  void severalSaesHaveALineEach() {
    CommandRun run =
        ablate(TestArguments.OPENAI, "--sae", TestArguments.SAELENS, "--position", "20");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("SAE #1", "SAE #2", "Largest effects of SAE #2")
        .contains("Share of 32,768 logits at 16 positions that move when one latent is ablated")
        .containsPattern(
            "(?m)^ +mean +ci95 +median +row_mean +pairs +below_noise +KL below 1.00e-06 nats: in no"
                + " mean$")
        .containsPattern("(?m)^#1 latents +0\\.\\d+ +\\(0\\.\\d+, 0\\.\\d+\\) +0\\.\\d+")
        .containsPattern("(?m)^#2 latents +0\\.\\d+ ");
  }

  @Test
  void channelsAreCalledChannels() {
    JsonObject document =
        json(TestArguments.OPENAI, "--position", "20", "--control", "channels", "--latents", "16");

    JsonArray effects = document.getAsJsonObject("results").getAsJsonArray("effects");
    assertThat(effects).hasSize(32);
    List<String> keys = new ArrayList<>(EFFECT_KEYS);
    keys.set(2, "channel");
    assertThat(effects.get(1).getAsJsonObject().keySet()).containsExactlyElementsOf(keys);
    assertThat(effects.get(1).getAsJsonObject().get("channel").getAsInt()).isEqualTo(12);
    JsonObject options = document.getAsJsonObject("options");
    assertThat(options.get("control").getAsString()).isEqualTo("channels");
    assertThat(options.get("baseline").getAsString()).isEqualTo("clean");
  }

  @Test
  void optionsReachTheAblation() {
    JsonObject document =
        json(
            TestArguments.OPENAI,
            "--sample",
            "3",
            "--seed",
            "7",
            "--future",
            "4",
            "--baseline",
            "error_preserving",
            "--context-mode",
            "reconstructed",
            "--control",
            "random",
            "--latents",
            "2",
            "--threads",
            "1",
            "--skip-first-replace",
            "--hook",
            "blocks.2.hook_resid_post");

    JsonObject options = document.getAsJsonObject("options");
    assertThat(options.get("position").isJsonNull()).isTrue();
    assertThat(options.get("sample").getAsInt()).isEqualTo(3);
    assertThat(options.get("seed").getAsInt()).isEqualTo(7);
    assertThat(options.get("future").getAsInt()).isEqualTo(4);
    assertThat(options.get("baseline").getAsString()).isEqualTo("error_preserving");
    assertThat(options.get("context_mode").getAsString()).isEqualTo("reconstructed");
    assertThat(options.get("control").getAsString()).isEqualTo("random");
    assertThat(options.get("latents").getAsString()).isEqualTo("2");
    assertThat(options.get("hook").getAsString()).isEqualTo("blocks.2.hook_resid_post");
    assertThat(document.getAsJsonObject("results").getAsJsonArray("effects")).hasSize(6);
    assertThat(document.getAsJsonArray("inputs")).hasSize(3);
  }

  @Test
  void contextModeMatters() {
    String[] clean = {TestArguments.OPENAI, "--position", "20", "--latents", "2"};
    double mean = results(clean).get("mean").getAsDouble();
    String[] reconstructed = CommandRun.args(List.of(clean), "--context-mode", "reconstructed");
    assertThat(results(reconstructed).get("mean").getAsDouble()).isNotEqualTo(mean);
    String[] mostly = CommandRun.args(List.of(reconstructed), "--skip-first-replace");
    assertThat(results(mostly).get("mean").getAsDouble())
        .isNotEqualTo(results(reconstructed).get("mean").getAsDouble());
  }

  @Test
  void sampleIsTheSameForTheSameSeed() {
    String[] sampled = {TestArguments.OPENAI, "--sample", "4", "--latents", "1", "--future", "2"};
    JsonArray first = results(sampled).getAsJsonArray("effects");
    assertThat(first).hasSize(4);
    assertThat(positions(results(sampled))).isEqualTo(positions(results(sampled)));
    String[] other = CommandRun.args(List.of(sampled), "--seed", "1");
    assertThat(positions(results(other))).isNotEqualTo(positions(results(sampled)));
  }

  private static List<String> positions(JsonObject results) {
    List<String> positions = new ArrayList<>();
    for (JsonElement effect : results.getAsJsonArray("effects")) {
      JsonObject json = effect.getAsJsonObject();
      positions.add(json.get("sequence") + "/" + json.get("position"));
    }
    return positions;
  }

  @Test
  void firstTokenIsLeftOutOnRequest() {
    CommandRun run = ablate(TestArguments.OPENAI, "--position", "0", "--skip-first-count");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("no token of 2 sequences");
  }

  @Test
  void tableSaysWhatPeopleWantToKnow() {
    CommandRun run = ablate(TestArguments.OPENAI, "--position", "20", "--position", "50");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(TestArguments.HOOK, "positions [20, 50]", "active latents: all", "32,768 logits")
        .containsPattern("mean +0\\.\\d+ +95 % interval 0\\.\\d+ to 0\\.\\d+ by effects")
        .containsPattern("skipped +32 +fewer than 16 positions left")
        .contains("Largest effects", "latent 461");
  }

  @Test
  void tableSaysHowSureTheMeanIs() {
    assertThat(ablate(TestArguments.OPENAI, "--sample", "6").out())
        .containsPattern("mean +0\\.\\d+ +95 % interval 0\\.\\d+ to 0\\.\\d+ by tokens");
  }

  @Test
  void nothingLeftIsAFailureWithItsReason() {
    CommandRun run = ablate(TestArguments.OPENAI, "--position", "60", "--json", "-");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    JsonObject results = run.json().getAsJsonObject("results");
    assertThat(results.get("mean").isJsonNull()).isTrue();
    assertThat(results.get("skipped").getAsInt()).isEqualTo(32);
    assertThat(results.getAsJsonObject("skipped_by_reason").keySet())
        .containsExactly("fewer than 16 positions left");
    assertThat(results.getAsJsonObject("undefined").keySet()).contains("mean", "row_mean");
    assertThat(run.err()).contains("undefined results: mean");
  }

  @Test
  void interruptBeforeAnythingIsDoneWritesNothing() {
    Thread.currentThread().interrupt();

    CommandRun run =
        ablate(TestArguments.OPENAI, "--json", folder.resolve("result.json").toString());

    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(run.err()).contains("nothing was written");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void interruptWritesWhatIsDone() throws Exception {
    Path json = folder.resolve("result.json");
    CommandRun run = interruptedAfter(1, json);
    // It may have come too early, on a machine that is busy.
    for (int seconds = 2; Files.notExists(json) && seconds <= 16; seconds *= 2) {
      run = interruptedAfter(seconds, json);
    }

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(run.err())
        .containsPattern("interrupted after \\d+ of 98 .*the results cover what was done");
    assertThat(run.out()).contains("row_mean");
    JsonObject results =
        JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonObject("results");
    assertThat(results.get("interrupted").getAsString()).contains("of 98");
    int pairs = results.get("pairs").getAsInt();
    assertThat(pairs).isBetween(1, 98 * 192 - 1);
    assertThat(results.getAsJsonArray("effects")).hasSize(pairs);
  }

  /** All channels at all tokens, which takes long enough. */
  private static CommandRun interruptedAfter(int seconds, Path json) throws InterruptedException {
    Thread worker = Thread.currentThread();
    Thread user =
        new Thread(
            () -> {
              try {
                Thread.sleep(1000L * seconds);
                worker.interrupt();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    user.start();
    CommandRun run =
        ablate(
            TestArguments.OPENAI, "--control", "channels", "--sample", "1000", "--json", "" + json);
    assertThat(Thread.interrupted()).isTrue();
    user.join();
    return run;
  }

  @Test
  void wrongUsageIsToldApart() {
    assertWrongUsage(CommandRun.of("ablate"), "--model");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--position", "1", "--sample", "2"), "--sample");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--position", "-1"), "from 0");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--position", "1", "--seed", "2"), "--seed");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--sample", "0"), "--sample");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--future", "0"), "--future");
    assertWrongUsage(
        ablate(TestArguments.OPENAI, "--baseline", "zero"), "reconstruction, error_preserving");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--context-mode", "x"), "clean, reconstructed");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--control", "latents"), "channels, random");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--latents", "some"), "--latents");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--hook", "blocks.6.hook_resid_post"), "0 to 5");
    assertWrongUsage(ablate(TestArguments.OPENAI, "--sae", TestArguments.OPENAI), "--sae");
  }

  private static void assertWrongUsage(CommandRun run, String part) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains(part, "--help").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void saeOfAnotherWidthIsRefused() throws IOException {
    TinySae.write(folder.resolve("narrow"), 8, "none");

    CommandRun run = ablate(folder.resolve("narrow").toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("expected width 192", "found 8").doesNotContain("\tat ");
  }
}
