package org.sae4j.format.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.container.WrappedNames;
import org.sae4j.format.torch.NamedTensors;
import org.sae4j.format.torch.TorchArchive;

/**
 * The weights of a Hugging Face model, in one file or in shards with an index.
 *
 * @param file the only file, or the index
 * @param tensors all tensors by name, without what wrapped modules put before all names
 */
record WeightFiles(Path file, Map<String, StoredTensor> tensors) {
  private static final String INDEX = ".index.json";

  /** What the files of one kind are called, and how one of them is read. */
  private enum Kind {
    SAFETENSORS("model.safetensors", ".safetensors") {
      @Override
      Map<String, StoredTensor> read(Path file) throws IOException {
        return Safetensors.read(file).tensors();
      }
    },
    TORCH("pytorch_model.bin", ".bin") {
      @Override
      Map<String, StoredTensor> read(Path file) throws IOException {
        return NamedTensors.of(file, TorchArchive.read(file)).tensors();
      }
    };

    private final String single;
    private final String ending;

    Kind(String single, String ending) {
      this.single = single;
      this.ending = ending;
    }

    abstract Map<String, StoredTensor> read(Path file) throws IOException;
  }

  /** Tells whether a folder has any. */
  static boolean areIn(Path folder) {
    return Arrays.stream(Kind.values())
        .map(kind -> kind.single)
        .anyMatch(
            name ->
                Files.exists(folder.resolve(name)) || Files.exists(folder.resolve(name + INDEX)));
  }

  /** Reads what the transformers library would: safetensors, or else what torch.save wrote. */
  static WeightFiles read(Path folder) throws IOException {
    for (Kind kind : Kind.values()) {
      Path single = folder.resolve(kind.single);
      if (Files.exists(single)) {
        return new WeightFiles(single, WrappedNames.unwrap(kind.read(single)));
      }
      Path index = folder.resolve(kind.single + INDEX);
      if (Files.exists(index)) {
        return new WeightFiles(index, WrappedNames.unwrap(readShards(folder, index, kind)));
      }
    }
    throw FormatException.mismatch(
        folder,
        "weights",
        Kind.SAFETENSORS.single
            + " or "
            + Kind.TORCH.single
            + ", or one of them in shards with "
            + INDEX.substring(1),
        "neither");
  }

  private static Map<String, StoredTensor> readShards(Path folder, Path index, Kind kind)
      throws IOException {
    JsonFields shardNames = JsonFields.read(index).requireObject("weight_map");
    Map<String, Map<String, StoredTensor>> shards = new HashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (String name : shardNames.keys()) {
      String shard = shardName(shardNames, name, kind);
      if (!shards.containsKey(shard)) {
        shards.put(shard, new HashMap<>(kind.read(folder.resolve(shard))));
      }
      StoredTensor tensor = shards.get(shard).remove(name);
      if (tensor == null) {
        throw FormatException.of(
            folder.resolve(shard), "tensor " + name + ": expected by the index, found none");
      }
      tensors.put(name, tensor);
    }
    for (Map.Entry<String, Map<String, StoredTensor>> shard : shards.entrySet()) {
      for (String name : shard.getValue().keySet()) {
        throw FormatException.of(
            folder.resolve(shard.getKey()),
            "tensor " + name + ": " + index.getFileName() + " does not say that it is here");
      }
    }
    return tensors;
  }

  /** Returns the name of a shard, which must not lead out of the folder. */
  private static String shardName(JsonFields shardNames, String tensor, Kind kind)
      throws FormatException {
    String shard = shardNames.requireString(tensor);
    try {
      if (shard.endsWith(kind.ending)
          && Path.of(shard).getNameCount() == 1
          && Path.of(shard).getFileName().toString().equals(shard)) {
        return shard;
      }
    } catch (InvalidPathException e) {
      // refused below, like any other name that names no shard
    }
    throw shardNames.mismatch(tensor, "the name of a file *" + kind.ending);
  }
}
