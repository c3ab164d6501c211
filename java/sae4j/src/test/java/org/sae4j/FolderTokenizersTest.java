package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokenizers of Hugging Face folders against transformers, {@code make_tokenizers.py}. */
class FolderTokenizersTest {
  private static final Map<String, String> BASES =
      Map.of("whole", "tokenizer-added-lstrip", "incomplete", "tokenizer-alphabet-incomplete-unk");

  @TempDir Path folder;

  private static Path base(JsonObject entry) {
    return Fixtures.path("cases/" + BASES.get(entry.get("base").getAsString()) + "/model");
  }

  private static List<JsonObject> entries() throws IOException {
    try (Reader text =
        new InputStreamReader(
            FolderTokenizersTest.class.getResourceAsStream("tokenizers.json"),
            StandardCharsets.UTF_8)) {
      List<JsonObject> entries = new ArrayList<>();
      JsonParser.parseReader(text)
          .getAsJsonArray()
          .forEach(each -> entries.add(each.getAsJsonObject()));
      return entries;
    }
  }

  private void write(JsonObject entry) throws IOException {
    Path base = base(entry);
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(base.resolve(name), folder.resolve(name));
    }
    JsonObject tokenizer =
        JsonParser.parseString(Files.readString(base.resolve("tokenizer.json"))).getAsJsonObject();
    JsonObject model = tokenizer.getAsJsonObject("model");
    if (entry.has("vocab.json")) {
      Files.writeString(folder.resolve("vocab.json"), model.get("vocab").toString());
      StringBuilder merges = new StringBuilder("#version: 0.2\n");
      for (JsonElement merge : model.getAsJsonArray("merges")) {
        JsonArray pair = merge.getAsJsonArray();
        merges.append(pair.get(0).getAsString()).append(' ').append(pair.get(1).getAsString());
        merges.append('\n');
      }
      Files.writeString(folder.resolve("merges.txt"), merges);
    } else {
      tokenizer.add("added_tokens", entry.get("added_tokens"));
      for (String name : List.of("unk_token", "fuse_unk")) {
        if (entry.has(name)) {
          model.add(name, entry.get(name));
        }
      }
      Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
    }
    for (Map.Entry<String, JsonElement> file : entry.getAsJsonObject("files").entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue().toString());
    }
  }

  private void clear() throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private static int[] ids(JsonElement array) {
    return StreamSupport.stream(array.getAsJsonArray().spliterator(), false)
        .mapToInt(JsonElement::getAsInt)
        .toArray();
  }

  @Test
  void everyRuleGivesTransformersTokens() throws IOException {
    for (JsonObject entry : entries()) {
      clear();
      write(entry);
      JsonArray texts = entry.remove("texts").getAsJsonArray();
      try (Model model = Model.open(folder)) {
        assertThat(model.tokenizerFault()).as("%s", entry).isEmpty();
        for (JsonElement each : texts) {
          String text = each.getAsJsonArray().get(0).getAsString();
          assertThat(model.tokenizer().encode(text, SpecialTokens.PARSED))
              .as("%s: \"%s\"", entry, text)
              .isEqualTo(ids(each.getAsJsonArray().get(1)));
        }
      }
    }
  }

  @Test
  void piecesOfATextGiveTheTokensOfTheWhole() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    for (JsonObject entry : entries()) {
      clear();
      write(entry);
      List<String> texts = new ArrayList<>();
      entry
          .getAsJsonArray("texts")
          .forEach(each -> texts.add(each.getAsJsonArray().get(0).getAsString()));
      texts.addAll(
          List.of("a b a b a b a", "     ", "<mask>    ", "    <mask>", "13141314", "ab x ab\n"));
      try (Model model = Model.open(folder)) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 100; i++) {
          text.append(texts.get(random.nextInt(texts.size())));
        }
        assertThat(pieces(text.toString(), model.tokenizer(), 40 + random.nextInt(60)))
            .as("%s", entry)
            .isEqualTo(model.tokenizer().encode(text.toString(), SpecialTokens.PARSED));
      }
    }
  }

  private static int[] pieces(String text, Tokenizer tokenizer, int shortest) throws IOException {
    TextTokens tokens =
        new TextTokens(
            new StringReader(text),
            piece -> tokenizer.encode(piece, SpecialTokens.PARSED),
            tokenizer.vocabulary(),
            shortest,
            1 << 20,
            24);
    IntStream.Builder all = IntStream.builder();
    int count = 0;
    for (Optional<int[]> next = tokens.next(); next.isPresent(); next = tokens.next()) {
      IntStream.of(next.get()).forEach(all);
      count++;
    }
    assertThat(count).isGreaterThan(1);
    return all.build().toArray();
  }

  @Test
  void aLongTextIsEncodedInPieces() throws IOException {
    String text = Files.readString(Fixtures.path("texts/prose.txt")).repeat(20);
    try (Model model = Fixtures.model();
        Model gguf = Model.open(Fixtures.path("model-f32.gguf"))) {
      assertThat(text.length()).isGreaterThan(1 << 17);
      assertThat(model.tokenizer().encode(text)).isEqualTo(gguf.tokenizer().encode(text));
    }
  }

  @Test
  void threadsShareATokenizer() throws IOException {
    String text = Files.readString(Fixtures.path("texts/shakespeare.txt"));
    try (Model model = Fixtures.model()) {
      List<int[]> encoded =
          IntStream.range(0, 16).parallel().mapToObj(i -> model.tokenizer().encode(text)).toList();
      assertThat(encoded).allSatisfy(ids -> assertThat(ids).isEqualTo(encoded.get(0)));
    }
  }

  @Test
  void whatSpellsASpecialTokenMayBeText() throws IOException {
    try (Model model = Model.open(Fixtures.path("cases/tokenizer-added-lstrip/model"))) {
      assertThat(model.tokenizer().encode("The <mask>"))
          .containsExactly(52, 72, 69, 221, 28, 77, 293, 75, 30);
      assertThat(model.tokenizer().decode(52, 72, 69, 300, 299)).isEqualTo("The<mask> is");
      assertThat(model.tokenizer().decode(304)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "added-tokens-overlap | 1037 293 1420 285 221 2048 376 488 329 221 2050 17 20 1230 14",
        "tokenizer-added-lstrip | 52 72 69 300 221 75 292 299 300 14",
        "tokenizer-alphabet-incomplete-unk"
            + " | 130 126 46 1 1 150 73 1 1 59 48 113 116 125 46 49 70",
        "tokenizer-config-special-not-in-vocabulary | 52 72 69 221 300 221 75 292 221 301 299",
      })
  void cases(String name, String ids) throws IOException {
    Path files = Fixtures.path("cases/" + name);
    try (Model model = Model.open(files.resolve("model"))) {
      String text = Files.readString(files.resolve("text.txt"));
      assertThat(model.tokenizer().encode(text, SpecialTokens.PARSED))
          .containsExactly(Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
    }
  }
}
