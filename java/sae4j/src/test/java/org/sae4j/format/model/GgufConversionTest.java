package org.sae4j.format.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.GgufReading;
import org.sae4j.testing.TestData;

class GgufConversionTest {
  @TempDir Path folder;

  private GgufReading convert(Path model, WeightPrecision precision) throws IOException {
    HuggingFaceModel read = HuggingFaceModel.read(model);
    Path target = folder.resolve("model.gguf");
    GgufConversion.write(read, HuggingFaceTokenizer.read(read), target, precision, written -> {});
    return GgufReading.read(target);
  }

  @ParameterizedTest
  @CsvSource({"F32, model-f32.gguf", "F16, model-f16.gguf"})
  void writesWhatTheConverterOfLlamaCppWrites(WeightPrecision precision, String reference)
      throws IOException {
    GgufReading expected = GgufReading.read(TestData.path(reference));
    GgufReading written = convert(TestData.path("model"), precision);

    assertThat(written.tensors().keySet()).hasSameElementsAs(expected.tensors().keySet());
    expected.tensors().forEach((name, tensor) -> assertSame(name, tensor, written));
    expected
        .metadata()
        .forEach(
            (key, value) -> {
              if (!key.equals("general.name") && !key.equals("general.size_label")) {
                assertThat(written.metadata()).containsEntry(key, value);
              }
            });
    assertThat(written.metadata())
        .containsEntry("general.name", "model")
        .containsEntry("tokenizer.ggml.add_bos_token", false);
  }

  private static void assertSame(String name, GgufReading.Tensor expected, GgufReading written) {
    GgufReading.Tensor found = written.tensors().get(name);
    assertThat(found.type()).as(name).isEqualTo(expected.type());
    assertThat(found.dims()).as(name).isEqualTo(expected.dims());
    assertThat(found.bytes()).as(name).isEqualTo(expected.bytes());
  }

  @Test
  void bothSpellingsOfTheTokenizerGiveTheSame() throws IOException {
    HuggingFaceModel model = HuggingFaceModel.read(TestData.path("model"));
    for (String name : List.of("vocab.json", "merges.txt")) {
      Files.copy(model.folder().resolve(name), folder.resolve(name));
    }
    assertThat(HuggingFaceTokenizer.read(folder, model.config()))
        .usingRecursiveComparison()
        .ignoringFields("file")
        .isEqualTo(HuggingFaceTokenizer.read(model));
  }

  @Test
  void bfloat16KeepsVectorsAndPositionsInFullPrecision() throws IOException {
    GgufReading written = convert(TestData.path("model"), WeightPrecision.BF16);
    GgufReading full = GgufReading.read(TestData.path("model-f32.gguf"));
    assertThat(written.metadata()).containsEntry("general.file_type", 32);
    assertSame("position_embd.weight", full.tensors().get("position_embd.weight"), written);
    assertSame("blk.5.ffn_up.bias", full.tensors().get("blk.5.ffn_up.bias"), written);

    GgufReading.Tensor matrix = written.tensors().get("blk.5.ffn_up.weight");
    assertThat(matrix.type()).isEqualTo(30);
    ByteBuffer rounded = littleEndian(matrix);
    ByteBuffer exact = littleEndian(full.tensors().get("blk.5.ffn_up.weight"));
    while (rounded.hasRemaining()) {
      float value = exact.getFloat();
      float error = Float.intBitsToFloat(rounded.getShort() << 16) - value;
      if (Math.abs(error) > Math.abs(value) / 256) {
        throw new AssertionError(value + " was rounded by " + error);
      }
    }
  }

  private static ByteBuffer littleEndian(GgufReading.Tensor tensor) {
    return TinyGpt2.littleEndian(tensor.bytes().length).put(tensor.bytes()).flip();
  }

  @Test
  void progressEndsAtTheBytesOfTheWeights() throws IOException {
    HuggingFaceModel model = HuggingFaceModel.read(new TinyGpt2().withEveryByte().writeTo(folder));
    for (WeightPrecision precision : WeightPrecision.values()) {
      List<Long> progress = new ArrayList<>();
      GgufConversion.write(
          model,
          HuggingFaceTokenizer.read(model),
          folder.resolve("model.gguf"),
          precision,
          progress::add);
      assertThat(progress)
          .isSorted()
          .last()
          .isEqualTo(GgufConversion.weightBytes(model, precision));
    }
  }

