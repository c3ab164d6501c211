package org.sae4j.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.TinySae;
import org.sae4j.cli.terminal.ExitCode;

class InspectCommandTest {
  @TempDir Path folder;

  @Test
  void modelsTellTheirShape() {
    CommandRun run =
        CommandRun.of(
            "inspect",
            TestArguments.MODEL,
            TestArguments.path("model"),
            TestArguments.path("model-q8_0.gguf"));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("GGUF 3", "Hugging Face folder", "25 Q8_0", "76 F32 tensors");
  }

  @Test
  void oneModelInTwoFormatsReadsTheSame() {
    CommandRun gguf = CommandRun.of("inspect", TestArguments.MODEL);
    CommandRun folderRun = CommandRun.of("inspect", TestArguments.path("model"));

    assertThat(facts(gguf)).isEqualTo(facts(folderRun)).contains("  parameters    3,087,360");
  }

  private static List<String> facts(CommandRun run) {
    return run.out().lines().skip(1).filter(line -> !line.startsWith("  name ")).toList();
  }

  @Test
  void whatAModelLeavesOpenIsAssumed() throws IOException {
    String model = Files.readString(Path.of(TestArguments.MODEL), StandardCharsets.ISO_8859_1);
    Path old = folder.resolve("old.gguf");
    Files.writeString(
        old,
        model.replace("tokenizer.ggml.pre", "nothing.known.here"),
        StandardCharsets.ISO_8859_1);
    String note = "tokenizer.ggml.pre gpt-2: absent";

    assertThat(CommandRun.of("inspect", old.toString()).out()).contains("assumed       " + note);
    JsonArray files =
        CommandRun.of("inspect", old.toString(), TestArguments.MODEL, "--json", "-")
            .json()
            .getAsJsonObject("results")
            .getAsJsonArray("files");
    assertThat(files.get(0).getAsJsonObject().getAsJsonArray("assumptions")).hasSize(1);
    assertThat(files.get(1).getAsJsonObject().getAsJsonArray("assumptions")).isEmpty();
    CommandRun eval = evalOf(old.toString());
    CommandRun same = evalOf(TestArguments.MODEL);
    assertThat(eval.err()).contains("note: " + old + ": assumed " + note);
    assertThat(same.err()).doesNotContain("note: " + TestArguments.MODEL);
    for (String key : List.of("tokens", "ce_clean", "kl")) {
      assertThat(CommandRun.onlySae(eval.json()).get(key))
          .as(key)
          .isEqualTo(CommandRun.onlySae(same.json()).get(key));
    }
  }

  private static CommandRun evalOf(String model) {
    List<String> args =
        List.of(
            "eval", "--model", model, "--sae", TestArguments.SAELENS, "--text", TestArguments.TEXT);
    CommandRun run =
        CommandRun.of(
            Stream.concat(args.stream(), Stream.of("--max-tokens", "1000", "--json", "-"))
                .toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run;
  }

  @Test
  void saesTellWhatTheyCompute() {
    CommandRun run = CommandRun.of("inspect", TestArguments.OPENAI, TestArguments.SAELENS);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("topk with k = 16", "layer_norm", TestArguments.HOOK, "width 192, 1536 latents")
        .contains("assumed", "without BOS");
  }

  @Test
  void scriptsGetTheSame() {
    CommandRun run =
        CommandRun.of(
            "inspect",
            TestArguments.MODEL,
            TestArguments.path("model"),
            TestArguments.SAELENS,
            "--json",
            "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonArray files = run.json().getAsJsonObject("results").getAsJsonArray("files");
    JsonObject gguf = files.get(0).getAsJsonObject();
    JsonObject folderModel = files.get(1).getAsJsonObject();
    JsonObject sae = files.get(2).getAsJsonObject();
    assertThat(gguf.getAsJsonObject("shape")).isEqualTo(folderModel.getAsJsonObject("shape"));
    assertThat(gguf.getAsJsonObject("shape").get("vocabulary").getAsInt()).isEqualTo(2048);
    assertThat(sae.get("kind").getAsString()).isEqualTo("sae");
    assertThat(sae.get("k").getAsInt()).isEqualTo(16);
    assertThat(sae.get("hook").getAsString()).isEqualTo(TestArguments.HOOK);
    assertThat(run.json().getAsJsonArray("inputs")).hasSize(3);
  }

  @Test
  void hooksAtLayerNormsAreOnOneSideOfTheirWeights() throws IOException {
    Path sae = folder.resolve("sae");
    TinySae.write(sae, 192, "none", "blocks.3.ln2.hook_normalized");

    CommandRun run = CommandRun.of("inspect", sae.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("blocks.3.ln2.hook_standardized")
        .contains("blocks.3.ln2.hook_normalized: taken before the norm's weight and bias");
  }

  @Test
  void oneBadFileDoesNotHideTheOthers() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(TestArguments.MODEL));
    Path cut = Files.write(folder.resolve("cut.gguf"), Arrays.copyOf(bytes, 1_000_000));

    CommandRun run =
        CommandRun.of(
            "inspect", cut.toString(), TestArguments.TEXT, "nothing", TestArguments.SAELENS);

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err().lines()).hasSize(3);
    assertThat(run.err()).contains("truncated", "not an SAE", "nothing: no such file");
    assertThat(run.out()).contains("SAELens");
  }
}
