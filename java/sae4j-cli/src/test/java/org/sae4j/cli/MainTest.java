package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.cli.terminal.ExitCode;

class MainTest {
  @ParameterizedTest
  @ValueSource(strings = {"demo", "eval", "ablate", "logits", "capture", "inspect", "convert"})
  void everyCommandHasHelpAndVersion(String command) {
    CommandRun help = CommandRun.of(command, "--help");
    CommandRun version = CommandRun.of(command, "--version");

    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("Usage: sae4j " + command, "--json", "130 interrupted");
    assertThat(version.exitCode()).isZero();
    assertThat(version.out()).contains("sae4j", "llama.cpp", "kernels", "OpenBLAS");
  }

  @Test
  void helpListsTheCommands() {
    assertThat(CommandRun.of("--help").out())
        .contains("demo", "eval", "ablate", "logits", "capture", "inspect", "convert");
  }

  /** Help has to be there where the engine cannot run. */
  @Test
  void helpDoesNotLoadTheEngine() throws Exception {
    String output =
        CommandRun.jvm("eval", "--help").with("-Xlog:class+load").run().requireSuccess().output();
    assertThat(output).contains("Usage: sae4j eval").doesNotContain("org.sae4j.engine.");
  }

  @Test
  void noCommandIsWrongUsage() {
    CommandRun run = CommandRun.of();

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains("Try 'sae4j --help'");
  }

  @Test
  void misspeltCommandGetsASuggestion() {
    CommandRun run = CommandRun.of("evl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains("eval");
  }

  @Test
  void aMistypedOptionIsNamedBeforeAMissingOne() {
    CommandRun run = CommandRun.of("eval", "--modle", "m.gguf", "--sae", "s.pt", "--text", "t.txt");

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err())
        .contains("Unknown option: '--modle'", "--model")
        .doesNotContain("Missing");
    assertThat(CommandRun.of("eval", "--sae", "s.pt").err()).contains("Missing required");
  }
}
