package org.sae4j.format.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;

class HuggingFaceTokenizerTest {
  @TempDir Path folder;

  private final TinyGpt2 tiny = new TinyGpt2();
  private JsonObject tokenizer;

  @BeforeEach
  void composeTokenizer() {
    tokenizer = tiny.tokenizer();
  }

  private HuggingFaceTokenizer readFiles() throws IOException {
    return HuggingFaceTokenizer.read(HuggingFaceModel.read(tiny.writeTo(folder)));
  }

  private HuggingFaceTokenizer readJson() throws IOException {
    tiny.writeModelTo(folder);
    TinyGpt2.writeJson(folder.resolve("tokenizer.json"), tokenizer);
    return HuggingFaceTokenizer.read(HuggingFaceModel.read(folder));
  }

  private void writeSetting(String file, String json) throws IOException {
    TinyGpt2.writeJson(folder.resolve(file), TinyGpt2.json(json));
  }

  private interface Reading {
    HuggingFaceTokenizer read() throws IOException;
  }

  private static void assertRefused(Reading reading, String... parts) {
    assertThatThrownBy(reading::read).isInstanceOf(FormatException.class).message().contains(parts);
  }

  private static void assertTiny(HuggingFaceTokenizer read) {
    assertThat(read.tokens()).containsExactly("a", "b", "ab", "<|endoftext|>", "[PAD4]", "[PAD5]");
    assertThat(read.types())
        .containsExactly(
            TokenType.NORMAL,
            TokenType.NORMAL,
            TokenType.NORMAL,
            TokenType.CONTROL,
            TokenType.UNUSED,
            TokenType.UNUSED);
    assertThat(read.merges()).containsExactly("a b");
    assertThat(read.bosId()).hasValue(3); // the config's 50256 is beyond the vocabulary
    assertThat(read.eosId()).hasValue(3);
    assertThat(read.addsBos()).isFalse();
    assertThat(read.preTokenizer()).isEqualTo("gpt-2");
  }

  @Test
  void readsVocabularyAndMerges() throws IOException {
    assertTiny(readFiles());
  }

  @Test
  void readsTokenizerJsonWithMergesAsText() throws IOException {
    assertTiny(readJson());
  }

  @Test
  void readsTokenizerJsonWithMergesAsPairs() throws IOException {
    tokenizer.getAsJsonObject("model").add("merges", JsonParser.parseString("[[\"a\", \"b\"]]"));
    assertTiny(readJson());
  }

  @Test
  void aHashIsNoCommentAfterTheFirstLine() throws IOException {
    tiny.vocabulary.addProperty("#", 4);
    tiny.vocabulary.addProperty("##", 5);
    tiny.merges.add(0, "# #");
    assertThat(readFiles().merges()).containsExactly("# #", "a b");
  }

  @Test
  void addedTokensHaveTheNextNumbers() throws IOException {
    add("{'id': 4, 'content': 'my word', 'special': false}");
    HuggingFaceTokenizer read = readJson();
    assertThat(read.tokens()).endsWith("my word", "[PAD5]");
    assertThat(read.types()).endsWith(TokenType.USER_DEFINED, TokenType.UNUSED);
    add("{'id': 6, 'content': 'x'}");
    assertRefused(
        this::readJson,
        "number of the added token \"x\": expected 5, that of the vocabulary or the next free one,"
            + " found 6");
  }

  private void add(String token) {
    tokenizer.getAsJsonArray("added_tokens").add(TinyGpt2.json(token));
  }

  @Test
  void addedTokensOfOldFiles() throws IOException {
    writeSetting("added_tokens.json", "{'<s>': 4, 'x y': 5}");
    writeSetting("special_tokens_map.json", "{'bos_token': {'content': '<s>', 'lstrip': false}}");
    HuggingFaceTokenizer read = readFiles();
    assertThat(read.tokens()).endsWith("<s>", "x y");
    assertThat(read.types()).endsWith(TokenType.CONTROL, TokenType.USER_DEFINED);
    assertThat(read.bosId()).hasValue(4);
    assertThat(read.eosId()).hasValue(3);
  }

