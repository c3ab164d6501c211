package org.sae4j.format.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;

/**
 * A GPT-2 in the folder layout of Hugging Face: {@code config.json} and files of weights.
 *
 * <p>Reading one checks every tensor's shape and type but loads no weights; a head that has a
 * tensor of its own is compared with the token embedding.
 *
 * @param folder where it lies
 * @param config its hyper-parameters
 * @param tensors its weights in the order the data takes through the model; the last one is {@code
 *     output.weight} if the unembedding is not tied to the token embedding
 * @param assumptions everything that was decided where its files do not say, or contradict
 */
public record HuggingFaceModel(
    Path folder, Gpt2Config config, List<GgufWeight> tensors, List<String> assumptions) {
  private static final String HEAD = "output.weight";

  public HuggingFaceModel {
    tensors = List.copyOf(tensors);
    assumptions = List.copyOf(assumptions);
  }

  /** Tells whether a folder has the files of a model. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve("config.json")) && WeightFiles.areIn(folder);
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
    refuseAdapter(folder.resolve("adapter_config.json"));
    Gpt2Config config = Gpt2Config.read(folder.resolve("config.json"));
    Gpt2Tensors tensors = Gpt2Tensors.find(WeightFiles.read(folder), config);
    return new HuggingFaceModel(folder, config, tensors.found(), tensors.assumptions());
  }

  private static void refuseAdapter(Path file) throws FormatException {
    if (Files.exists(file)) {
      throw FormatException.of(
          file, "expected a whole model, found an adapter: merge it, or move its files away");
    }
  }

  /** The sizes and the arithmetic of the model. */
  public ModelShape shape() {
    return new ModelShape(
        config.blockCount(),
        config.headCount(),
        config.embeddingLength(),
        config.feedForwardLength(),
        config.contextLength(),
        config.vocabularySize(),
        tensors.stream().noneMatch(tensor -> tensor.ggufName().equals(HEAD)),
        config.layerNormEpsilon(),
        config.activation(),
        config.attentionScale(),
        config.attentionScaleByLayer());
  }

  /** Returns the name to show for the model: its folder's. */
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? "gpt2" : name.toString();
  }
}
