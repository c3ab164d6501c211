package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_model_free;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.sae4j.engine.sae4j_model;
import org.sae4j.format.container.GgufHeader;
import org.sae4j.format.model.HuggingFaceModel;
import org.sae4j.format.model.HuggingFaceTokenizer;

/**
 * A model loaded from what is on disk: a GGUF file, or a Hugging Face folder.
 *
 * @param tokenizer that of a folder, if there is one that can be used; the engine has a GGUF file's
 * @param tokenizerFault what is wrong with a folder's tokenizer, if it cannot be used
 * @param assumptions everything that was assumed because the files do not say
 */
record ModelFiles(
    sae4j_model model,
    Optional<HuggingFaceTokenizer> tokenizer,
    Optional<IOException> tokenizerFault,
    List<String> assumptions) {
  static ModelFiles load(Path path, ModelOptions options) throws IOException {
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such model");
    }
    return Files.isDirectory(path) ? loadFolder(path, options) : loadGguf(path, options);
  }

  private static ModelFiles loadGguf(Path file, ModelOptions options) throws IOException {
    // Says more of what is wrong than the engine could: access denied, not a regular file.
    FileChannel.open(file).close();
    sae4j_model model = EngineModel.load(file, options);
    try {
      return new ModelFiles(
          model, Optional.empty(), Optional.empty(), GgufHeader.read(file).assumptions());
    } catch (Throwable e) {
      sae4j_model_free(model);
      throw e;
    }
  }

  private static ModelFiles loadFolder(Path folder, ModelOptions options) throws IOException {
    HuggingFaceModel files = HuggingFaceModel.read(folder);
    Optional<HuggingFaceTokenizer> tokenizer = Optional.empty();
    Optional<IOException> fault = Optional.empty();
    try {
      if (HuggingFaceTokenizer.isIn(folder)) {
        tokenizer = Optional.of(HuggingFaceTokenizer.read(files));
      }
    } catch (IOException e) {
      fault = Optional.of(e); // matters only to those who use it
    }
    return new ModelFiles(EngineModel.load(files, options), tokenizer, fault, files.assumptions());
  }
}