  @Test
  void addedTokensOfTheTokenizersConfig() throws IOException {
    writeSetting(
        "tokenizer_config.json",
        "{'added_tokens_decoder': {'3': {'content': '<|endoftext|>', 'special': true},"
            + " '4': {'content': '<pad>'}}, 'pad_token': '<pad>', 'add_bos_token': true,"
            + " 'additional_special_tokens': ['b']}");
    HuggingFaceTokenizer read = readFiles();
    assertThat(read.types().get(1)).isEqualTo(TokenType.CONTROL);
    assertThat(read.types().get(4)).isEqualTo(TokenType.CONTROL);
    assertThat(read.addsBos()).isTrue();
  }

  @Test
  void namesOfPaddingAreDistinct() throws IOException {
    tiny.vocabulary.addProperty("[PAD5]", 4);
    assertThat(readFiles().tokens()).endsWith("[PAD5]", "[[PAD5]]");
  }

  @Test
  void withoutAnyMarkThereIsNeitherBosNorEos() throws IOException {
    tiny.vocabulary.remove("<|endoftext|>");
    HuggingFaceTokenizer read = readFiles();
    assertThat(read.bosId()).isEmpty();
    assertThat(read.eosId()).isEmpty();
  }

  @Test
  void theModelsNumbersCountWhenTheTokenizerNamesNone() throws IOException {
    tiny.config.addProperty("bos_token_id", 1);
    assertThat(readFiles().bosId()).hasValue(1);
  }

  @Test
  void aTemplateMayPutBosBeforeTheText() throws IOException {
    setPostProcessor(
        "{'type': 'Sequence', 'processors': [{'type': 'ByteLevel'}, {'type': 'TemplateProcessing',"
            + " 'single': [{'SpecialToken': {'id': '<|endoftext|>', 'type_id': 0}},"
            + " {'Sequence': {'id': 'A', 'type_id': 0}}]}]}");
    assertThat(readJson().addsBos()).isTrue();
    setPostProcessor(
        "{'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A', 'type_id': 0}}]}");
    assertThat(readJson().addsBos()).isFalse();
    setPostProcessor(
        "{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'a'}},"
            + " {'Sequence': {'id': 'A', 'type_id': 0}}]}");
    assertRefused(this::readJson, "post_processor: expected no token before a text but BOS");
    setPostProcessor(
        "{'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A'}},"
            + " {'SpecialToken': {'id': '<|endoftext|>'}}]}");
    assertRefused(this::readJson, "single: expected the text");
  }

