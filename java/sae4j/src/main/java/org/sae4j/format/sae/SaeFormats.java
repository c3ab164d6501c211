package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeOverrides;

/**
 * The formats of SAEs, in the order in which they are asked whether a path is theirs.
 *
 * <p>The first one that says so reads it. Those that tell by names of files come first: SAELens
 * leaves a {@code cfg.json} beside {@code sae.safetensors} to sparsify. An archive of torch has to
 * be read: {@code pre_bias} and {@code latent_bias} are OpenAI's alone, and what is left with two
 * matrices is of dictionary_learning.
 */
public enum SaeFormats {
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

  /**
   * Recognises the format of a file or folder and reads it, but for the weights.
   *
   * @throws FormatException if it is of no known format, damaged, or contradicts itself
   */
  public static SaeFile read(Path path, SaeOverrides overrides) throws IOException {
    return read(new SaeSource(path), overrides);
  }

  /**
   * The same of what may have been looked into before.
   *
   * @throws FormatException if it is of no known format, damaged, or contradicts itself
   */
  public static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    Path path = source.path();
    if (Files.notExists(path)) {
      throw FormatException.of(path, "no such file or folder");
    }
    Optional<SaeFormats> format = of(source);
    if (overrides.transcoder().isPresent() && !format.equals(Optional.of(SPARSIFY))) {
      throw FormatException.of(
          path, "its file says whether it is a transcoder: only a folder of sparsify may not");
    }
    return format
        .orElseThrow(
            () ->
                FormatException.of(
                    path,
                    "not an SAE that sae4j reads; it reads files of OpenAI (.pt), folders of SAELens"
                        + " (cfg.json with sae_weights.safetensors), dictionary_learning and"
                        + " SAEBench (ae.pt), sparsify (cfg.json with sae.safetensors), Gemma Scope"
                        + " (params.npz or params.safetensors) and 1L-Sparse-Autoencoder (NAME.pt"
                        + " with NAME_cfg.json)"))
        .reader
        .read(source, overrides);
  }
}
