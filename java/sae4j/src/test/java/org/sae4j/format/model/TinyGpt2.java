package org.sae4j.format.model;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sae4j.format.torch.TorchTensors;

/**
 * A Hugging Face folder of a very small GPT-2, for tests to spoil before it is written.
 *
 * <p>Two blocks, width 4, two heads, 8 positions, 6 rows in the vocabulary, of which the last two
 * have no token. Element i of every tensor is i/8.
 */
public final class TinyGpt2 {
  static final int BLOCKS = 2;
  static final int WIDTH = 4;
  static final int CONTEXT = 8;
  static final int VOCABULARY = 6;

  /** A tensor as bytes, to be written. */
  public record Stored(String dtype, List<Integer> shape, byte[] bytes) {}

  final JsonObject config =
      json(
          "{'model_type': 'gpt2', 'n_embd': 4, 'n_head': 2, 'n_layer': 2, 'n_positions': 8,"
              + " 'n_inner': null, 'vocab_size': 6, 'activation_function': 'gelu_new',"
              + " 'layer_norm_epsilon': 1e-5, 'bos_token_id': 50256, 'eos_token_id': 50256}");
  final JsonObject vocabulary = json("{'a': 0, 'b': 1, 'ab': 2, '<|endoftext|>': 3}");
  final List<String> merges = new ArrayList<>(List.of("a b"));
  final Map<String, Stored> tensors = new LinkedHashMap<>();
  private final String embedding;

  TinyGpt2() {
    this("transformer.");
  }

  TinyGpt2(String prefix) {
    embedding = prefix + "wte.weight";
    put(embedding, VOCABULARY, WIDTH);
    put(prefix + "wpe.weight", CONTEXT, WIDTH);
    for (int block = 0; block < BLOCKS; block++) {
      putBlock(prefix + "h." + block + ".");
    }
    putNorm(prefix + "ln_f");
  }

  /** Adds a token for each byte that has none, so that it has 258, and rows for two more. */
  TinyGpt2 withEveryByte() {
    int next = vocabulary.size();
    for (int letter = '!'; letter < 0x144; letter++) {
      String text = Character.toString(letter);
      if (ByteAlphabet.standsForByte(letter) && !vocabulary.has(text)) {
        vocabulary.addProperty(text, next++);
      }
    }
    config.addProperty("vocab_size", next + 2);
    put(embedding, next + 2, WIDTH);
    return this;
  }

  private void putBlock(String name) {
    putNorm(name + "ln_1");
    putLinear(name + "attn.c_attn", WIDTH, 3 * WIDTH);
    putLinear(name + "attn.c_proj", WIDTH, WIDTH);
    putNorm(name + "ln_2");
    putLinear(name + "mlp.c_fc", WIDTH, 4 * WIDTH);
    putLinear(name + "mlp.c_proj", 4 * WIDTH, WIDTH);
  }

  private void putNorm(String name) {
    put(name + ".weight", WIDTH);
    put(name + ".bias", WIDTH);
  }

  private void putLinear(String name, int inputs, int outputs) {
    put(name + ".weight", inputs, outputs);
    put(name + ".bias", outputs);
  }

  /** Puts or replaces a tensor of float32 numbers i/8. */
  void put(String name, Integer... shape) {
    int count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    ByteBuffer bytes = littleEndian(count * Float.BYTES);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(i / 8f);
    }
    tensors.put(name, new Stored("F32", List.of(shape), bytes.array()));
  }

  public static ByteBuffer littleEndian(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  static JsonObject json(String singleQuoted) {
    return JsonParser.parseString(singleQuoted.replace('\'', '"')).getAsJsonObject();
  }

  /** Writes everything, with GPT-2's own tokenizer files. */
  Path writeTo(Path folder) throws IOException {
    writeModelTo(folder);
    writeJson(folder.resolve("vocab.json"), vocabulary);
    Files.writeString(
        folder.resolve("merges.txt"), "#version: 0.2\n" + String.join("\n", merges) + "\n");
    return folder;
  }

  void writeModelTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    writeJson(folder.resolve("config.json"), config);
    writeTensors(folder.resolve("model.safetensors"), tensors);
  }

  /** Writes the weights as torch.save does, each name behind a prefix. */
  void writeTorchTo(Path file, String prefix) throws IOException {
    TorchTensors torch = new TorchTensors();
    tensors.forEach(
        (name, tensor) ->
            torch.tensor(
                prefix + name,
                "FloatStorage",
                tensor.bytes(),
                tensor.shape().stream().mapToLong(size -> size).toArray()));
    torch.write(file);
  }

  /** Returns the content of a {@code tokenizer.json} with the same vocabulary. */
  JsonObject tokenizer() {
    JsonObject tokenizer =
        json(
            "{'added_tokens': [{'id': 3, 'content': '<|endoftext|>', 'special': true}],"
                + "'normalizer': null,"
                + "'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false},"
                + "'post_processor': {'type': 'ByteLevel'},"
                + "'model': {'type': 'BPE'}}");
    JsonArray list = new JsonArray();
    merges.forEach(list::add);
    tokenizer.getAsJsonObject("model").add("vocab", vocabulary);
    tokenizer.getAsJsonObject("model").add("merges", list);
    return tokenizer;
  }

  static void writeJson(Path file, JsonElement json) throws IOException {
    Files.writeString(
        file, new GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(json));
  }

  public static void writeTensors(Path file, Map<String, Stored> tensors) throws IOException {
    JsonObject header = new JsonObject();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    tensors.forEach(
        (name, tensor) -> {
          JsonObject entry = new JsonObject();
          entry.addProperty("dtype", tensor.dtype());
          entry.add("shape", new GsonBuilder().create().toJsonTree(tensor.shape()));
          int begin = data.size();
          data.writeBytes(tensor.bytes());
          entry.add(
              "data_offsets", new GsonBuilder().create().toJsonTree(List.of(begin, data.size())));
          header.add(name, entry);
        });
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer length = littleEndian(Long.BYTES).putLong(text.length);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(length.array());
    all.writeBytes(text);
    all.writeBytes(data.toByteArray());
    Files.write(file, all.toByteArray());
  }
}
