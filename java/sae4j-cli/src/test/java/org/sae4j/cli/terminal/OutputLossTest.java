package org.sae4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;

/** What cannot be written, in processes of their own. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs /dev/full and a shell's limits")
class OutputLossTest {
  @TempDir Path folder;

  /** Where files may have 8 KiB only, no library can be unpacked. */
  @BeforeAll
  static void unpackTheLibraries() {
    assertThat(CommandRun.of("--version").exitCode()).isZero();
  }

  private record Ended(int exitCode, String err) {}

  /** Runs a command by a shell, in which JAVA stands for how sae4j is called. */
  private Ended shell(String script) throws Exception {
    String java = "'" + String.join("' '", CommandRun.jvm().command()) + "'";
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder("bash", "-c", script.replace("SAE4J", java))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    int exitCode = process.waitFor();
    return new Ended(exitCode, Files.readString(err, StandardCharsets.UTF_8));
  }

  @Test
  void standardOutputThatIsLostIsAFailure() throws Exception {
    Ended ended = shell("SAE4J inspect " + TestArguments.MODEL + " > /dev/full");

    assertThat(ended.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(ended.err()).contains("sae4j: standard output: No space left on device");
  }

  @Test
  void aReaderMayHaveSeenEnough() throws Exception {
    Ended ended = shell("set -o pipefail; SAE4J eval --help | head -1");

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.err()).isEmpty();
  }

  /** A limit of 8 KiB for each file stands for a full disk. */
  @ParameterizedTest
  @CsvSource({
    "logits -o, x.safetensors",
    "capture --hook hook_embed -o, x.safetensors",
    "latent --sae SAE --latents all --json, x.json",
    "eval --sae SAE --resume --checkpoint-every 0 --json, x.json",
    "eval --sae SAE --json, x.json",
  })
  void aFullDiskNamesTheFileAndKeepsNothing(String command, String name) throws Exception {
    Path outputs = Files.createDirectory(folder.resolve("outputs"));
    Path target = outputs.resolve(name);
    String common =
        " --max-tokens 256 --model %s --text %s".formatted(TestArguments.MODEL, TestArguments.TEXT);
    String args = command.replace("SAE", TestArguments.OPENAI) + " " + target + common;
    Ended ended = shell("ulimit -f 8; SAE4J " + args);

    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(ExitCode.FAILED);
    List<String> lines = ended.err().lines().filter(line -> !line.startsWith("note: ")).toList();
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).contains(target.toString(), "File too large");
    assertThat(outputs).isEmptyDirectory();
  }

  /** /dev/stdout is a link, too: a superuser's command would take its place for everybody. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "eval --sae SAE --json",
        "eval --sae SAE --per-sequence",
        "ablate --sae SAE --sample 1 --json",
        "latent --sae SAE --json",
        "logits -o",
        "capture --hook hook_embed -o"
      })
  void aLinkIsNotReplaced(String command) throws Exception {
    Path output = Files.writeString(folder.resolve("output"), "precious");
    Path outputs = Files.createDirectory(folder.resolve("outputs"));
    Path link = Files.createSymbolicLink(outputs.resolve("link.jsonl"), output);
    Path dangling = Files.createSymbolicLink(outputs.resolve("dangling.jsonl"), Path.of("nowhere"));
    for (Path target : List.of(link, dangling)) {
      String args =
          "%s %s --model %s --text %s"
              .formatted(command, target, TestArguments.MODEL, TestArguments.TEXT);
      CommandRun run = CommandRun.of(args.replace("SAE", TestArguments.SAELENS).split(" "));

      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.err())
          .contains(
              target + ": expected a file to write, found a symbolic link to ",
              Files.readSymbolicLink(target).toString());
      assertThat(outputs.toFile().list()).containsExactlyInAnyOrder("link.jsonl", "dangling.jsonl");
      assertThat(target).isSymbolicLink();
    }
    assertThat(output).hasContent("precious");
  }

  @Test
  void aPathThatTheLocaleCannotSpellSaysWhatToDo() throws Exception {
    Ended ended = shell("LC_ALL=C SAE4J inspect \"$(printf 'm\\303\\266del')\"");

    assertThat(ended.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(ended.err()).contains("set LC_ALL=C.UTF-8").doesNotContain("Exception");
  }

  @Test
  void inputThatCanBeReadOnlyOnceIsRefused() throws Exception {
    Ended ended =
        shell(
            "SAE4J eval --model %s --sae %s --text /dev/stdin < <(echo text)"
                .formatted(TestArguments.MODEL, TestArguments.OPENAI));

    assertThat(ended.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(ended.err()).contains("/dev/stdin: expected a file, found something that cannot");
  }

  @Test
  void digitsAreThoseOfJson() throws Exception {
    Path out = folder.resolve("out");
    shell("SAE4J inspect %s > %s".formatted(TestArguments.OPENAI, out));
    Path arabic = folder.resolve("arabic");
    shell(
        "SAE4J inspect %s > %s"
            .formatted(TestArguments.OPENAI, arabic)
            .replace("SAE4J", "JAVA_TOOL_OPTIONS='-Duser.language=ar -Duser.country=EG' SAE4J"));

    assertThat(arabic).content().isNotEmpty().isEqualTo(Files.readString(out));
  }
}
