package org.sae4j.cli.latent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;

/** {@code latent} as users and scripts see it. */
class LatentCommandTest {
  private static final List<String> COMMAND =
      List.of("latent", "--model", TestArguments.MODEL, "--sae", TestArguments.SAELENS);

  private static CommandRun latent(String... more) {
    return CommandRun.of(CommandRun.args(COMMAND, more));
  }

  private static JsonObject results(String... more) {
    CommandRun run = latent(more);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.json().getAsJsonObject("results");
  }

  @Test
  void jsonHasTheKeysOfThePromise() {
    JsonObject results =
        results("--tokens", TestArguments.TOKENS, "--latent", "17", "--latent", "5", "--json", "-");

    assertThat(results.keySet()).containsExactly("sae", "tokens", "seconds", "latents");
    assertThat(results.get("sae").getAsString()).isEqualTo(TestArguments.SAELENS);
    assertThat(results.get("tokens").getAsLong()).isEqualTo(2048);
    JsonArray latents = results.getAsJsonArray("latents");
    assertThat(latents).hasSize(2);
    assertThat(latents.get(0).getAsJsonObject().get("latent").getAsInt()).isEqualTo(17);
    for (JsonElement each : latents) {
      JsonObject latent = each.getAsJsonObject();
      assertThat(latent.keySet())
          .containsExactly(
              "latent", "fires", "density", "max_activation", "contexts", "promoted", "suppressed");
      for (String side : List.of("promoted", "suppressed")) {
        assertThat(latent.getAsJsonArray(side)).hasSize(10);
        assertThat(latent.getAsJsonArray(side).get(0).getAsJsonObject().keySet())
            .containsExactly("id", "token", "logit");
      }
    }
  }

  @Test
  void contextsAreWithinTheirSequencesAndSorted() {
    JsonObject results =
        results(
            "--text",
            TestArguments.TEXT,
            "--latents",
            "3",
            "--top",
            "4",
            "--window",
            "2",
            "--json",
            "-");

    JsonArray latents = results.getAsJsonArray("latents");
    assertThat(latents).hasSize(3);
    for (JsonElement latent : latents) {
      JsonArray contexts = latent.getAsJsonObject().getAsJsonArray("contexts");
      assertThat(contexts).hasSize(4);
      double previous = latent.getAsJsonObject().get("max_activation").getAsDouble();
      for (JsonElement each : contexts) {
        JsonObject context = each.getAsJsonObject();
        assertThat(context.keySet())
            .containsExactly("sequence", "position", "activation", "before", "token", "after");
        assertThat(context.get("activation").getAsDouble())
            .isPositive()
            .isLessThanOrEqualTo(previous);
        assertThat(context.get("before").getAsString().isEmpty())
            .isEqualTo(context.get("position").getAsInt() == 0);
        previous = context.get("activation").getAsDouble();
      }
    }
  }

