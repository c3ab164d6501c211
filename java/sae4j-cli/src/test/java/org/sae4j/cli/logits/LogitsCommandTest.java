package org.sae4j.cli.logits;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.ExpectedResults;
import org.sae4j.cli.TensorComparison;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.container.Safetensors;
import org.sae4j.tokens.Sequences;

class LogitsCommandTest {
  @TempDir Path folder;

  private Path output() {
    return folder.resolve("logits.safetensors");
  }

  private CommandRun logits(String... more) {
    List<String> first =
        List.of("logits", "--model", TestArguments.MODEL, "-o", output().toString());
    return CommandRun.of(CommandRun.args(first, more));
  }

  private CommandRun firstTwo(String... more) {
    List<String> first = List.of("--tokens", TestArguments.TOKENS, "--max-tokens", "128");
    return logits(CommandRun.args(first, more));
  }

  @Test
  void cleanLogitsAreTheReferences() throws IOException {
    CommandRun run = firstTwo();

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains(output().toString(), "[2, 64, 2048]");
    TensorComparison.assertClose(output(), "expected/activations.safetensors", "logits");
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void reconstructedLogitsAreTheReferences() throws IOException {
    CommandRun run = firstTwo("--replace", "sae", "--sae", TestArguments.OPENAI);

    assertThat(run.exitCode()).as(run.err()).isZero();
    TensorComparison.assertClose(output(), "expected/logits_sae.safetensors", "logits");
  }

  @Test
  void zeroedLogitsAreTheReferences() throws IOException {
    CommandRun run = firstTwo("--replace", "zero", "--hook", TestArguments.HOOK);

    assertThat(run.exitCode()).as(run.err()).isZero();
    TensorComparison.assertClose(output(), "expected/logits_zero.safetensors", "logits");
  }

  @Test
  void meanIsThatOfTheWholeInput() throws IOException {
    CommandRun run =
        logits("--tokens", TestArguments.TOKENS, "--replace", "mean", "--hook", TestArguments.HOOK);

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject found = new JsonObject();
    found.addProperty("ce_mean", crossEntropy(Sequences.fromJson(Path.of(TestArguments.TOKENS))));
    ExpectedResults.check("saes/saelens/topk", found);
  }

  /** The mean of −log p(next token), from the logits that were written. */
  private double crossEntropy(Sequences sequences) throws IOException {
    float[] logits = tensor();
    int vocabulary = logits.length / sequences.tokens();
    double sum = 0;
    for (int s = 0; s < sequences.count(); s++) {
      for (int p = 0; p + 1 < sequences.length(s); p++) {
        int row = sequences.index(s, p) * vocabulary;
        double partition = 0;
        for (int v = 0; v < vocabulary; v++) {
          partition += Math.exp(logits[row + v]);
        }
        sum += Math.log(partition) - logits[row + sequences.token(s, p + 1)];
      }
    }
    return sum / (sequences.tokens() - sequences.count());
  }

  @Test
  void whatIsNotCountedIsNotInTheMean() throws IOException {
    firstTwo("--replace", "mean", "--hook", TestArguments.HOOK);
    float[] all = tensor();
    firstTwo("--replace", "mean", "--hook", TestArguments.HOOK, "--skip-first-count");

    assertThat(tensor()).isNotEqualTo(all);
  }

  @Test
  void firstPositionCanBeLeftAsItIs() throws IOException {
    firstTwo();
    float[] clean = tensor();
    firstTwo("--replace", "zero", "--hook", TestArguments.HOOK, "--skip-first-replace");
    float[] zeroed = tensor();

    assertThat(List.of(zeroed[0], zeroed[2047])).isEqualTo(List.of(clean[0], clean[2047]));
    assertThat(zeroed[2048]).isNotEqualTo(clean[2048]);
  }

  @Test
  void shortRestOfATextIsLeftOut() throws IOException {
    CommandRun run = logits("--text", TestArguments.TEXT, "--max-tokens", "100", "--json", "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("last 36 tokens");
    JsonObject results = run.json().getAsJsonObject("results");
    assertThat(results.getAsJsonObject("tensors").getAsJsonArray("logits").toString())
        .isEqualTo("[1,64,2048]");
    assertThat(Safetensors.read(output()).metadata().get("sae4j")).contains("\"context\":64");
  }

  @Test
  void sequencesOfDifferentLengthsAreRefused() throws IOException {
    Path tokens = Files.writeString(folder.resolve("ragged.json"), "[[1, 2, 3], [4, 5]]");

    CommandRun run = logits("--tokens", tokens.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("one length", "3 tokens", "sequence 1 has 2");
    assertThat(output()).doesNotExist();
  }

  @Test
  void halfARequestIsWrongUsage() {
    assertWrongUsage(firstTwo("--sae", TestArguments.SAELENS));
    assertWrongUsage(firstTwo("--hook", TestArguments.HOOK));
    assertWrongUsage(firstTwo("--replace", "sae"));
    assertWrongUsage(firstTwo("--replace", "zero"));
    assertWrongUsage(firstTwo("--replace", "noise"));
    assertWrongUsage(CommandRun.of("logits", "--model", "m", "--tokens", "t"));
  }

  @Test
  void otherThingsThanFilesAreNotOverwritten() {
    CommandRun run =
        CommandRun.of(
            "logits",
            "--model",
            TestArguments.MODEL,
            "--tokens",
            TestArguments.TOKENS,
            "-o",
            folder.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("expected a file to write");
  }

  @Test
  void interruptLeavesNoFile() {
    Thread.currentThread().interrupt();

    CommandRun run = firstTwo();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.exitCode()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(folder).isEmptyDirectory();
  }

  private float[] tensor() throws IOException {
    return Safetensors.read(output()).tensor("logits").toFloats();
  }

  private static void assertWrongUsage(CommandRun run) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.WRONG_USAGE);
  }
}
