package org.sae4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;

/** A process of its own, asked to end in the midst of writing. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process cannot be asked to end there")
class InterruptionTest {
  private static final int TIMES = 60;
  private static final long A_BATCH = 1 << 20; // bytes of logits: the run is under way
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void partialFileIsRemovedBeforeTheProcessEnds() throws Exception {
    Path outputs = Files.createDirectory(folder.resolve("outputs"));
    Path text = folder.resolve("long.txt");
    Files.writeString(text, Files.readString(Path.of(TestArguments.TEXT)).repeat(TIMES));
    Process process = start(text, outputs.resolve("logits.safetensors"));
    try {
      awaitLogits(outputs, process);
      process.destroy();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }

    assertThat(process.exitValue()).as(log()).isNotZero();
    assertThat(log()).contains("interrupted after");
    assertThat(outputs).isEmptyDirectory();
  }

  private Process start(Path text, Path output) throws IOException {
    return CommandRun.jvm(
            "logits",
            "--model",
            TestArguments.MODEL,
            "--text",
            text.toString(),
            "-o",
            output.toString())
        .start(folder.resolve("log"));
  }

  private void awaitLogits(Path outputs, Process process) throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (bytes(outputs) < A_BATCH) {
      assertThat(process.isAlive()).as(log()).isTrue();
      assertThat(Instant.now()).isBefore(deadline);
      Thread.sleep(20);
    }
  }

  /** Of the files that are there. */
  private static long bytes(Path outputs) throws IOException {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(outputs)) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }
}
