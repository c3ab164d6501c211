package org.sae4j.format.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;

class HuggingFaceModelTest {
  @TempDir Path folder;

  private final TinyGpt2 tiny = new TinyGpt2();

  private HuggingFaceModel read(TinyGpt2 model) throws IOException {
    return HuggingFaceModel.read(model.writeTo(folder));
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> read(tiny))
        .isInstanceOf(FormatException.class)
        .message()
        .startsWith(folder.toString())
        .contains(parts);
  }

  private static StoredTensor tensor(HuggingFaceModel model, String ggufName) {
    return model.tensors().stream()
        .filter(weight -> weight.ggufName().equals(ggufName))
        .findFirst()
        .orElseThrow()
        .tensor();
  }

  @Test
  void readsHyperParametersAndTensors() throws IOException {
    HuggingFaceModel model = read(tiny);
    Gpt2Config config = model.config();
    assertThat(config.blockCount()).isEqualTo(2);
    assertThat(config.contextLength()).isEqualTo(8);
    assertThat(config.feedForwardLength()).isEqualTo(16);
    assertThat(config.layerNormEpsilon()).isEqualTo(1e-5f);
    assertThat(config.bosId()).hasValue(50256);
    assertThat(model.tensors()).hasSize(4 + 2 * 12);
    assertThat(model.tensors().get(0).ggufName()).isEqualTo("token_embd.weight");
    assertThat(model.tensors().get(27).ggufName()).isEqualTo("output_norm.bias");
    assertThat(tensor(model, "blk.1.ffn_down.weight").shape()).containsExactly(4L, 16L);
    assertThat(tensor(model, "blk.1.ffn_down.weight").name())
        .isEqualTo("transformer.h.1.mlp.c_proj.weight");
    assertThat(tensor(model, "blk.0.attn_qkv.weight").shape()).containsExactly(12L, 4L);
    assertThat(model.name()).isEqualTo(folder.getFileName().toString());
  }

  @Test
  void namesMayLackThePrefix() throws IOException {
    assertThat(read(new TinyGpt2("")).tensors()).hasSize(28);
  }

  @Test
  void buffersAndHeadsOfOtherTasksAreIgnored() throws IOException {
    tiny.put("transformer.h.0.attn.bias", 1, 1, 8, 8);
    tiny.put("transformer.h.0.attn.masked_bias");
    tiny.put("score.weight", 2, 4);
    assertThat(read(tiny).tensors()).hasSize(28);
    assertThat(read(tiny).assumptions())
        .containsExactly("tensor score.weight: not part of a language model, ignored");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lm_head.bias",
        "transformer.ln_emb.weight",
        "wte.weight",
        "transformer.wte.weight.absmax"
      })
  void partsThatNoGpt2HasAreRefused(String name) {
    tiny.put(name, 4);
    assertRefused("tensor " + name + ": expected only the tensors of a GPT-2 with 2 blocks");
  }

  @Test
  void aHeadThatEqualsTheEmbeddingIsTheEmbedding() throws IOException {
    tiny.put("lm_head.weight", 6, 4);
    for (boolean tied : new boolean[] {true, false}) {
      tiny.config.addProperty("tie_word_embeddings", tied);
      HuggingFaceModel model = read(tiny);
      assertThat(model.tensors()).hasSize(28);
      assertThat(model.shape().tied()).isTrue();
      assertThat(model.assumptions()).isEmpty();
    }
    // Numbers count, not their types: i/8 is exact in BF16.
    ByteBuffer bf16 = TinyGpt2.littleEndian(48);
    for (int i = 0; i < 24; i++) {
      bf16.putShort((short) (Float.floatToIntBits(i / 8f) >>> 16));
    }
    tiny.tensors.put("lm_head.weight", new TinyGpt2.Stored("BF16", List.of(6, 4), bf16.array()));
    assertThat(read(tiny).shape().tied()).isTrue();
  }

  @Test
  void aHeadThatDiffersIsTheOutputWhateverTheConfigSays() throws IOException {
    tiny.put("lm_head.weight", 6, 4);
    ByteBuffer.wrap(tiny.tensors.get("lm_head.weight").bytes()).putFloat(23 * 4, 1);
    for (String tied : List.of("true", "false", "null")) {
      tiny.config.add("tie_word_embeddings", JsonParser.parseString(tied));
      HuggingFaceModel model = read(tiny);
      assertThat(model.tensors()).hasSize(29);
      assertThat(model.tensors().get(28).ggufName()).isEqualTo("output.weight");
      assertThat(model.shape().tied()).isFalse();
      assertThat(model.assumptions()).hasSize(tied.equals("false") ? 0 : 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"'', 28", "_orig_mod., 28", "module., 28", "module._orig_mod., 28"})
  void readsWhatTorchSaveWrote(String prefix, int tensors) throws IOException {
    Files.delete(tiny.writeTo(folder).resolve("model.safetensors"));
    tiny.writeTorchTo(folder.resolve("pytorch_model.bin"), prefix);
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    assertThat(model.tensors()).hasSize(tensors);
    assertThat(HuggingFaceModel.isIn(folder)).isTrue();
    assertThat(tensor(model, "blk.1.ffn_up.bias").toFloats())
        .containsExactly(tensor(read(tiny), "blk.1.ffn_up.bias").toFloats());
  }

  @Test
  void readsShardsOfTorchSave() throws IOException {
    Files.delete(tiny.writeTo(folder).resolve("model.safetensors"));
    tiny.writeTorchTo(folder.resolve("pytorch_model-00001-of-00001.bin"), "");
    JsonObject map = new JsonObject();
    tiny.tensors.keySet().forEach(n -> map.addProperty(n, "pytorch_model-00001-of-00001.bin"));
    JsonObject index = new JsonObject();
    index.add("weight_map", map);
    TinyGpt2.writeJson(folder.resolve("pytorch_model.bin.index.json"), index);
    assertThat(HuggingFaceModel.read(folder).tensors()).hasSize(28);
    map.remove("transformer.ln_f.bias");
    TinyGpt2.writeJson(folder.resolve("pytorch_model.bin.index.json"), index);
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .hasMessageContaining(
            "tensor transformer.ln_f.bias: pytorch_model.bin.index.json does not say that it is"
                + " here");
  }

  @Test
  void safetensorsComeFirst() throws IOException {
    tiny.writeTo(folder);
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertThat(HuggingFaceModel.read(folder).tensors()).hasSize(28);
  }

  @Test
  void wrappedNamesAreThoseWithinTheWrapper() throws IOException {
    assertThat(read(new TinyGpt2("_orig_mod.transformer.")).tensors()).hasSize(28);
  }

  @Test
  void adaptersAreRefused() throws IOException {
    Files.createFile(tiny.writeTo(folder).resolve("adapter_config.json"));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("adapter_config.json: expected a whole model, found an adapter");
  }

  @Test
  void anUntiedHeadMustBeThere() {
    tiny.config.addProperty("tie_word_embeddings", false);
    assertRefused("model.safetensors", "tensor lm_head.weight", "found none");
  }

  @Test
  void readsShards() throws IOException {
    writeShards("model-1-of-1.safetensors");
    assertThat(HuggingFaceModel.read(folder).tensors()).hasSize(28);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a.safetensors", "/a.safetensors", "a.bin", "b/../a.safetensors", ""})
  void aShardLiesInTheFolder(String shard) throws IOException {
    writeShards(shard);
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(
            "weight_map.transformer.wte.weight: expected the name of a file *.safetensors,")
        .hasMessageContaining("found \"" + shard + "\"");
  }

  @Test
  void aShardMustHoldWhatTheIndexSays() throws IOException {
    tiny.writeTo(folder);
    JsonObject map = new JsonObject();
    map.addProperty("transformer.wte.weight", "a.safetensors");
    writeIndex(map);
    TinyGpt2.writeTensors(folder.resolve("a.safetensors"), Map.of());
    Files.delete(folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .hasMessageContaining(
            "a.safetensors: tensor transformer.wte.weight: expected by the index");
  }

  private void writeShards(String second) throws IOException {
    tiny.writeTo(folder);
    JsonObject map = new JsonObject();
    Map<String, TinyGpt2.Stored> firstTensors = new LinkedHashMap<>(tiny.tensors);
    Map<String, TinyGpt2.Stored> secondTensors = new LinkedHashMap<>();
    secondTensors.put("transformer.wte.weight", firstTensors.remove("transformer.wte.weight"));
    firstTensors.keySet().forEach(name -> map.addProperty(name, "model-0-of-1.safetensors"));
    map.addProperty("transformer.wte.weight", second);
    writeIndex(map);
    TinyGpt2.writeTensors(folder.resolve("model-0-of-1.safetensors"), firstTensors);
    TinyGpt2.writeTensors(folder.resolve("model-1-of-1.safetensors"), secondTensors);
    Files.delete(folder.resolve("model.safetensors"));
  }

  private void writeIndex(JsonObject map) throws IOException {
    JsonObject index = new JsonObject();
    index.add("weight_map", map);
    TinyGpt2.writeJson(folder.resolve("model.safetensors.index.json"), index);
  }

  @Test
  void oldFilesGiveTheContextAsNCtx() throws IOException {
    tiny.config.remove("n_positions");
    tiny.config.addProperty("n_ctx", 8);
    assertThat(read(tiny).config().contextLength()).isEqualTo(8);
  }

  @Test
  void aForgottenNCtxDoesNotCount() throws IOException {
    tiny.config.addProperty("n_ctx", 1024);
    assertThat(read(tiny).config().contextLength()).isEqualTo(8);
  }

  @Test
  void theHiddenLayerMayHaveAnyWidth() throws IOException {
    tiny.config.addProperty("n_inner", 6);
    for (int block = 0; block < TinyGpt2.BLOCKS; block++) {
      String mlp = "transformer.h." + block + ".mlp.";
      tiny.put(mlp + "c_fc.weight", 4, 6);
      tiny.put(mlp + "c_fc.bias", 6);
      tiny.put(mlp + "c_proj.weight", 6, 4);
    }
    assertThat(read(tiny).config().feedForwardLength()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource({
    "model_type, llama, '\"llama\"'",
    "activation_function, mish, '\"mish\"'",
    "activation_function, gelu_10, '\"gelu_10\"'",
    "scale_attn_weights, 1, 1",
    "add_cross_attention, true, true",
    "n_head, 3, 3",
    "n_head, 0, 0",
    "n_layer, -1, -1",
    "n_layer, 513, 513",
    "n_layer, 1.5, 1.5",
    "n_embd, 4000000000, 4.0E9",
    "n_embd, 2000000000, 2000000000",
    "n_positions, 1e999, Infinity",
    "layer_norm_epsilon, -1, -1",
    "layer_norm_epsilon, 0, 0",
    "layer_norm_epsilon, 1e-60, 1.0E-60",
    "layer_norm_epsilon, 0.99999999999, 0.99999999999",
    "vocab_size, none, '\"none\"'",
  })
  void settingsThatDoNotFitAreRefusedByName(String name, String value, String found) {
    tiny.config.add(name, primitive(value));
    assertRefused("config.json: " + name + ": expected", "found " + found);
  }

  @ParameterizedTest
  @CsvSource({
    "hidden_size, 4",
    "num_attention_heads, 2",
    "num_hidden_layers, 2",
    "max_position_embeddings, 8"
  })
  void aSizeWithTwoNamesIsOne(String name, int size) throws IOException {
    String usual =
        Map.of(
                "hidden_size", "n_embd",
                "num_attention_heads", "n_head",
                "num_hidden_layers", "n_layer",
                "max_position_embeddings", "n_positions")
            .get(name);
    tiny.config.addProperty(name, size);
    assertThat(read(tiny).tensors()).hasSize(28);
    tiny.config.remove(usual);
    assertThat(read(tiny).tensors()).hasSize(28);
    tiny.config.addProperty(usual, 2 * size);
    assertRefused(
        "config.json: " + usual + ": expected " + name + ", which is the same, " + size,
        "found " + 2 * size);
  }

  @Test
  void quantisedAndPrunedModelsAreRefused() {
    tiny.config.add("pruned_heads", TinyGpt2.json("{'1': [0]}"));
    assertRefused("config.json: pruned_heads: expected none, found {\"1\":[0");
    tiny.config.add("pruned_heads", TinyGpt2.json("{}"));
    tiny.config.add("quantization_config", TinyGpt2.json("{'bits': 4}"));
    assertRefused("config.json: quantization_config: expected none");
  }

  /** What GPT-2's numbers do not depend on. */
  @Test
  void otherSettingsDoNoHarm() throws IOException {
    TinyGpt2.json(
            "{'reorder_and_upcast_attn': true, 'resid_pdrop': 0.5, 'is_decoder': true,"
                + " 'use_cache': false, 'torch_dtype': 'float16', 'pruned_heads': {},"
                + " 'summary_activation': 'tanh', 'initializer_range': 1e999, 'n_ctx': 1024,"
                + " 'quantization_config': null, 'eos_token_id': [50256, 3]}")
        .entrySet()
        .forEach(each -> tiny.config.add(each.getKey(), each.getValue()));
    HuggingFaceModel model = read(tiny);
    assertThat(model.assumptions()).isEmpty();
    assertThat(model.config().eosId()).hasValue(50256);
  }

  private static JsonPrimitive primitive(String value) {
    if (value.equals("true") || value.equals("false")) {
      return new JsonPrimitive(Boolean.valueOf(value));
    }
    return Character.isLetter(value.charAt(0))
        ? new JsonPrimitive(value)
        : new JsonPrimitive(new BigDecimal(value));
  }

  @Test
  void settingsThatMustBeThereAreNamed() {
    for (String name : List.of("model_type", "n_embd", "n_head", "n_layer", "vocab_size")) {
      tiny.config.add(name, JsonNull.INSTANCE);
      assertRefused("config.json: " + name + ": expected", "found nothing");
      tiny.config.add(name, new TinyGpt2().config.get(name));
    }
  }

  @Test
  void wrongShapesNameExpectedAndFound() {
    tiny.put("transformer.h.1.attn.c_attn.weight", 12, 4);
    assertRefused(
        "model.safetensors: tensor transformer.h.1.attn.c_attn.weight: expected shape [4, 12], as"
            + " config.json says, found [12, 4]");
  }

  @Test
  void theVocabularyHasAsManyRowsAsTheConfigSays() {
    tiny.config.addProperty("vocab_size", 7);
    assertRefused(
        "tensor transformer.wte.weight: expected shape [7, 4], as config.json says,"
            + " found [6, 4]");
  }

  @Test
  void missingTensorsAreNamed() {
    tiny.tensors.remove("transformer.h.0.ln_2.bias");
    assertRefused("model.safetensors: tensor transformer.h.0.ln_2.bias: expected one, found none");
  }

  @Test
  void blocksBeyondTheConfigAreRefused() {
    tiny.put("transformer.h.2.ln_1.weight", 4);
    assertRefused("tensor transformer.h.2.ln_1.weight", "GPT-2 with 2 blocks");
  }

  @Test
  void weightsAreFloatingPointNumbers() {
    tiny.tensors.put("transformer.ln_f.bias", new TinyGpt2.Stored("I32", List.of(4), new byte[16]));
    assertRefused("tensor transformer.ln_f.bias: expected dtype", "found I32");
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    Path file = tiny.writeTo(folder).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {0, 7, 100, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> HuggingFaceModel.read(folder))
          .isInstanceOf(FormatException.class)
          .hasMessageStartingWith(file.toString());
    }
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> HuggingFaceModel.read(missing))
        .isInstanceOf(FormatException.class)
        .hasMessage(missing + ": model: expected a folder, found nothing");
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .isInstanceOf(FormatException.class)
        .hasMessage(folder + ": expected a folder with config.json, found none in it");
    Files.delete(tiny.writeTo(folder).resolve("model.safetensors"));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .hasMessageContaining("expected model.safetensors or pytorch_model.bin, or one of them in")
        .hasMessageContaining("index.json, found neither");
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .hasMessage(folder.resolve("pytorch_model.bin") + ": is empty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "{} {}", "{'n': 1, 'n': 2}", "{n: 1}", "\u0000", "null"})
  void whatIsNotOneJsonObjectIsRefused(String text) throws IOException {
    Path file = tiny.writeTo(folder).resolve("config.json");
    Files.writeString(file, text.replace('\'', '"'));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file.toString());
  }

  @Test
  void deepOrMalformedJsonIsRefused() throws IOException {
    Path file = tiny.writeTo(folder).resolve("config.json");
    Files.writeString(file, "{\"a\":" + "[".repeat(100_000));
    assertThatThrownBy(() -> HuggingFaceModel.read(folder)).isInstanceOf(FormatException.class);
    Files.write(file, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
    assertThatThrownBy(() -> HuggingFaceModel.read(folder)).isInstanceOf(FormatException.class);
  }
}
