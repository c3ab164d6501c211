package org.sae4j.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;

/** What {@code eval} says of how sure its numbers are, and of what they are made. */
class EvalStatisticsTest {
  @TempDir private Path folder;

  private static CommandRun eval(String... more) {
    CommandRun run =
        CommandRun.of(
            CommandRun.args(
                List.of(
                    "eval",
                    "--model",
                    TestArguments.MODEL,
                    "--sae",
                    TestArguments.OPENAI,
                    "--tokens",
                    TestArguments.TOKENS),
                more));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run;
  }

  private static double number(JsonArray array, int index) {
    return array.get(index).getAsDouble();
  }

  @Test
  void intervalsAndBreakdownsAreWritten() {
    JsonObject document = eval("--max-tokens", "640", "--json", "-").json();
    JsonObject options = document.getAsJsonObject("options");
    assertThat(options.getAsJsonObject("bootstrap").get("replicates").getAsInt()).isEqualTo(1000);
    assertThat(options.get("until_ci").isJsonNull()).isTrue();
    JsonObject results = CommandRun.onlySae(document);
    assertThat(results.get("sequences").getAsInt()).isEqualTo(10);
    JsonObject ci95 = results.getAsJsonObject("ci95");
    assertThat(ci95.size()).isEqualTo(19);
    JsonArray kl = ci95.getAsJsonArray("kl");
    assertThat(results.get("kl").getAsDouble()).isBetween(number(kl, 0), number(kl, 1));
    assertThat(results.getAsJsonArray("kl_by_position")).hasSize(64);
    JsonArray delta = results.getAsJsonArray("delta_ce_by_position");
    assertThat(delta).hasSize(64);
    assertThat(delta.get(63).isJsonNull()).isTrue();
    long targets = 0;
    for (JsonElement band : results.getAsJsonArray("by_token_frequency")) {
      assertThat(band.getAsJsonObject().keySet())
          .containsExactly("from", "to", "tokens", "kl", "delta_ce");
      targets += band.getAsJsonObject().get("tokens").getAsLong();
    }
    assertThat(targets).isEqualTo(630);
    JsonObject density = results.getAsJsonObject("density");
    long latents = density.get("dead").getAsLong();
    for (JsonElement count : density.getAsJsonArray("counts")) {
      latents += count.getAsLong();
    }
    JsonArray fires = density.getAsJsonArray("fires");
    assertThat(fires).hasSize((int) latents);
    assertThat(density.getAsJsonArray("log10_edges")).hasSize(17);
    double sum = 0;
    for (JsonElement latent : fires) {
      sum += latent.getAsLong();
    }
    assertThat(sum / 640).isCloseTo(results.get("l0").getAsDouble(), within(1e-9));
  }

  @Test
  void aFewSequencesSayWhyThereIsNoInterval() {
    CommandRun run = eval("--max-tokens", "64", "--json", "-");
    JsonObject results = CommandRun.onlySae(run.json());
    assertThat(results.getAsJsonObject("ci95").size()).isZero();
    assertThat(results.get("ci95_missing").getAsString()).contains("5 sequences, found 1");
    assertThat(eval("--max-tokens", "64").out()).contains("intervals need 5 sequences, found 1");
  }

  @Test
  void theTableShowsIntervals() {
    assertThat(eval("--max-tokens", "640").out())
        .containsPattern("±0\\.\\d+ +half the 95 % interval, from \\d")
        .containsPattern("sequences +10\n");
  }

  @Test
  void saesAreComparedInPairs() {
    JsonObject results =
        eval("--max-tokens", "640", "--sae", TestArguments.SAELENS, "--json", "-")
            .json()
            .getAsJsonObject("results");
    JsonArray saes = results.getAsJsonArray("saes");
    JsonArray paired = results.getAsJsonArray("paired");
    assertThat(paired).hasSize(1);
    JsonObject pair = paired.get(0).getAsJsonObject();
    assertThat(pair.keySet()).containsExactly("a", "b", "kl", "delta_ce", "explained_variance");
    assertThat(pair.get("a").getAsString()).isEqualTo(TestArguments.OPENAI);
    assertThat(pair.get("b").getAsString()).isEqualTo(TestArguments.SAELENS);
    double a = saes.get(0).getAsJsonObject().get("kl").getAsDouble();
    double b = saes.get(1).getAsJsonObject().get("kl").getAsDouble();
    JsonObject kl = pair.getAsJsonObject("kl");
    assertThat(kl.get("difference").getAsDouble()).isEqualTo(a - b);
    assertThat(a - b)
        .isBetween(number(kl.getAsJsonArray("ci95"), 0), number(kl.getAsJsonArray("ci95"), 1));
    assertThat(eval("--max-tokens", "640", "--sae", TestArguments.SAELENS).out())
        .containsPattern("Differences from #1 \\S+ on the same tokens")
        .containsPattern("#2 \\S+ +[+]\\d\\.\\d+ \\([+-]\\d");
    assertThat(eval("--max-tokens", "256", "--sae", TestArguments.SAELENS).out())
        .contains("intervals need 5 sequences, found 4")
        .doesNotContain("±", "95 %");
  }

  @Test
  void itStopsWhenItIsSure() {
    JsonObject document = eval("--until-ci", "1000", "--json", "-").json();
    JsonObject results = CommandRun.onlySae(document);
    assertThat(document.getAsJsonObject("options").get("until_ci").getAsDouble()).isEqualTo(1000);
    assertThat(results.get("stopped_early").getAsBoolean()).isTrue();
    assertThat(results.get("sequences").getAsInt()).isEqualTo(32);
    JsonObject run = document.getAsJsonArray("inputs").get(2).getAsJsonObject();
    assertThat(run.getAsJsonObject("shape").get("sequences").getAsInt()).isEqualTo(32);
    assertThat(eval("--until-ci", "1000").out())
        .contains("stopped early: the interval of kl is narrower than 1000");
  }

  @Test
  void eachSequenceIsALine() throws IOException {
    Path file = folder.resolve("sequences.jsonl");
    JsonObject results =
        CommandRun.onlySae(
            eval("--max-tokens", "640", "--per-sequence", file.toString(), "--json", "-").json());
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(10);
    double sum = 0;
    for (int s = 0; s < 10; s++) {
      JsonObject line = JsonParser.parseString(lines.get(s)).getAsJsonObject();
      assertThat(line.get("sae").getAsString()).isEqualTo(TestArguments.OPENAI);
      assertThat(line.get("sequence").getAsInt()).isEqualTo(s);
      sum += line.get("kl").getAsDouble();
    }
    assertThat(sum / 10).isCloseTo(results.get("kl").getAsDouble(), within(1e-12));
    assertThat(folder.toFile().list()).containsExactly("sequences.jsonl");
  }
}
