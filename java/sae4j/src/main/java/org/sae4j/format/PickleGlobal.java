package org.sae4j.format;

import java.util.Optional;

/**
 * The allow-list: the names of Python classes and functions that a pickle may mention.
 *
 * <p>None of them is ever called; sae4j only knows what a call with given arguments would mean.
 */
sealed interface PickleGlobal {

  /** A class of module {@code torch} that names an element type. */
  record Storage(DType dtype) implements PickleGlobal {}

  /** A callable that may be applied to arguments. */
  enum Function implements PickleGlobal {
    ORDERED_DICT,
    REBUILD_TENSOR_V2,
    REBUILD_PARAMETER
  }

  /** Finds the meaning of a name; empty if it is not on the list. */
  static Optional<PickleGlobal> find(String module, String name) {
    if (module.equals("torch")) {
      return DType.ofTorchStorage(name).map(Storage::new);
    }
    return switch (module + "." + name) {
      case "collections.OrderedDict" -> Optional.of(Function.ORDERED_DICT);
      case "torch._utils._rebuild_tensor_v2" -> Optional.of(Function.REBUILD_TENSOR_V2);
      case "torch._utils._rebuild_parameter" -> Optional.of(Function.REBUILD_PARAMETER);
      default -> Optional.empty();
    };
  }
}
