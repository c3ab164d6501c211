package org.sae4j.format.sae;

import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.StoredTensor;

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
