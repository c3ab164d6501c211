package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;

class Utf8ReaderTest {
  private static final Path FILE = Path.of("text.txt");

  /** Reads bytes that come a few at a time. */
  private static String read(byte[] bytes, int atATime) throws IOException {
    InputStream slow =
        new ByteArrayInputStream(bytes) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, atATime));
          }
        };
    StringWriter text = new StringWriter();
    try (Utf8Reader reader = new Utf8Reader(FILE, slow)) {
      reader.transferTo(text);
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 1000})
  void charactersThatAreCut(int atATime) throws IOException {
    String text = "aé日😀\uFEFF".repeat(100);
    assertThat(read(text.getBytes(StandardCharsets.UTF_8), atATime)).isEqualTo(text);
    assertThat(read(new byte[0], atATime)).isEmpty();
  }

  @Test
  void aLargeText() throws IOException {
    String text = "日本語😀x".repeat(50_000);
    assertThat(read(text.getBytes(StandardCharsets.UTF_8), 1 << 20)).isEqualTo(text);
  }

  private static byte[] after(int start, int... bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("é".repeat(start / 2).getBytes(StandardCharsets.UTF_8));
    for (int value : bytes) {
      out.write(value);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 65534, 65536, 200_000})
  void whatIsNotUtf8IsRefusedWithItsPlace(int start) {
    int[][] wrong = {
      {0xFF}, {0x80}, {0xC0, 0x80}, {0xED, 0xA0, 0x80}, {0xF5, 0x80, 0x80, 0x80}, {0xE9, 'x', 'y'}
    };
    for (int[] bytes : wrong) {
      assertThatThrownBy(() -> read(after(start, bytes), 1000))
          .isInstanceOf(FormatException.class)
          .hasMessage(
              "text.txt: expected UTF-8, found byte 0x%02X at offset %d"
                  .formatted(bytes[0], start));
    }
  }

  @Test
  void aCharacterThatTheEndCutsIsRefused() {
    assertThatThrownBy(() -> read(after(4, 0xE6, 0x97), 1000))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("0xE6 at offset 4");
  }
}