  @Test
  void paddingAndAnUntiedHeadAreWritten() throws IOException {
    TinyGpt2 tiny = new TinyGpt2().withEveryByte();
    tiny.config.addProperty("tie_word_embeddings", false);
    tiny.put("lm_head.weight", 260, 4);
    tiny.tensors.get("lm_head.weight").bytes()[0] = 1; // else it were the embedding
    GgufReading written = convert(tiny.writeTo(folder.resolve("tiny")), WeightPrecision.F32);
    assertThat(written.tensors().get("output.weight").dims()).containsExactly(4L, 260L);
    assertThat(list(written, "tokenizer.ggml.tokens"))
        .hasSize(260)
        .startsWith("a", "b", "ab", "<|endoftext|>", "!")
        .endsWith("[PAD258]", "[PAD259]");
    assertThat(list(written, "tokenizer.ggml.token_type")).startsWith(1, 1, 1, 3, 1).endsWith(5, 5);
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(GgufReading written, String key) {
    return (List<Object>) written.metadata().get(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'content': '<mask>', 'lstrip': true} | {'content': 'x y'}"
            + " | added token \"<mask>\": expected none with lstrip",
        "{'content': '<mask>', 'rstrip': true} | {'content': 'x y'} | expected none with rstrip",
        "{'content': '<mask>', 'single_word': true} | {'content': 'x y'} | none with single_word",
        "{'content': 'New York'} | {'content': 'York City'}"
            + " | added token \"New York\": expected none that overlaps another",
        "{'content': 'x y z', 'normalized': true} | {'content': 'y', 'normalized': false}"
            + " | added token \"x y z\": expected none that overlaps another",
      })
  void rulesThatGgufCannotSayAreRefusedByName(String one, String other, String message)
      throws IOException {
    TinyGpt2 tiny = new TinyGpt2().withEveryByte();
    JsonObject tokenizer = tiny.tokenizer();
    int id = 258;
    for (String each : List.of(one, other)) {
      JsonObject token = TinyGpt2.json(each);
      token.addProperty(
          "id",
          tiny.vocabulary.has(token.get("content").getAsString())
              ? tiny.vocabulary.get(token.get("content").getAsString()).getAsInt()
              : id++);
      tokenizer.getAsJsonArray("added_tokens").add(token);
    }
    Path model = folder.resolve("tiny");
    tiny.writeModelTo(model);
    TinyGpt2.writeJson(model.resolve("tokenizer.json"), tokenizer);
    assertThatThrownBy(() -> convert(model, WeightPrecision.F32))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(model.resolve("tokenizer.json") + ": ")
        .hasMessageContaining(message)
        .hasMessageContaining("because GGUF cannot express anything else");
    assertOnlyTheModelIsLeft(model);
  }

  @Test
  void soIsAVocabularyThatLacksBytes() throws IOException {
    Path model = new TinyGpt2().writeTo(folder.resolve("tiny"));
    assertThatThrownBy(() -> convert(model, WeightPrecision.F32))
        .hasMessageContaining("vocabulary: expected a token for each of the 256 bytes");
    assertOnlyTheModelIsLeft(model);
  }

  @Test
  void tokensWithoutARowAreLeftOut() throws IOException {
    Path model = new TinyGpt2().withEveryByte().writeTo(folder.resolve("tiny"));
    Files.writeString(
        model.resolve("added_tokens.json"), "{\"x\\n\": 258, \"y\\n\": 259, \"z\\n\": 260}");
    assertThat(HuggingFaceTokenizer.read(HuggingFaceModel.read(model)).tokens()).hasSize(261);
    assertThat(list(convert(model, WeightPrecision.F32), "tokenizer.ggml.tokens"))
        .hasSize(260)
        .endsWith("x\n", "y\n");
  }

  @Test
  void numbersBeyondTheTypeLeaveNoFile() throws IOException {
    TinyGpt2 tiny = new TinyGpt2().withEveryByte();
    byte[] bytes = tiny.tensors.get("transformer.h.1.mlp.c_proj.weight").bytes();
    TinyGpt2.littleEndian(4).putFloat(1e6f).flip().get(bytes, 0, 4);
    Path model = tiny.writeTo(folder.resolve("tiny"));
    assertThatThrownBy(() -> convert(model, WeightPrecision.F16))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(
            "tensor transformer.h.1.mlp.c_proj.weight: expected numbers in the range of F16, found"
                + " 1000000.0");
    assertOnlyTheModelIsLeft(model);
  }

  @Test
  void aListenerThatFailsLeavesNoFile() throws IOException {
    Path folderOfModel = new TinyGpt2().withEveryByte().writeTo(folder.resolve("tiny"));
    HuggingFaceModel model = HuggingFaceModel.read(folderOfModel);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    assertThatThrownBy(
            () ->
                GgufConversion.write(
                    model,
                    tokenizer,
                    folder.resolve("model.gguf"),
                    WeightPrecision.F32,
                    written -> {
                      throw new IllegalStateException("cancelled");
                    }))
        .hasMessage("cancelled");
    assertOnlyTheModelIsLeft(folderOfModel);
  }

  @Test
  void aFileThatShrinksMeanwhileLeavesNoFile() throws IOException {
    Path folderOfModel = new TinyGpt2().withEveryByte().writeTo(folder.resolve("tiny"));
    HuggingFaceModel model = HuggingFaceModel.read(folderOfModel);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    Files.write(folderOfModel.resolve("model.safetensors"), new byte[100]);
    assertThatThrownBy(
            () ->
                GgufConversion.write(
                    model,
                    tokenizer,
                    folder.resolve("model.gguf"),
                    WeightPrecision.F32,
                    written -> {}))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("transformer.wte.weight");
    assertOnlyTheModelIsLeft(folderOfModel);
  }

  private void assertOnlyTheModelIsLeft(Path model) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(model);
    }
  }
}
