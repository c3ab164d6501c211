package org.sae4j.format.torch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.container.WrappedNames;

/** The tensors of a file, each taken by name and shape, so that none is overlooked. */
public final class NamedTensors {
  private final Path file;
  private final Map<String, StoredTensor> tensors;
  private final Map<String, Object> others;
  private final Optional<String> source;
  private final Set<String> taken = new HashSet<>();

  public NamedTensors(Path file, Map<String, StoredTensor> tensors) {
    this(file, WrappedNames.unwrap(tensors), Map.of(), Optional.empty());
  }

  /**
   * Takes tensors of which another file says what they are to be.
   *
   * @param source the name of that file, for messages
   */
  public NamedTensors(Path file, Map<String, StoredTensor> tensors, String source) {
    this(file, WrappedNames.unwrap(tensors), Map.of(), Optional.of(source));
  }

  private NamedTensors(
      Path file,
      Map<String, StoredTensor> tensors,
      Map<String, Object> others,
      Optional<String> source) {
    this.file = file;
    this.tensors = tensors;
    this.others = others;
    this.source = source;
  }

  /** The tensors of an archive; what else is in it is {@linkplain #others left over}. */
  public static NamedTensors of(Path file, TorchArchive archive) throws FormatException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Map<String, Object> others = new LinkedHashMap<>();
    archive
        .entries()
        .forEach(
            (name, value) -> {
              if (value instanceof StoredTensor tensor) {
                tensors.put(name, tensor);
              } else {
                others.put(name, value);
              }
            });
    return new NamedTensors(file, tensors, others, Optional.empty());
  }

  Path file() {
    return file;
  }

  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  public Set<String> names() {
    return tensors.keySet();
  }

  /** A whole number that stands among the tensors. */
  public Optional<Long> number(String name) {
    return others.get(name) instanceof Long number ? Optional.of(number) : Optional.empty();
  }

  /** What stands among the tensors and is none, one line each. */
  public List<String> others(Set<String> used) {
    return others.entrySet().stream()
        .filter(entry -> !used.contains(entry.getKey()))
        .map(entry -> entry.getKey() + " " + entry.getValue() + ": not used")
        .toList();
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** Takes a tensor of any type and shape. */
  public StoredTensor any(String name) throws FormatException {
    StoredTensor tensor = tensors.get(name);
    if (others.containsKey(name)) {
      throw FormatException.of(file, "tensor " + name + " is not a tensor");
    }
    if (tensor == null) {
      throw FormatException.of(
          file,
          "tensor "
              + name
              + " is missing"
              + source.map(other -> ", which " + other + " asks for").orElse("")
              + "; the file has "
              + tensors.keySet());
    }
    taken.add(name);
    return tensor;
  }

  /** Takes a vector of weights, however long. */
  public StoredTensor vector(String name) throws FormatException {
    StoredTensor tensor = any(name).requireFloating();
    if (tensor.rank() != 1 || tensor.dim(0) < 1 || tensor.dim(0) > Integer.MAX_VALUE) {
      throw FormatException.mismatch(file, "tensor " + name, "a vector", "shape " + tensor.shape());
    }
    return tensor;
  }

  /** Takes a vector or matrix of weights, which the engine can read piece by piece. */
  public StoredTensor weights(String name, long... shape) throws FormatException {
    StoredTensor tensor =
        any(name)
            .requireShape(source.map(other -> ", as " + other + " says").orElse(""), shape)
            .requireFloating();
    return tensor.rank() == 2 ? tensor.requireDense() : tensor;
  }

  /**
   * Refuses a file in which a tensor is left over.
   *
   * @param ignored names of tensors that say nothing about what an SAE computes
   * @return those of them that are there
   */
  public List<String> requireAllTaken(Set<String> ignored, String what) throws FormatException {
    List<String> left = new ArrayList<>();
    for (String name : tensors.keySet()) {
      if (!taken.contains(name)) {
        if (!ignored.contains(name)) {
          String said = source.map(other -> ", as " + other + " says").orElse("");
          throw FormatException.of(file, "unexpected tensor " + name + " in " + what + said);
        }
        left.add(name);
      }
    }
    return left;
  }
}
