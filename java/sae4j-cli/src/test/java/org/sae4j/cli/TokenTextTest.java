package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Model;

class TokenTextTest {
  @Test
  void quotesAreNoneOfTheText() {
    assertThat(TokenText.quoted(" sir")).isEqualTo("' sir'");
    assertThat(TokenText.quoted("'t")).isEqualTo("\"'t\"");
    assertThat(TokenText.quoted(".'\"")).isEqualTo("`.'\"`");
    assertThat(TokenText.quoted("'\"`")).isEqualTo("''\"`'");
  }

  @Test
  void controlCharactersAreShownByTheirCodes() {
    assertThat(ControlCharacters.visible("a\u001b[0m\n\u202e\u2028"))
        .isEqualTo("a<1b>[0m<0a><202e><2028>");
  }

  @Test
  void everyTokenFitsIntoALine() throws IOException {
    try (Model model = Model.open(Path.of(TestArguments.MODEL))) {
      List<String> shown =
          IntStream.range(0, model.tokenizer().size())
              .mapToObj(id -> TokenText.quoted(model, id))
              .toList();
      assertThat(shown).contains("'<0a>'", "'<1b>'");
      assertThat(String.join("", shown).codePoints()).noneMatch(ControlCharacters::contain);
    }
  }

  /** Also where tokens are a context. */
  @Test
  void contextsFitIntoLines(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "a\tb\u001b[31m\tc\u202e\n".repeat(40));
    CommandRun run =
        CommandRun.of(
            "latent",
            "--latents",
            "3",
            "--max-tokens",
            "128",
            "--model",
            TestArguments.MODEL,
            "--sae",
            TestArguments.OPENAI,
            "--text",
            text.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("<09>", "<1b>", "↵").doesNotContain("\t");
  }
}
