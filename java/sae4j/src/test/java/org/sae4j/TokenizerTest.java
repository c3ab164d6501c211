package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;

/** Token ids against Hugging Face's tokenizer, {@code test-data/expected/tokenizer.json}. */
class TokenizerTest {
  private static Model model;
  private static Tokenizer tokenizer;
  private static JsonObject expected;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    tokenizer = model.tokenizer();
    expected = Fixtures.json("expected/tokenizer.json");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static int[] ids(JsonElement array) {
    return StreamSupport.stream(((JsonArray) array).spliterator(), false)
        .mapToInt(JsonElement::getAsInt)
        .toArray();
  }

  @Test
  void textsThatAreEasyToGetWrong() {
    assertCases(tokenizer);
  }

  @Test
  void theTokenizerOfTheGgufFileIsTheSame() throws IOException {
    try (Model gguf = Model.open(Fixtures.path("model-f32.gguf"))) {
      assertCases(gguf.tokenizer());
      assertThat(gguf.tokenizer().bos()).isEqualTo(tokenizer.bos());
      assertThat(gguf.tokenizer().eos()).isEqualTo(tokenizer.eos());
      assertThat(gguf.tokenizer().size()).isEqualTo(tokenizer.size());
    }
  }

  @Test
  void anOldGgufFileIsTakenToSplitTextsAsGpt2Does(@TempDir Path folder) throws IOException {
    String whole = Files.readString(Fixtures.path("model-f32.gguf"), StandardCharsets.ISO_8859_1);
    Path old = folder.resolve("old.gguf");
    Files.writeString(
        old,
        whole.replace("tokenizer.ggml.pre", "nothing.known.here"),
        StandardCharsets.ISO_8859_1);
    try (Model model = Model.open(old)) {
      assertCases(model.tokenizer());
      assertThat(model.tokenizer().encode("-".repeat(200_000)))
          .isEqualTo(tokenizer.encode("-".repeat(200_000)));
      assertThat(model.assumptions())
          .containsExactly("tokenizer.ggml.pre gpt-2: absent, as in files from before April 2024");
    }
    assertThat(model.assumptions()).isEmpty();
    Path foreign = folder.resolve("foreign.gguf");
    Files.writeString(foreign, whole.replace("gpt-2", "bloom"), StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> Model.open(foreign))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(foreign + ": tokenizer.ggml.pre: expected gpt-2, found bloom");
  }

  private static void assertCases(Tokenizer tokenizer) {
    for (JsonElement element : expected.getAsJsonArray("cases")) {
      JsonObject wanted = element.getAsJsonObject();
      byte[] utf8 = HexFormat.of().parseHex(wanted.get("utf8").getAsString());
      String name = new String(utf8, StandardCharsets.UTF_8);
      assertThat(tokenizer.encode(utf8)).as(name).isEqualTo(ids(wanted.get("as_text")));
      assertThat(tokenizer.encode(utf8, SpecialTokens.PARSED))
          .as(name)
          .isEqualTo(ids(wanted.get("parsed")));
    }
  }

  @Test
  void wholeFilesThereAndBack() throws IOException {
    for (JsonElement element : expected.getAsJsonArray("files")) {
      JsonObject wanted = element.getAsJsonObject();
      String text = Files.readString(Fixtures.path("texts/" + wanted.get("file").getAsString()));
      int[] tokens = tokenizer.encode(text);
      assertThat(Arrays.copyOf(tokens, 32)).isEqualTo(ids(wanted.get("first")));
      assertThat(tokens).hasSize(wanted.get("count").getAsInt());
      assertThat(digest(tokens)).isEqualTo(wanted.get("sha256").getAsString());
      assertThat(tokenizer.decode(tokens)).isEqualTo(text);
    }
  }

  private static String digest(int[] tokens) {
    String joined =
        Arrays.stream(tokens).mapToObj(Integer::toString).collect(Collectors.joining(","));
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(joined.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theBytesOfATokenNeedNotBeACharacter() {
    String smile = "\uD83D\uDE00";
    int[] tokens = tokenizer.encode(smile);
    assertThat(tokens.length).isGreaterThan(1);
    assertThat(tokenizer.decode(tokens)).isEqualTo(smile);
    assertThat(tokenizer.decode(tokens[0])).isEqualTo("\uFFFD");
    assertThat(tokenizer.decodeBytes(tokens)).isEqualTo(smile.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void nothingIsNothing() {
    assertThat(tokenizer.encode("")).isEmpty();
    assertThat(tokenizer.decode()).isEmpty();
  }

  @Test
  void specialTokens() {
    assertThat(tokenizer.bos()).hasValue(0);
    assertThat(tokenizer.eos()).hasValue(0);
    assertThat(tokenizer.size()).isEqualTo(2048);
    assertThat(tokenizer.decode(0)).isEqualTo("<|endoftext|>");
  }

  @Test
  void halfASurrogatePairIsReplaced() {
    assertThat(tokenizer.encode("a\uD83Db")).isEqualTo(tokenizer.encode("a\uFFFDb"));
  }

  @Test
  void unknownIdsAreRefused() {
    assertThatThrownBy(() -> tokenizer.decode(1, 2048))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token id 2048: the tokenizer has ids 0 to 2047");
    assertThatThrownBy(() -> tokenizer.decode(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aModelWithoutOneSaysSo() {
    ModelShape shape = new ModelShape(1, 2, 8, 16, 8, 32, true, 1e-5f);
    try (Model random = Model.random(shape, 1, ModelOptions.defaults())) {
      assertThat(random.hasTokenizer()).isFalse();
      assertThatThrownBy(random::tokenizer)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("without a tokenizer");
    }
  }
}