  private void setPostProcessor(String json) {
    tokenizer.add("post_processor", TinyGpt2.json(json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "normalizer | {'type': 'NFC'} | NFC",
        "pre_tokenizer | {'type': 'Metaspace'} | Metaspace",
        "pre_tokenizer | {'type': 'ByteLevel', 'add_prefix_space': true} | add_prefix_space",
        "pre_tokenizer | {'type': 'ByteLevel', 'use_regex': false} | use_regex",
        "pre_tokenizer | {'type': 'Sequence', 'pretokenizers': []} | Sequence",
        "post_processor | {'type': 'RobertaProcessing'} | RobertaProcessing",
        "model | {'type': 'Unigram'} | Unigram",
        "model | {'type': 'BPE', 'byte_fallback': true} | byte_fallback",
        "model | {'type': 'BPE', 'ignore_merges': true} | ignore_merges",
        "model | {'type': 'BPE', 'end_of_word_suffix': '</w>'} | </w>",
        "model | {'type': 'BPE', 'dropout': 0.1} | dropout",
        "model | {'type': 'BPE', 'vocab': {'a': 'b'}} | vocab.a: expected an integer",
        "model | {'type': 'BPE', 'vocab': {}, 'merges': [['a']]} | merges[0]: expected two tokens",
        "model | {'type': 'BPE', 'vocab': {}, 'merges': [1]} | merges[0]: expected two tokens",
        "model | {'type': 'BPE', 'vocab': []} | vocab: expected an object",
      })
  void otherKindsOfTokenizerAreRefusedByName(String part, String json, String named) {
    tokenizer.add(part, TinyGpt2.json(json));
    assertRefused(this::readJson, folder.resolve("tokenizer.json") + ": ", named);
  }

  @Test
  void otherPythonClassesAreRefusedByName() throws IOException {
    writeSetting("tokenizer_config.json", "{'tokenizer_class': 'BloomTokenizer'}");
    assertRefused(this::readFiles, "tokenizer_class", "BloomTokenizer");
    writeSetting("tokenizer_config.json", "{'add_prefix_space': true}");
    assertRefused(this::readFiles, "add_prefix_space");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a c", "c a", "b a", "ab", "a  b", "a b ab", "a b\na b"})
  void mergesJoinKnownTokensOnce(String merge) {
    tiny.merges.set(0, merge);
    assertRefused(
        this::readFiles,
        folder.resolve("merges.txt") + ": merge \"" + merge.lines().findFirst().get());
  }

  @Test
  void mergesUseTheByteAlphabet() {
    tiny.vocabulary.addProperty("a</w>\u0144", 4);
    tiny.vocabulary.addProperty("</w>\u0144", 5);
    tiny.merges.add("a </w>\u0144");
    assertRefused(this::readFiles, "byte alphabet");
  }

  @ParameterizedTest
  @ValueSource(strings = {"6", "-1", "2147483648", "1.5", "\"x\""})
  void numbersOfTokensLieInTheVocabulary(String id) {
    tiny.vocabulary.add("c", JsonParser.parseString(id));
    assertRefused(this::readFiles, folder.resolve("vocab.json").toString(), "c");
  }

  @Test
  void everyNumberHasOneTokenAndEveryTokenOneNumber() throws IOException {
    tiny.vocabulary.addProperty("c", 2);
    assertRefused(this::readFiles, "number 2: expected one token");
    tiny.vocabulary.remove("c");
    add("{'id': 5, 'content': 'a', 'special': false}");
    assertRefused(this::readJson, "number of the added token \"a\": expected 0", "found 5");
    tiny.writeTo(folder);
    Files.delete(folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"a\": 1}");
    assertThatThrownBy(() -> HuggingFaceTokenizer.read(HuggingFaceModel.read(folder)))
        .hasMessageContaining("found \"a\" twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\\u0000b", "\\ud800"})
  void tokensAreText(String escaped) throws IOException {
    HuggingFaceModel model = HuggingFaceModel.read(tiny.writeTo(folder));
    Files.writeString(folder.resolve("vocab.json"), "{\"" + escaped + "\": 5}");
    Files.writeString(folder.resolve("merges.txt"), "");
    assertRefused(() -> HuggingFaceTokenizer.read(model), "tokens of Unicode text");
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    tiny.writeTo(folder);
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    Files.delete(folder.resolve("merges.txt"));
    assertRefused(
        () -> HuggingFaceTokenizer.read(model), "merges.txt: expected a file, found none");
    Files.delete(folder.resolve("vocab.json"));
    assertRefused(
        () -> HuggingFaceTokenizer.read(model),
        folder + ": tokenizer: expected tokenizer.json, or vocab.json and merges.txt");
  }

  @Test
  void mergesAreUtf8() throws IOException {
    tiny.writeTo(folder);
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    Files.write(folder.resolve("merges.txt"), new byte[] {'a', ' ', (byte) 0xff});
    assertRefused(() -> HuggingFaceTokenizer.read(model), "merges.txt: expected UTF-8 text");
  }

  @Test
  void aTokenizerWithoutMergesIsOne() throws IOException {
    tokenizer.getAsJsonObject("model").add("merges", new JsonArray());
    assertThat(readJson().merges()).isEmpty();
  }
}
