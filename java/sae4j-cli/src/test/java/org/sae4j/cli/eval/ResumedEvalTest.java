package org.sae4j.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;

/** {@code eval --resume}: a run that was killed ends as one that was not. */
class ResumedEvalTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KILLS = Integer.getInteger("sae4j.test.kills", 4);

  @TempDir private Path folder;
  private Path json;
  private Path checkpoint;
  private Path sequences;
  private String tokens = TestArguments.TOKENS;

  @BeforeEach
  void names() {
    json = folder.resolve("result.json");
    checkpoint = folder.resolve("result.json.checkpoint");
    sequences = folder.resolve("sequences.jsonl");
  }

  private String[] command(String... more) {
    return CommandRun.args(
        List.of(
            "eval",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--sae",
            TestArguments.SAELENS,
            "--tokens",
            tokens,
            "--json",
            json.toString(),
            "--per-sequence",
            sequences.toString()),
        more);
  }

  private CommandRun eval(String... more) {
    return CommandRun.of(command(more));
  }

  private JsonObject written(CommandRun run) throws IOException {
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject document = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    for (JsonElement sae : document.getAsJsonObject("results").getAsJsonArray("saes")) {
      sae.getAsJsonObject().remove("seconds");
      sae.getAsJsonObject().remove("tokens_per_second");
    }
    return document;
  }

  private Process start() throws IOException {
    return CommandRun.jvm(command("--resume", "--checkpoint-every", "0"))
        .start(folder.resolve("log"));
  }

  /** Waits until the process has written a checkpoint of its own, or is done. */
  private void awaitCheckpoint(Process process) throws Exception {
    Object before = state();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive() && before.equals(state())) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(2);
    }
  }

  private Object state() {
    try {
      return Files.readAttributes(checkpoint, "fileKey,lastModifiedTime");
    } catch (IOException e) {
      return "not there";
    }
  }

  @Test
  void aProcessThatIsKilledGoesOn() throws Exception {
    JsonObject whole = written(eval());
    List<String> lines = Files.readAllLines(sequences);
    Files.delete(json);
    Files.delete(sequences);
    Random random = new Random(1);
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start();
      try {
        awaitCheckpoint(process);
        Thread.sleep(random.nextInt(150));
      } finally {
        process.destroyForcibly();
      }
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      if (Files.exists(json)) {
        assertThat(written(CommandRun.of("--version"))).isEqualTo(whole);
        Files.delete(json);
      } else {
        writeMoreLines();
      }
    }

    assertThat(written(eval("--resume"))).isEqualTo(whole);
    assertThat(Files.readAllLines(sequences)).isEqualTo(lines);
    assertThat(checkpoint).doesNotExist();
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder("result.json", "sequences.jsonl", "log");
  }

  /** As of a process that is killed after it wrote lines, and before the next checkpoint. */
  private void writeMoreLines() throws IOException {
    Path lines = folder.resolve("sequences.jsonl.part");
    Files.writeString(lines, "{\"sae\":\"beyond\"}\n{\"sae\":", StandardOpenOption.APPEND);
  }

  @Test
  void whatAnotherRunLeftIsNotTouched() throws Exception {
    Process process = start();
    try {
      awaitCheckpoint(process);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    byte[] left = Files.readAllBytes(checkpoint);

    CommandRun without = eval();
    assertThat(without.exitCode()).isEqualTo(1);
    assertThat(without.err()).contains(checkpoint.toString(), "--resume, or delete it");
    CommandRun other = eval("--resume", "--max-tokens", "640");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .contains(checkpoint.toString(), "the same run again", "options.max_tokens was null");
    assertThat(Files.readAllBytes(checkpoint)).isEqualTo(left);

    Files.write(checkpoint, Arrays.copyOf(left, left.length - 1));
    CommandRun damaged = eval("--resume");
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.err()).contains(checkpoint + ": the checkpoint is damaged");
    assertThat(json).doesNotExist();
  }

  /** On a corpus that takes minutes, so that it cannot end before it hears of anything. */
  @Test
  void anInterruptedRunSaysHowItGoesOn() throws Exception {
    tokens = longCorpus();
    Process process = start();
    try {
      awaitCheckpoint(process);
      for (CommandRun second : List.of(eval("--resume"), latent("--resume"))) {
        assertThat(second.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(second.err()).contains(checkpoint + ": another process is writing it");
      }
      new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(Files.readString(folder.resolve("log")))
        .containsPattern("interrupted after \\d+ tokens; --resume goes on");
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder(
            "tokens.json", "log", "result.json.checkpoint", "sequences.jsonl.part");
  }

  private String longCorpus() throws IOException {
    String some = Files.readString(Path.of(TestArguments.TOKENS)).strip();
    String sequences = some.substring(1, some.length() - 1);
    String all = "[" + String.join(",", Collections.nCopies(1000, sequences)) + "]";
    return Files.writeString(folder.resolve("tokens.json"), all).toString();
  }

  private CommandRun latent(String... more) {
    return CommandRun.of(
        CommandRun.args(
            List.of("latent", "--model", TestArguments.MODEL, "--sae", TestArguments.OPENAI),
            CommandRun.args(List.of("--tokens", tokens, "--json", "" + json), more)));
  }

  @Test
  void wrongUsageIsRefused() {
    List<String> wrong =
        List.of(
            "eval", "--model", TestArguments.MODEL, "--sae", TestArguments.OPENAI, "--tokens", "x");
    CommandRun noFile = CommandRun.of(CommandRun.args(wrong, "--resume"));
    assertThat(noFile.exitCode()).isEqualTo(2);
    assertThat(noFile.err()).contains("--resume needs --json FILE");
    CommandRun noResume = CommandRun.of(CommandRun.args(wrong, "--checkpoint-every", "3"));
    assertThat(noResume.exitCode()).isEqualTo(2);
    CommandRun nothing = CommandRun.of(CommandRun.args(wrong, "--until-ci", "0"));
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err()).contains("--until-ci: expected a width above 0");
  }
}
