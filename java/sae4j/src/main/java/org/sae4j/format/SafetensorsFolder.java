package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.FormatException;

/**
 * The weights of a Hugging Face model, in one file or in shards with an index.
 *
 * @param file the only file, or the index
 * @param tensors all tensors by name
 */
record SafetensorsFolder(Path file, Map<String, StoredTensor> tensors) {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  static SafetensorsFolder read(Path folder) throws IOException {
    Path single = folder.resolve(SINGLE);
    if (Files.exists(single)) {
      return new SafetensorsFolder(single, Safetensors.read(single).tensors());
    }
    Path index = folder.resolve(INDEX);
    if (Files.exists(index)) {
      return new SafetensorsFolder(index, readShards(folder, JsonSettings.read(index)));
    }
    throw FormatException.mismatch(folder, "weights", SINGLE + " or " + INDEX, others(folder));
  }

  private static Map<String, StoredTensor> readShards(Path folder, JsonSettings index)
      throws IOException {
    JsonSettings shardNames = index.object("weight_map");
    Map<String, Map<String, StoredTensor>> shards = new HashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (String name : shardNames.object().keySet()) {
      String shard = shardName(shardNames, name);
      if (!shards.containsKey(shard)) {
        shards.put(shard, Safetensors.read(folder.resolve(shard)).tensors());
      }
      if (!shards.get(shard).containsKey(name)) {
        throw FormatException.of(
            folder.resolve(shard), "tensor " + name + ": expected by the index, found none");
      }
      tensors.put(name, shards.get(shard).get(name));
    }
    return tensors;
  }

  /** Returns the name of a shard, which must not lead out of the folder. */
  private static String shardName(JsonSettings shardNames, String tensor) throws FormatException {
    String shard = shardNames.text(tensor);
    try {
      if (shard.endsWith(".safetensors")
          && Path.of(shard).getNameCount() == 1
          && Path.of(shard).getFileName().toString().equals(shard)) {
        return shard;
      }
    } catch (InvalidPathException e) {
      // refused below, like any other name that names no shard
    }
    throw shardNames.unexpected(tensor, "the name of a safetensors file", "\"" + shard + "\"");
  }

  private static String others(Path folder) {
    return Files.exists(folder.resolve("pytorch_model.bin"))
        ? "pytorch_model.bin only, which sae4j does not read"
        : "neither";
  }
}
