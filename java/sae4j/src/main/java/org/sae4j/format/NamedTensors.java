package org.sae4j.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sae4j.FormatException;

/** The tensors of a file, each taken by name and shape, so that none is overlooked. */
final class NamedTensors {
  private final Path file;
  private final Map<String, StoredTensor> tensors;
  private final String shapes;
  private final Set<String> taken = new HashSet<>();

  NamedTensors(Path file, Map<String, StoredTensor> tensors) {
    this(file, tensors, "");
  }

  /**
   * Takes tensors whose shapes another file tells.
   *
   * @param shapes for messages: {@code ", as d_in and d_sae of cfg.json say"}
   */
  NamedTensors(Path file, Map<String, StoredTensor> tensors, String shapes) {
    this.file = file;
    this.tensors = WrappedNames.unwrap(tensors);
    this.shapes = shapes;
  }

  /** The tensors of an archive that holds nothing else. */
  static NamedTensors of(Path file, TorchArchive archive) throws FormatException {
    Map<String, Object> entries = archive.entries();
    for (Map.Entry<String, Object> entry : entries.entrySet()) {
      if (!(entry.getValue() instanceof StoredTensor)) {
        throw FormatException.of(file, "tensor " + entry.getKey() + " is not a tensor");
      }
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    entries.forEach((name, tensor) -> tensors.put(name, (StoredTensor) tensor));
    return new NamedTensors(file, tensors);
  }

  Path file() {
    return file;
  }

  Set<String> names() {
    return tensors.keySet();
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** Takes a tensor of any type and shape. */
  StoredTensor any(String name) throws FormatException {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw FormatException.of(
          file, "tensor " + name + " is missing; the file has " + tensors.keySet());
    }
    taken.add(name);
    return tensor;
  }

  /** Takes a vector of weights, however long. */
  StoredTensor vector(String name) throws FormatException {
    StoredTensor tensor = any(name).requireFloating();
    if (tensor.rank() != 1 || tensor.dim(0) < 1 || tensor.dim(0) > Integer.MAX_VALUE) {
      throw FormatException.mismatch(file, "tensor " + name, "a vector", "shape " + tensor.shape());
    }
    return tensor;
  }

  /** Takes a vector or matrix of weights, which the engine can read piece by piece. */
  StoredTensor weights(String name, long... shape) throws FormatException {
    StoredTensor tensor = any(name).requireShape(shapes, shape).requireFloating();
    return tensor.rank() == 2 ? tensor.requireDense() : tensor;
  }

  /**
   * Refuses a file in which a tensor is left over.
   *
   * @param ignored names of tensors that say nothing about what an SAE computes
   * @return those of them that are there
   */
  List<String> requireAllTaken(Set<String> ignored, String what) throws FormatException {
    List<String> left = new ArrayList<>();
    for (String name : tensors.keySet()) {
      if (!taken.contains(name)) {
        if (!ignored.contains(name)) {
          throw FormatException.of(file, "unexpected tensor " + name + " in " + what);
        }
        left.add(name);
      }
    }
    return left;
  }
}
