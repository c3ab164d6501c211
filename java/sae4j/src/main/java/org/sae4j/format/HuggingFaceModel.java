package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.FormatException;

/**
 * A GPT-2 in the folder layout of Hugging Face: {@code config.json} and safetensors files.
 *
 * <p>Reading one checks every tensor's shape and type but loads no weights.
 *
 * @param folder where it lies
 * @param config its hyper-parameters
 * @param tensors its weights in the order the data takes through the model; the last one is {@code
 *     output.weight} if the unembedding is not tied to the token embedding
 */
public record HuggingFaceModel(Path folder, Gpt2Config config, List<ModelTensor> tensors) {
  public HuggingFaceModel {
    tensors = List.copyOf(tensors);
  }

  /** Reads the description of the model in a folder. */
  public static HuggingFaceModel read(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw FormatException.mismatch(
          folder, "model", "a folder", Files.exists(folder) ? "a file" : "nothing");
    }
    if (Files.notExists(folder.resolve("config.json"))) {
      throw FormatException.of(folder, "expected a folder with config.json, found none in it");
    }
    Gpt2Config config = Gpt2Config.read(folder.resolve("config.json"));
    SafetensorsFolder weights = SafetensorsFolder.read(folder);
    return new HuggingFaceModel(folder, config, Gpt2Tensors.find(weights, config));
  }

  /** Returns the name to show for the model: its folder's. */
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? "gpt2" : name.toString();
  }
}
