package org.sae4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;

/** Commands on Hugging Face folders whose tokenizers are out of the ordinary. */
class FolderTokenizerTest {
  private static final String SAE = TestArguments.path("cases/added-tokens-overlap/sae");
  private static final String MODEL = TestArguments.path("cases/added-tokens-overlap/model");

  @TempDir Path folder;

  private static CommandRun run(String command, String model, String... more) {
    return CommandRun.of(CommandRun.args(List.of(command, "--model", model, "--sae", SAE), more));
  }

  private Path spoiltModel() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of(MODEL, name), folder.resolve(name));
    }
    String tokenizer = Files.readString(Path.of(MODEL, "tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer.json"),
        tokenizer.replace("\"type\": \"BPE\"", "\"type\": \"X\""));
    return folder;
  }

  @Test
  void aFaultyTokenizerIsNoHindranceToTokenIds() throws IOException {
    String model = spoiltModel().toString();
    Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2, 3, 4], [5, 6, 7, 2055]]");
    for (String command : List.of("eval", "latent", "ablate")) {
      List<String> args = new ArrayList<>(List.of("--tokens", ids.toString()));
      if (command.equals("latent")) {
        args.addAll(List.of("--latent", "0"));
      } else if (command.equals("ablate")) {
        args.addAll(List.of("--position", "1", "--future", "1"));
      }
      CommandRun run = run(command, model, args.toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.err())
          .contains("note: " + folder.resolve("tokenizer.json") + ": model.type: expected BPE")
          .contains("; tokens are shown by their numbers");
    }
    Path text = Files.writeString(folder.resolve("text.txt"), "No latent is an island.");
    CommandRun run = run("eval", model, "--text", text.toString());
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("tokenizer.json: model.type: expected BPE");
    assertThat(CommandRun.of("inspect", model).exitCode()).isZero();
  }

  @Test
  void convertNamesTheRuleThatGgufCannotSay() {
    CommandRun run = CommandRun.of("convert", MODEL, "-o", folder.resolve("x.gguf").toString());
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains("added token \"New York\": expected none that overlaps another, because GGUF");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void convertSaysWhichTokensHaveNoRow() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    String special = TestArguments.path("cases/tokenizer-config-special-not-in-vocabulary/model");
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(Path.of(special, name), model.resolve(name));
    }
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        "{\"extra_special_tokens\": [\"<1>\", \"<2>\", \"<3>\", \"<4>\", \"<5>\"]}");
    CommandRun run =
        CommandRun.of("convert", model.toString(), "-o", folder.resolve("x.gguf").toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("note: " + model + ": '<5>' is left out: the embedding has no row 304");
  }

  /** As in a container whose root may not be written to. */
  @Test
  void aFolderNeedsNoTemporaryFile() throws Exception {
    String text = TestArguments.path("cases/added-tokens-overlap/text.txt");
    CommandRun.jvm("eval", "--model", MODEL, "--sae", SAE, "--text", text)
        .with("-Djava.io.tmpdir=/nonexistent-tmp")
        .run()
        .requireSuccess();
  }
}
