package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes that users make: what the commands say, and that the page of messages explains it. */
class MessagesTest {
  private static final Path PAGE =
      Path.of(TestData.MODEL).getParent().resolveSibling("java/docs/troubleshooting.md");

  @TempDir Path folder;

  @BeforeEach
  void provideFiles() throws IOException {
    Files.write(folder.resolve("short.gguf"), Arrays.copyOf(bytes(TestData.MODEL), 1000));
    Files.copy(Path.of(TestData.OPENAI), folder.resolve("sae.pt"));
    Path weights = Path.of(TestData.SAELENS, "sae_weights.safetensors");
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    Files.copy(Path.of(TestData.SAELENS, "cfg.json"), damaged.resolve("cfg.json"));
    Files.write(
        damaged.resolve("sae_weights.safetensors"), Arrays.copyOf(bytes("" + weights), 5000));
    Files.createDirectories(folder.resolve("empty"));
    Files.writeString(folder.resolve("text.txt"), "No latent is an island.");
    Files.writeString(folder.resolve("latin.txt"), "café", StandardCharsets.ISO_8859_1);
    Files.writeString(folder.resolve("ids.json"), "[[1, 2, 2048]]");
  }

  private static byte[] bytes(String file) throws IOException {
    return Files.readAllBytes(Path.of(file));
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "eval --model @short.gguf --sae SAE --text @text.txt   | not a readable GGUF file",
        "eval --model @none.gguf --sae SAE --text @text.txt    | no such model",
        "eval --model MODEL --sae @none.pt --text @text.txt    | no such file or folder",
        "eval --model MODEL --sae @sae.pt --text @text.txt     | does not say which activation",
        "eval --model MODEL --sae @text.txt --text @text.txt   | not an SAE that sae4j reads",
        "eval --model MODEL --sae @empty --text @text.txt      | holds no SAE that sae4j reads",
        "eval --model MODEL --sae @damaged --text @text.txt    | bytes after the header",
        "eval --model MODEL --sae SAE --text @latin.txt        | expected UTF-8, found",
        "eval --model MODEL --sae SAE --tokens @text.txt       | expected JSON, [[id, …], …]",
        "eval --model MODEL --sae SAE --tokens @ids.json       | a token id from 0 to",
        "eval --model MODEL --sae SAE --text @text.txt --context 500 | , the model's context",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.9.hook_mlp_out"
            + " | : the model has layers 0 to",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.3.hook_q | unknown hook",
        "eval --model MODEL --sae SAE --text @text.txt --hook blocks.3.mlp.hook_post"
            + " | , the activation's",
        "eval --model MODEL --sae SAE --text @text.txt --normalize expected_average_only_in"
            + " | without its constant",
        "eval --model MODEL --sae SAE --text @text.txt --resume | --resume needs --json FILE",
        "ablate --model MODEL --sae SAE --text @text.txt --position 60 | : no token of",
        "eval --model MODEL --sae SAE --text @text.txt --json @none/result.json"
            + " | the folder to write to does not exist",
        "report @ids.json -o @page.html                        | expected results as JSON",
        "convert SAE -o @model.gguf                            | expected a folder with config.json",
      })
  void aMistakeGetsOneLineThatThePageExplains(String command, String message) throws IOException {
    List<String> words =
        Arrays.stream(command.trim().split("\\s+"))
            .map(word -> word.equals("MODEL") ? TestData.MODEL : word)
            .map(word -> word.equals("SAE") ? TestData.SAELENS : word)
            .map(word -> word.startsWith("@") ? "" + folder.resolve(word.substring(1)) : word)
            .toList();
    CommandRun run = CommandRun.of(words.toArray(String[]::new));

    assertThat(run.exitCode()).isIn(ExitCode.FAILED, ExitCode.WRONG_USAGE);
    List<String> complaints =
        run.err()
            .lines()
            .filter(line -> !line.startsWith("note: ") && !line.startsWith("Try "))
            .toList();
    assertThat(complaints).hasSize(1);
    assertThat(complaints.get(0)).contains(message).doesNotContain("JsonReader", "Exception");
    assertThat(PAGE).content().contains("`" + message);
  }

  @Test
  void aFileIsNamedOnce() {
    String model = "" + folder.resolve("short.gguf");
    CommandRun run =
        CommandRun.of("eval", "--model", model, "--sae", TestData.SAELENS, "--text", model);

    assertThat(run.err()).containsOnlyOnce(model);
  }
}
