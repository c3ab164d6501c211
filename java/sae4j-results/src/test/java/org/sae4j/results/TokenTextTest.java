package org.sae4j.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sae4j.Model;
import org.sae4j.testing.TestData;

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
    try (Model model = Model.open(TestData.path("model-f32.gguf"))) {
      List<String> shown =
          IntStream.range(0, model.tokenizer().size())
              .mapToObj(id -> TokenText.quoted(model, id))
              .toList();
      assertThat(shown).contains("'<0a>'", "'<1b>'");
      assertThat(String.join("", shown).codePoints()).noneMatch(ControlCharacters::contain);
    }
  }
}
