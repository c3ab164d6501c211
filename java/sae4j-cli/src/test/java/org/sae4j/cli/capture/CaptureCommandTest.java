package org.sae4j.cli.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TensorComparison;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Sequences;

class CaptureCommandTest {
  private static final String EXPECTED = "expected/activations.safetensors";

  @TempDir Path folder;

  private CommandRun capture(String... more) {
    List<String> first =
        List.of(
            "capture",
            "--model",
            TestArguments.MODEL,
            "--tokens",
            TestArguments.TOKENS,
            "--max-tokens",
            "128",
            "-o",
            output().toString());
    return CommandRun.of(CommandRun.args(first, more));
  }

  private Path output() {
    return folder.resolve("activations.safetensors");
  }

  @Test
  void activationsAtEveryHookAreTheReferences() throws IOException {
    List<String> hooks = new ArrayList<>();
    for (String tensor : Safetensors.read(TestData.path(EXPECTED)).tensors().keySet()) {
      if (tensor.contains("hook_")) {
        hooks.add(tensor);
      }
    }
    List<String> args = new ArrayList<>();
    hooks.forEach(hook -> args.addAll(List.of("--hook", hook)));

    CommandRun run = capture(args.toArray(String[]::new));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(hooks).hasSizeGreaterThan(20);
    for (String hook : hooks) {
      TensorComparison.assertClose(output(), EXPECTED, hook);
    }
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void tokensComeAlong() throws IOException {
    CommandRun run = capture("--hook", "hook_embed", "--hook", "hook_embed", "--json", "-");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().getAsJsonObject("results").getAsJsonObject("tensors").keySet())
        .containsExactly("hook_embed", "tokens");
    StoredTensor tokens = Safetensors.read(output()).tensor("tokens");
    assertThat(tokens.shape()).containsExactly(2L, 64L);
    Sequences expected = Sequences.fromJson(Path.of(TestArguments.TOKENS));
    float[] found = tokens.toFloats();
    assertThat((int) found[0]).isEqualTo(expected.token(0, 0));
    assertThat((int) found[127]).isEqualTo(expected.token(1, 63));
  }

  @Test
  void hookIsNeededAndHasToExist() {
    assertThat(capture().exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    CommandRun unknown = capture("--hook", "blocks.9.hook_resid_post");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(unknown.err()).contains("layers 0 to 5");
  }
}
