package org.sae4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.results.ControlCharacters;

/** Nothing that a file or an argument holds is an order to the terminal. */
class VisibleWriterTest {
  private static final String ESCAPE = "\u001b]0;title\u0007\u001b[31m";
  private static final String HOSTILE = ESCAPE + "\u009b2J\u202egnp\u2066\r\u007f";

  @TempDir private Path folder;

  private static CommandRun harmless(CommandRun run) {
    for (String printed : List.of(run.out(), run.err())) {
      assertThat(printed.codePoints().filter(c -> c != '\n' && c != '\t'))
          .noneMatch(ControlCharacters::contain);
    }
    return run;
  }

  @ParameterizedTest
  @CsvSource({
    "'red \u001b[31m', 'red <1b>[31m'",
    "'\u009b2J', '<9b>2J'",
    "'\u202egnp', '<202e>gnp'",
    "'over\rwritten', 'over<0d>written'",
    "'\r\r\n', '<0d>\r\n'",
    "'a\tb\nc', 'a\tb\nc'",
    "'\ud83d\ude00 \udb40\udc41', '\ud83d\ude00 <e0041>'",
    "'\ud83d\ud83d\ude00', '\ud83d\ud83d\ude00'"
  })
  void showsWhatATerminalWouldObey(String text, String shown) {
    StringWriter whole = new StringWriter();
    StringWriter piecewise = new StringWriter();
    VisibleWriter.to(whole).print(text);
    PrintWriter pieces = VisibleWriter.to(piecewise);
    text.chars().forEach(c -> pieces.print((char) c));

    assertThat(whole).hasToString(shown);
    assertThat(piecewise).hasToString(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"name.gguf", "cfg-model_name"})
  void namesInFilesAreHarmless(String name) {
    String path = TestArguments.path("cases/unclear/" + name);
    CommandRun run = harmless(CommandRun.of("inspect", path));
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("<1b>");
  }

  @Test
  void namesOfFilesAreHarmless() throws Exception {
    Path sae = Files.copy(Path.of(TestArguments.OPENAI), folder.resolve(HOSTILE + ".pt"));
    CommandRun found = harmless(CommandRun.of("inspect", sae.toString()));
    assertThat(found.exitCode()).isZero();
    assertThat(found.out()).contains("<1b>]0;title<07><1b>[31m<9b>2J<202e>gnp<2066><0d><7f>.pt");
    assertThat(harmless(CommandRun.of("inspect", sae + "x")).err()).contains("<1b>]0;title<07>");
  }

  @Test
  void argumentsAreHarmless() {
    assertThat(harmless(CommandRun.of("inspect", "x", "--" + HOSTILE)).err()).contains("<1b>");
    assertThat(harmless(CommandRun.of(HOSTILE)).err()).contains("<1b>");
    assertThat(harmless(CommandRun.of("--verbose", "inspect", HOSTILE)).err()).contains("<1b>");
  }

  /** JSON has its own way to write them, which loses nothing. */
  @Test
  void jsonKeepsThem() throws Exception {
    Path text = Files.copy(Path.of(TestArguments.TEXT), folder.resolve(HOSTILE));
    List<String> args =
        List.of(
            "latent",
            "--latent",
            "0",
            "--max-tokens",
            "64",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--text",
            text.toString(),
            "--json",
            "-");
    CommandRun run = harmless(CommandRun.of(args.toArray(String[]::new)));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("\\u001b]0;title\\u0007", "\\u009b2J\\u202egnp");
    assertThat(run.json().getAsJsonArray("inputs"))
        .anySatisfy(
            input ->
                assertThat(input.getAsJsonObject().get("path").getAsString())
                    .isEqualTo(text.toString()));
  }
}