  @Test
  void theTableFitsATerminal() {
    CommandRun run = latent("--text", TestArguments.TEXT, "--latents", "5");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().filter(line -> line.startsWith("Latent "))).hasSize(5);
    assertThat(run.out()).contains("fires at", "promotes", "suppresses");
    List<String> contexts =
        run.out().lines().filter(line -> line.matches(" +[0-9.]+ +\\d+:\\d+ .*")).toList();
    assertThat(contexts).hasSize(100);
    for (String line : contexts) {
      assertThat(line.codePointCount(0, line.length())).isLessThanOrEqualTo(100);
      // One under the other.
      assertThat(line.indexOf('[', 62)).isEqualTo(62);
    }
  }

  @Test
  void allLatentsOrTenByDefault() {
    String[] few = {"--tokens", TestArguments.TOKENS, "--max-tokens", "64", "--json", "-"};

    assertThat(results(few).getAsJsonArray("latents")).hasSize(10);
    assertThat(results(CommandRun.args(List.of("--latents", "all"), few)).getAsJsonArray("latents"))
        .hasSize(768);
  }

  @Test
  void theFirstPositionCanBeLeftOut() {
    JsonObject results =
        results(
            "--tokens",
            TestArguments.TOKENS,
            "--skip-first-count",
            "--latents",
            "all",
            "--json",
            "-");

    assertThat(results.get("tokens").getAsLong()).isEqualTo(2048 - 32);
    for (JsonElement latent : results.getAsJsonArray("latents")) {
      for (JsonElement context : latent.getAsJsonObject().getAsJsonArray("contexts")) {
        assertThat(context.getAsJsonObject().get("position").getAsInt()).isPositive();
      }
    }
  }

  @Test
  void aRunThatWasInterruptedGoesOn(@TempDir Path folder) throws Exception {
    Path text = folder.resolve("long.txt");
    Files.writeString(text, Files.readString(Path.of(TestArguments.TEXT)).repeat(3));
    Path json = folder.resolve("latents.json");
    Path checkpoint = folder.resolve("latents.json.checkpoint");
    String[] args = {"--text", text.toString(), "--top", "3", "--json", json.toString()};
    String[] resumed = CommandRun.args(List.of(args), "--resume", "--checkpoint-every", "0");
    assertThat(latent(args).exitCode()).isZero();
    JsonObject whole = withoutSeconds(json);
    Files.delete(json);

    AtomicReference<CommandRun> first = new AtomicReference<>();
    Thread thread = new Thread(() -> first.set(latent(resumed)));
    thread.start();
    while (thread.isAlive() && Files.notExists(checkpoint)) {
      Thread.sleep(2);
    }
    thread.interrupt();
    thread.join();
    assertThat(first.get().exitCode()).as(first.get().err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(first.get().err()).contains("interrupted after", "--resume goes on");
    assertThat(json).doesNotExist();

    assertThat(latent(args).err()).contains("give --resume, or delete it");
    CommandRun other = latent(CommandRun.args(List.of(resumed), "--window", "3"));
    assertThat(other.err()).contains("--resume needs the same run again", "window was 10, is 3");
    assertThat(latent(resumed).exitCode()).isZero();
    assertThat(withoutSeconds(json)).isEqualTo(whole);
    assertThat(checkpoint).doesNotExist();
  }

  private static JsonObject withoutSeconds(Path json) throws IOException {
    JsonObject document = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    document.getAsJsonObject("results").remove("seconds");
    return document;
  }

  @Test
  void wrongUsageIsToldApart() {
    assertWrongUsage(
        latent("--tokens", TestArguments.TOKENS, "--latent", "768"), "0 to 767, found 768");
    assertWrongUsage(latent("--tokens", TestArguments.TOKENS, "--latent", "-1"), "--latent");
    assertWrongUsage(
        latent("--tokens", TestArguments.TOKENS, "--latent", "1", "--latents", "2"), "--latents");
    assertWrongUsage(latent("--tokens", TestArguments.TOKENS, "--top", "0"), "--top");
    assertWrongUsage(latent("--latent", "1"), "--text");
    assertWrongUsage(latent("--tokens", TestArguments.TOKENS, "--resume"), "--json FILE");
    assertWrongUsage(
        latent("--tokens", TestArguments.TOKENS, "--checkpoint-every", "3"), "--checkpoint-every");
  }

  /** Nor does any other command that takes one SAE guess which. */
  @Test
  void ofAFolderOfSaesOneIsAskedFor(@TempDir Path folder) {
    String saes = TestArguments.path("saes/saelens");
    String output = folder.resolve("output").toString();
    String found = "--sae: expected one SAE, found a folder of 6, such as " + saes;
    List<String> model = List.of("--model", TestArguments.MODEL, "--tokens", TestArguments.TOKENS);
    assertWrongUsage(
        CommandRun.of(
            CommandRun.args(
                List.of("logits", "--replace", "sae", "--sae", saes, "-o", output),
                model.toArray(String[]::new))),
        found);
    assertWrongUsage(
        CommandRun.of(
            CommandRun.args(List.of("latent", "--sae", saes), model.toArray(String[]::new))),
        found);
    assertWrongUsage(CommandRun.of("convert", "--sae", saes, "-o", output), found);
  }

  private static void assertWrongUsage(CommandRun run, String part) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains(part, "--help").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void contextsFitIntoLines(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "a\tb\u001b[31m\tc\u202e\n".repeat(40));
    CommandRun run =
        CommandRun.of(
            "latent",
            "--latents",
            "3",
            "--max-tokens",
            "128",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--text",
            text.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("<09>", "<1b>", "↵").doesNotContain("\t");
  }
}
