package org.sae4j.cli.convert;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TensorComparison;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;

class ConvertCommandTest {
  @TempDir Path folder;

  @Test
  void convertedModelGivesTheReferencesLogits() throws Exception {
    Path gguf = folder.resolve("model.gguf");
    Path logits = folder.resolve("logits.safetensors");

    CommandRun convert =
        CommandRun.of("convert", TestArguments.path("model"), "-o", gguf.toString(), "--json", "-");
    CommandRun run =
        CommandRun.of(
            "logits",
            "--model",
            gguf.toString(),
            "--tokens",
            TestArguments.TOKENS,
            "--max-tokens",
            "128",
            "-o",
            logits.toString());

    assertThat(convert.exitCode()).as(convert.err()).isZero();
    JsonObject results = convert.json().getAsJsonObject("results");
    assertThat(results.get("bytes").getAsLong()).isEqualTo(gguf.toFile().length());
    assertThat(run.exitCode()).as(run.err()).isZero();
    TensorComparison.assertClose(logits, "expected/activations.safetensors", "logits");
    assertThat(folder.toFile().list()).hasSize(2);
  }

  @Test
  void typeIsTheUsersChoice() {
    Path gguf = folder.resolve("half.gguf");

    CommandRun run =
        CommandRun.of(
            "convert", TestArguments.path("model"), "-o", gguf.toString(), "--type", "f16");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommandRun.of("inspect", gguf.toString()).out()).contains("F16");
  }

  @Test
  void whatIsNoModelFails() {
    CommandRun run =
        CommandRun.of(
            "convert", TestArguments.SAELENS, "-o", folder.resolve("model.gguf").toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("config.json");
    assertThat(folder).isEmptyDirectory();
  }
}
