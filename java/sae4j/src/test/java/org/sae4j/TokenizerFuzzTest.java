package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.model.HuggingFaceTokenizer;

/** Hugging Face's library with any text as one of a tokenizer's files, and any text to encode. */
class TokenizerFuzzTest {
  private static final Path CASE =
      Fixtures.path("cases/tokenizer-config-special-not-in-vocabulary");
  private static final List<String> FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json");
  private static final String TEXT =
      "The <pad> king, naïve\u00a0\u3000 <foo>\n\n<|endoftext|>𐗀 日本's ab  <mask>  ab a 1314";

  @TempDir static Path folder;

  private static Model model;
  private static HuggingFaceModel files;

  @BeforeAll
  static void open() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(CASE.resolve("model/" + name), folder.resolve(name));
    }
    model = Model.open(folder);
    files = HuggingFaceModel.read(folder);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static Stream<byte[]> inputs() throws IOException {
    String json = Files.readString(CASE.resolve("model/tokenizer.json"));
    String overlap =
        "{\"content\": \"a b\", \"lstrip\": true, \"rstrip\": true, \"normalized\": true}";
    return Stream.of(
            "0" + json,
            "0" + json.replace("\"unk_token\": null", "\"unk_token\": \"a\""),
            "0" + json.replace("\"lstrip\": false", "\"lstrip\": true, \"single_word\": true"),
            "1" + Files.readString(CASE.resolve("model/tokenizer_config.json")),
            "1{\"added_tokens_decoder\": {\"300\": "
                + overlap
                + ", \"301\": {\"content\": \"b a\"}}}",
            "2{\"mask_token\": " + overlap + ", \"additional_special_tokens\": [\"<x>\", \"x\"]}",
            "3{\"<pad>\": 300, \" \": 301, \"\u00e9\": 302}")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("inputs")
  @FuzzTest(maxDuration = "10m")
  void encodesOrIsRefused(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    Files.copy(
        CASE.resolve("model/tokenizer.json"),
        folder.resolve("tokenizer.json"),
        StandardCopyOption.REPLACE_EXISTING);
    Path file = folder.resolve(FILES.get((input[0] & 0xFF) % FILES.size()));
    Files.write(file, Arrays.copyOfRange(input, 1, input.length));
    try {
      encode(HuggingFaceTokenizer.read(files), input);
    } catch (FormatException e) {
      assertThat(e).hasMessageStartingWith(folder.toString());
    } finally {
      Files.delete(file);
    }
  }

  private static void encode(HuggingFaceTokenizer read, byte[] input) {
    try (Vocabulary vocabulary = new FolderVocabulary(model.handle(), read)) {
      Tokenizer tokenizer = new Tokenizer(vocabulary);
      byte[] end = Arrays.copyOfRange(input, Math.max(0, input.length - 64), input.length);
      for (SpecialTokens special : SpecialTokens.values()) {
        for (byte[] text : List.of(TEXT.getBytes(StandardCharsets.UTF_8), end)) {
          int[] ids = tokenizer.encode(text, special);
          assertThat(IntStream.of(ids)).allMatch(id -> id >= 0 && id < tokenizer.size());
          tokenizer.decode(ids);
        }
      }
    }
  }
}
