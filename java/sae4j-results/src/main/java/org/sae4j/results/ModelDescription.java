package org.sae4j.results;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.model.HuggingFaceModel;

/** Describes a model for people and for JSON documents. */
public final class ModelDescription {
  private static final List<String> TOKENIZER_FILES =
      List.of(
          "added_tokens.json",
          "merges.txt",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "vocab.json");

  private ModelDescription() {}

  /** Writes down which model it is. */
  public static JsonObject describe(Path path, ModelShape shape, ByteProgress progress)
      throws IOException {
    return InputFile.of("model", path, files(path), json(shape), progress);
  }

  public static JsonObject json(ModelShape shape) {
    JsonObject json = new JsonObject();
    json.addProperty("layers", shape.layers());
    json.addProperty("heads", shape.heads());
    json.addProperty("embedding", shape.embedding());
    json.addProperty("feed_forward", shape.feedForward());
    json.addProperty("context", shape.context());
    json.addProperty("vocabulary", shape.vocabulary());
    json.addProperty("tied", shape.tied());
    return json;
  }

  public static String text(ModelShape shape) {
    return String.format(
        Locale.ROOT,
        "%d blocks of width %d, %d heads, context %d, vocabulary %d, %.1f M parameters",
        shape.layers(),
        shape.embedding(),
        shape.heads(),
        shape.context(),
        shape.vocabulary(),
        shape.parameters() / 1e6);
  }

  private static List<Path> files(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    return files(HuggingFaceModel.read(path));
  }

  /** The files in a folder that are read, each once. */
  public static List<Path> files(HuggingFaceModel model) {
    List<Path> files = new ArrayList<>(List.of(model.config().file()));
    Stream.concat(
            model.tensors().stream().map(weight -> weight.tensor().file()).distinct(),
            TOKENIZER_FILES.stream().map(model.folder()::resolve).filter(Files::exists))
        .forEach(files::add);
    return files;
  }
}
