package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.SaeOverrides;

/**
 * The formats of SAEs, in the order in which they are asked whether a path is theirs.
 *
 * <p>The first one that says so reads it. Those that tell by names of files come first: SAELens
 * leaves a {@code cfg.json} beside {@code sae.safetensors} to sparsify. An archive of torch has to
 * be read: {@code pre_bias} and {@code latent_bias} are OpenAI's alone, and what is left with two
 * matrices is of dictionary_learning.
 */
enum SaeFormats {
  SAELENS(SaeLensSae::recognises, SaeLensSae::read),
  SPARSIFY(SparsifySae::recognises, SparsifySae::read),
  GEMMA_SCOPE(GemmaScopeSae::recognises, GemmaScopeSae::read),
  ONE_LAYER(OneLayerSae::recognises, OneLayerSae::read),
  OPENAI(OpenAiSae::recognises, OpenAiSae::read),
  DICTIONARY_LEARNING(DictionaryLearningSae::recognises, DictionaryLearningSae::read);

  /** What a format's files and folders are told by. */
  private interface Recognition {
    boolean recognises(SaeSource source) throws IOException;
  }

  /** Reads one that was recognised. */
  private interface Reader {
    SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException;
  }

  private final Recognition recognition;
  private final Reader reader;

  SaeFormats(Recognition recognition, Reader reader) {
    this.recognition = recognition;
    this.reader = reader;
  }

  /** The format of a file or folder. */
  static Optional<SaeFormats> of(SaeSource source) throws IOException {
    for (SaeFormats format : values()) {
      if (format.recognises(source)) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  /** Tells whether a folder has the files of one SAE, by their names. */
  static boolean isSaeFolder(Path folder) throws IOException {
    return Files.isDirectory(folder) && of(new SaeSource(folder)).isPresent();
  }

  boolean recognises(SaeSource source) throws IOException {
    return recognition.recognises(source);
  }

  SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    return reader.read(source, overrides);
  }
}
