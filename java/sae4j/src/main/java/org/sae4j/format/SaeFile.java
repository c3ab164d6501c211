package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.sae4j.FormatException;
import org.sae4j.SaeConfig;
import org.sae4j.SaeOverrides;

/**
 * An SAE on disk, whatever its format: what it computes, and where its parameters lie.
 *
 * <p>Matrices are row-major or transposed views of row-major ones, so their bytes can be read with
 * {@link StoredTensor#forEachChunk}. Vectors may have any strides; {@link StoredTensor#toFloats}
 * takes care of them.
 *
 * @param path the file or folder that was asked for
 * @param config what the SAE computes
 * @param tensors its parameters: exactly those that its activation needs
 * @param files the files that were read
 * @param ignored names of tensors in them that say nothing about what the SAE computes
 */
public record SaeFile(
    Path path,
    SaeConfig config,
    Map<SaeTensor, StoredTensor> tensors,
    List<Path> files,
    List<String> ignored) {

  public SaeFile {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(config, "config");
    tensors = Collections.unmodifiableMap(new EnumMap<>(tensors));
    files = List.copyOf(files);
    ignored = List.copyOf(ignored);
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
    Optional<SaeFormats> format = SaeFormats.of(source);
    if (overrides.transcoder().isPresent() && !format.equals(Optional.of(SaeFormats.SPARSIFY))) {
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
        .read(source, overrides);
  }

  /** The same SAE as if its input were not normalised. */
  public SaeFile withoutNormalization() {
    return new SaeFile(path, config.withoutNormalization(), tensors, files, ignored);
  }

  /** Finds a parameter; the SAE's activation must be one that has it. */
  public StoredTensor tensor(SaeTensor name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(config.activation() + " has no " + name);
    }
    return tensor;
  }
}
