package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;

/** JSON with the numbers that Python writes and JSON has not got. */
class PythonNumbersTest {
  @TempDir Path folder;

  private JsonObject read(String json) throws IOException {
    return StrictJson.readObject(Files.writeString(folder.resolve("a.json"), json));
  }

  @Test
  void areNotFinite() throws IOException {
    JsonObject read = read("{\"a\":NaN,\"b\": [Infinity, -Infinity,1], \"NaN\": \"x \\\"NaN\"}");
    assertThat(read.get("a").getAsDouble()).isInfinite();
    assertThat(read.getAsJsonArray("b").get(0).getAsDouble()).isInfinite().isPositive();
    assertThat(read.getAsJsonArray("b").get(1).getAsDouble()).isInfinite().isNegative();
    assertThat(read.getAsJsonArray("b").get(2).getAsInt()).isEqualTo(1);
    assertThat(read.get("NaN").getAsString()).isEqualTo("x \"NaN");
  }

  /** Words are of any length, and at the end of what is read at once, too. */
  @Test
  void otherTextIsLeftAlone() throws IOException {
    String text = "Infinity \\\\ NaN ".repeat(3000);
    JsonObject read = read("{\"text\":\"" + text + "\",\"yes\":true,\"no\":null}");
    assertThat(read.get("text").getAsString()).isEqualTo(text.replace("\\\\", "\\"));
    assertThat(read.get("yes").getAsBoolean()).isTrue();
    assertThat(read.get("no").isJsonNull()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaNs",
        "xNaN",
        "1NaN",
        "NaN1",
        "NaN.5",
        "\"a\"NaN",
        "NaN\"a\"",
        "infinity",
        "nan",
        "Infinityyyyyyyyyy",
        "xxxxxxxxxNaN",
        "+Infinity",
        "NaN NaN",
        "True"
      })
  void otherWordsAreStillNoJson(String value) {
    assertThatThrownBy(() -> read("{\"a\":" + value + "}")).isInstanceOf(FormatException.class);
  }
}
