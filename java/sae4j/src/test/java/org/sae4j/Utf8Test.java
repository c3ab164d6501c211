package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {
  @ParameterizedTest
  @CsvSource({
    // bytes, how many U+FFFD Python makes of them
    "ff, 1",
    "c0af, 2",
    "e080, 2",
    "e282, 1",
    "f09f98, 1",
    "f0808080, 4",
    "eda080, 3",
    "f4908080, 4",
    "f5808080, 4",
    "80bf, 2",
    "e180e2f09192f1bf, 4"
  })
  void invalidBytesAreReplacedAsInPython(String hex, int replacements) {
    byte[] sound = Utf8.replaceInvalid(HexFormat.of().parseHex(hex));
    assertThat(new String(sound, StandardCharsets.UTF_8)).isEqualTo("\uFFFD".repeat(replacements));
  }

  @Test
  void textStaysAsItIs() {
    String all =
        new Random(1)
            .ints(5000, 1, 0x110000)
            .filter(c -> c < 0xD800 || c > 0xDFFF)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    byte[] utf8 = all.getBytes(StandardCharsets.UTF_8);
    assertThat(Utf8.replaceInvalid(utf8)).isEqualTo(utf8);
  }

  @Test
  void whateverComesOutIsUtf8() {
    Random random = new Random(2);
    byte[] bytes = new byte[20_000];
    random.nextBytes(bytes);
    byte[] sound = Utf8.replaceInvalid(bytes);
    String decoded = new String(sound, StandardCharsets.UTF_8);
    assertThat(decoded.getBytes(StandardCharsets.UTF_8)).isEqualTo(sound);
  }
}
