package org.sae4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FormatExceptionTest {
  private static final Path FILE = Path.of("stranger");

  @Test
  void aStrangersNamesDoNotReachTheTerminal() {
    String name = "W\u001b[2J\r\n\u202eb\u2028\u0000";
    assertThat(FormatException.mismatch(FILE, "tensor " + name, "shape [2]", name))
        .hasMessage("stranger: tensor W?[2J???b??: expected shape [2], found W?[2J???b??");
  }

  @Test
  void aMessageIsNoLongerThanOneReads() {
    assertThat(FormatException.of(FILE, "x".repeat(1 << 20), new Exception()).getMessage())
        .hasSize("stranger: ".length() + 2000 + 1)
        .endsWith("x…");
  }
}
