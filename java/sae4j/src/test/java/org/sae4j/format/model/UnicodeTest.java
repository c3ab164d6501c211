package org.sae4j.format.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Model;
import org.sae4j.testing.TestData;

/**
 * Which characters are letters and numbers to a tokenizer, as shows in which ones join an "a" or a
 * "1" before them to one word.
 */
class UnicodeTest {
  private static final int BLOCK = 128;

  @TempDir static Path folder;

  private static Model model;
  private static Model gguf;

  @BeforeAll
  static void write() throws IOException {
    TinyGpt2 tiny = new TinyGpt2();
    for (String first : List.of("a", "1")) {
      tiny.vocabulary.addProperty("1", 4);
      for (int lead = 0xC2; lead <= 0xF4; lead++) {
        String letter = Character.toString(lead);
        if (!tiny.vocabulary.has(letter)) {
          tiny.vocabulary.addProperty(letter, tiny.vocabulary.size());
        }
        tiny.vocabulary.addProperty(first + letter, tiny.vocabulary.size());
        tiny.merges.add(first + " " + letter);
      }
    }
    Path plain = tiny.withEveryByte().writeTo(folder.resolve("model"));
    HuggingFaceModel read = HuggingFaceModel.read(plain);
    Path file = folder.resolve("model.gguf");
    GgufConversion.write(
        read, HuggingFaceTokenizer.read(read), file, WeightPrecision.F32, written -> {});
    model = Model.open(plain);
    gguf = Model.open(file);
  }

  @AfterAll
  static void close() {
    model.close();
    gguf.close();
  }

  private static BitSet listed() throws IOException {
    BitSet listed = new BitSet();
    String text = Files.readString(TestData.path("cases/unicode-differing-code-points.json"));
    for (JsonElement range : JsonParser.parseString(text).getAsJsonArray()) {
      String[] ends = range.getAsString().replace("U+", "").split("\u2013");
      int last = Integer.parseInt(ends[ends.length - 1], 16);
      listed.set(Integer.parseInt(ends[0], 16), last + 1);
    }
    return listed;
  }

  private static boolean joins(String first, int character) {
    return model.tokenizer().encode(first + Character.toString(character)).length
        == Character.toString(character).getBytes(StandardCharsets.UTF_8).length;
  }

  /** 4,302 letters and 80 numbers, as tokenizers 0.23 has them. */
  @Test
  void lettersAndNumbersOfUnicode16() throws IOException {
    assertThat(listed().stream().filter(each -> joins("a", each))).hasSize(4302);
    assertThat(listed().stream().filter(each -> joins("1", each))).hasSize(80);
    assertThat(joins("a", 0x1C89)).isTrue();
    assertThat(joins("1", 0x16130)).isTrue();
    assertThat(joins("a", 0x0378)).as("not assigned").isFalse();
  }

  @Test
  void aGgufFileDiffersInNoOtherCharacter() throws IOException {
    BitSet listed = listed();
    for (int begin = 0; begin <= Character.MAX_CODE_POINT; begin += BLOCK) {
      StringBuilder text = new StringBuilder();
      for (int each = begin; each < begin + BLOCK; each++) {
        if (!listed.get(each) && Character.getType(each) != Character.SURROGATE) {
          text.append(" a").appendCodePoint(each).append(" 1").appendCodePoint(each);
        }
      }
      assertThat(gguf.tokenizer().encode(text.toString()))
          .as("from U+%x", begin)
          .isEqualTo(model.tokenizer().encode(text.toString()));
    }
  }
}
