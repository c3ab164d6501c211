package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_model_finish;
import static org.sae4j.engine.global.sae4j.sae4j_model_free;
import static org.sae4j.engine.global.sae4j.sae4j_model_load;
import static org.sae4j.engine.global.sae4j.sae4j_model_new;
import static org.sae4j.engine.global.sae4j.sae4j_model_write;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.engine.sae4j_model;
import org.sae4j.format.GgufConversion;
import org.sae4j.format.GgufHeader;
import org.sae4j.format.HuggingFaceModel;
import org.sae4j.format.HuggingFaceTokenizer;
import org.sae4j.format.ModelTensor;

/**
 * A model loaded from what is on disk: a GGUF file, or a Hugging Face folder.
 *
 * @param assumptions everything that was assumed because the files do not say
 */
record ModelFiles(sae4j_model model, List<String> assumptions) {
  static ModelFiles load(Path path, ModelOptions options) throws IOException {
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such model");
    }
    return Files.isDirectory(path) ? loadFolder(path, options) : loadGguf(path, options);
  }

  private static ModelFiles loadGguf(Path file, ModelOptions options) throws IOException {
    // Says more of what is wrong than the engine could: access denied, not a regular file.
    FileChannel.open(file).close();
    sae4j_model model = new sae4j_model();
    try (CallMemory memory = new CallMemory()) {
      Engine.check(
          sae4j_model_load(file.toString(), ModelTensors.params(options, memory), model), file);
    }
    try {
      return new ModelFiles(model, GgufHeader.read(file).assumptions());
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }

  private static ModelFiles loadFolder(Path folder, ModelOptions options) throws IOException {
    HuggingFaceModel files = HuggingFaceModel.read(folder);
    if (!hasTokenizer(folder)) {
      return new ModelFiles(loadWeights(files, "", options), files.assumptions());
    }
    // The engine takes vocabularies from GGUF files only.
    Path vocabulary = Files.createTempFile("sae4j", ".gguf");
    try {
      GgufConversion.writeVocabulary(files, HuggingFaceTokenizer.read(files), vocabulary);
      return new ModelFiles(
          loadWeights(files, vocabulary.toString(), options), files.assumptions());
    } finally {
      Files.deleteIfExists(vocabulary);
    }
  }

  private static boolean hasTokenizer(Path folder) {
    return Files.exists(folder.resolve("tokenizer.json"))
        || Files.exists(folder.resolve("vocab.json"));
  }

  private static sae4j_model loadWeights(
      HuggingFaceModel files, String vocabulary, ModelOptions options) throws IOException {
    sae4j_model model = new sae4j_model();
    try (CallMemory memory = new CallMemory()) {
      Engine.check(
          sae4j_model_new(
              ModelTensors.struct(files.shape(), memory),
              vocabulary.isEmpty() ? null : vocabulary,
              ModelTensors.params(options, memory),
              model),
          files.folder());
    }
    try {
      for (ModelTensor weight : files.tensors()) {
        TensorChunks.forEach(
            weight.tensor(), chunk -> sae4j_model_write(model, weight.ggufName(), chunk));
      }
      Engine.check(sae4j_model_finish(model), files.folder());
      return model;
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }
}
