package org.sae4j.format.torch;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.sae4j.format.container.DType;

/**
 * The allow-list: the names of Python classes and functions that a pickle may mention.
 *
 * <p>None of them is ever called; sae4j only knows what a call with given arguments would mean.
 */
sealed interface PickleGlobal {

  /** A class of module {@code torch} that names an element type. */
  record Storage(DType dtype) implements PickleGlobal {}

  /** A constant, such as {@code torch.float32}, which stands for itself. */
  record Constant(String name) implements PickleGlobal {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A callable that may be applied to arguments. */
  enum Function implements PickleGlobal {
    ORDERED_DICT("collections.OrderedDict"),
    REBUILD_TENSOR_V2("torch._utils._rebuild_tensor_v2"),
    REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
    SIZE("torch.Size"),
    DEVICE("torch.device"),
    BYTES("builtins.bytes", "__builtin__.bytes"),
    ENCODE("_codecs.encode"),
    NUMPY_DTYPE("numpy.dtype"),
    NUMPY_ARRAY("numpy.ndarray"),
    NUMPY_SCALAR("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
    NUMPY_RECONSTRUCT("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct");

    private final String[] names;

    Function(String... names) {
      this.names = names;
    }
  }

  /** Everything that is on the list, by its name with that of its module. */
  Map<String, PickleGlobal> ALLOWED = allowed();

  private static Map<String, PickleGlobal> allowed() {
    Map<String, PickleGlobal> allowed = new TreeMap<>();
    for (Function function : Function.values()) {
      for (String name : function.names) {
        allowed.put(name, function);
      }
    }
    for (DType dtype : DType.values()) {
      dtype.torchStorage().ifPresent(name -> allowed.put("torch." + name, new Storage(dtype)));
    }
    for (String dtype :
        Set.of(
            "float64",
            "float32",
            "float16",
            "bfloat16",
            "int64",
            "int32",
            "int16",
            "int8",
            "uint8",
            "bool")) {
      allowed.put("torch." + dtype, new Constant("torch." + dtype));
    }
    return Collections.unmodifiableMap(allowed);
  }

  /** Finds the meaning of a name; empty if it is not on the list. */
  static Optional<PickleGlobal> find(String module, String name) {
    return Optional.ofNullable(ALLOWED.get(module + "." + name));
  }
}
