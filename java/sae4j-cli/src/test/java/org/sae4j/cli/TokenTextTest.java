package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenTextTest {
  @Test
  void quotesAreNoneOfTheText() {
    assertThat(TokenText.quoted(" sir")).isEqualTo("' sir'");
    assertThat(TokenText.quoted("'t")).isEqualTo("\"'t\"");
    assertThat(TokenText.quoted(".'\"")).isEqualTo("`.'\"`");
    assertThat(TokenText.quoted("'\"`")).isEqualTo("''\"`'");
  }
}
