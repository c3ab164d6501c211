package org.sae4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.ExpectedResults;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.TinySae;
import org.sae4j.cli.terminal.ExitCode;

/** SAEs of every format, one by one and a folder at a time. */
class SaeFormatsTest {
  private static final String SAES = TestArguments.path("saes");
  private static final String DICTIONARY = TestArguments.path("saes/dictionary_learning/topk");
  private static final String GEMMA = "gemma_scope/layer_3/width_1k/average_l0_16";

  @TempDir Path folder;

  @Test
  void folderStandsForTheSaesInIt() throws IOException {
    CommandRun run =
        CommandRun.of(
            "eval",
            "--model",
            TestArguments.MODEL,
            "--sae",
            SAES,
            "--tokens",
            TestArguments.TOKENS,
            "--json",
            "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonArray found = run.json().getAsJsonObject("results").getAsJsonArray("saes");
    assertThat(found).hasSize(12);
    for (JsonElement each : found) {
      JsonObject one = each.getAsJsonObject();
      String name =
          Path.of(SAES).getParent().relativize(Path.of(one.get("sae").getAsString())).toString();
      ExpectedResults.checkAll(name.endsWith(GEMMA) ? name + "/params.npz" : name, one);
    }
  }

  @Test
  void whatCannotBeReadInAFolderIsSaid() throws IOException {
    Path mine = Files.createDirectory(folder.resolve("mine"));
    Files.writeString(mine.resolve("notes.pt"), "text");
    CommandRun none = inspect(mine.toString());
    assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("holds no SAE that sae4j reads");

    TinySae.write(mine.resolve("sae"), 192, "none");
    CommandRun one = inspect(mine.toString());
    assertThat(one.exitCode()).isZero();
    assertThat(one.err()).contains("warning: skipped " + mine.resolve("notes.pt"));
    assertThat(one.out()).contains("SAELens");

    Files.createDirectory(mine.resolve("damaged"));
    Files.writeString(mine.resolve("damaged/ae.pt"), "text");
    CommandRun both = inspect(mine.toString());
    assertThat(both.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(both.err()).contains("ae.pt: not a zip archive");
    assertThat(both.out()).contains("SAELens");
  }

  @Test
  void inspectTellsWhatWasUnderstood() {
    CommandRun run = inspect(SAES);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("sae, dictionary_learning", "sae, sparsify", "sae, Gemma Scope")
        .contains("hook          blocks.3.hook_resid_post", "encoder       sees x itself")
        .contains("assumed       hook blocks.3.hook_resid_post: taken from the name of the folder")
        .contains("ignored       threshold")
        .contains("ignored       stats_last_nonzero");
  }

  @Test
  void inspectTellsBothHooksOfATranscoder() throws IOException {
    Path sae = transcoder();

    CommandRun run = inspect(sae.toString());
    CommandRun json = CommandRun.of("inspect", sae.toString(), "--json", "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("hook          blocks.3.hook_resid_mid to blocks.3.hook_mlp_out")
        .contains("width 192, 16 latents");
    JsonObject found =
        json.json().getAsJsonObject("results").getAsJsonArray("files").get(0).getAsJsonObject();
    assertThat(found.get("hook_out").getAsString()).isEqualTo("blocks.3.hook_mlp_out");
  }

  private Path transcoder() throws IOException {
    Path sae = folder.resolve("transcoder");
    TinySae.write(sae, 192, "none");
    Path config = sae.resolve("cfg.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"standard\"", "\"transcoder\", \"d_out\": 192")
            .replace("\"apply_b_dec_to_input\": true", "\"apply_b_dec_to_input\": false")
            .replace(
                "hook_resid_post\"",
                "hook_resid_mid\", \"hook_name_out\": \"blocks.3.hook_mlp_out\""));
    return sae;
  }

  @Test
  void convertedSaeGivesTheReferencesNumbers() throws IOException {
    Path target = folder.resolve("converted");

    CommandRun convert =
        CommandRun.of("convert", "--sae", DICTIONARY, "-o", target.toString(), "--json", "-");
    CommandRun run =
        CommandRun.of(
            "eval",
            "--model",
            TestArguments.MODEL,
            "--sae",
            target.toString(),
            "--tokens",
            TestArguments.TOKENS,
            "--json",
            "-");

    assertThat(convert.exitCode()).as(convert.err()).isZero();
    JsonObject results = convert.json().getAsJsonObject("results");
    assertThat(results.get("architecture").getAsString()).isEqualTo("topk");
    assertThat(results.get("bytes").getAsLong())
        .isEqualTo(Files.size(target.resolve("sae_weights.safetensors")));
    assertThat(run.exitCode()).as(run.err()).isZero();
    ExpectedResults.checkAll("saes/saelens/topk", CommandRun.onlySae(run.json()));
  }

  @Test
  void conversionNeedsAHook() throws IOException {
    Path npz = folder.resolve("params.npz");
    Files.copy(Path.of(SAES, GEMMA, "params.npz"), npz);
    String target = folder.resolve("converted").toString();

    CommandRun without = CommandRun.of("convert", "--sae", npz.toString(), "-o", target);
    assertThat(without.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(without.err()).contains("give --hook");
    assertThat(folder.resolve("converted")).doesNotExist();

    CommandRun with =
        CommandRun.of(
            "convert", "--sae", npz.toString(), "-o", target, "--hook", TestArguments.HOOK);
    assertThat(with.exitCode()).as(with.err()).isZero();
    assertThat(with.out()).contains("jumprelu");
    assertThat(folder.resolve("converted/cfg.json")).content().contains(TestArguments.HOOK);
  }

  @Test
  void conversionOfOneThingAtATime() {
    String target = folder.resolve("target").toString();
    assertWrongUsage("convert", "-o", target);
    assertWrongUsage("convert", TestArguments.path("model"), "--sae", DICTIONARY, "-o", target);
    assertWrongUsage("convert", "--sae", DICTIONARY, "-o", target, "--type", "f16");
    assertWrongUsage(
        "convert", TestArguments.path("model"), "-o", target, "--hook", TestArguments.HOOK);
    assertThat(folder).isEmptyDirectory();
  }

  private static CommandRun inspect(String path) {
    return CommandRun.of("inspect", path);
  }

  private static void assertWrongUsage(String... args) {
    CommandRun run = CommandRun.of(args);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.WRONG_USAGE);
  }
}
