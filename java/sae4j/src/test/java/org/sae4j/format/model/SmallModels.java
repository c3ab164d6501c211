package org.sae4j.format.model;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The same very small model in every way that Hugging Face writes it. */
final class SmallModels {
  private SmallModels() {}

  /** Writes them into a folder. */
  static List<Path> write(Path folder) throws IOException {
    Path plain = new TinyGpt2().withEveryByte().writeTo(folder.resolve("plain"));
    Files.writeString(
        plain.resolve("special_tokens_map.json"),
        "{\"bos_token\": \"<|endoftext|>\", \"eos_token\": {\"content\": \"<|endoftext|>\"}}");
    Files.writeString(plain.resolve("added_tokens.json"), "{\"<pad>\": 258}");
    return List.of(plain, sharded(folder.resolve("sharded")), torch(folder.resolve("torch")));
  }

  private static Path torch(Path folder) throws IOException {
    TinyGpt2 tiny = new TinyGpt2().withEveryByte();
    tiny.put("lm_head.weight", tiny.config.get("vocab_size").getAsInt(), TinyGpt2.WIDTH);
    tiny.writeTo(folder);
    Files.delete(folder.resolve("model.safetensors"));
    tiny.writeTorchTo(folder.resolve("pytorch_model.bin"), "");
    return folder;
  }

  private static Path sharded(Path folder) throws IOException {
    TinyGpt2 tiny = new TinyGpt2("").withEveryByte();
    tiny.writeModelTo(folder);
    TinyGpt2.writeJson(folder.resolve("tokenizer.json"), tiny.tokenizer());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"add_bos_token\": false, \"bos_token\": {\"content\": \"<|endoftext|>\"},"
            + " \"added_tokens_decoder\": {\"3\": {\"content\": \"<|endoftext|>\"}},"
            + " \"tokenizer_class\": \"GPT2Tokenizer\"}");
    String shard = "model-00001-of-00001.safetensors";
    Files.move(folder.resolve("model.safetensors"), folder.resolve(shard));
    JsonObject shards = new JsonObject();
    tiny.tensors.keySet().forEach(name -> shards.addProperty(name, shard));
    JsonObject index = new JsonObject();
    index.add("weight_map", shards);
    TinyGpt2.writeJson(folder.resolve("model.safetensors.index.json"), index);
    return folder;
  }
}
