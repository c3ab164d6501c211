package org.sae4j.format.torch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.sae4j.format.container.DType;

/**
 * What NumPy puts into a pickle: types, numbers and arrays.
 *
 * <p>A number becomes one of Java. An array stays what it is, unread: no weights come as one.
 */
final class PickleNumpy {
  private static final Pattern SIMPLE_TYPE = Pattern.compile("[biuf][1248]");

  private PickleNumpy() {}

  /** The type of elements, such as {@code f4}; its byte order is set later, by its state. */
  static final class Type {
    private final String code;
    private String order = "";

    private Type(String code) {
      this.code = code;
    }

    /** Makes one from the arguments of {@code numpy.dtype}; empty if they are not those. */
    static Optional<Type> of(List<Object> arguments) {
      boolean simple =
          arguments.size() == 3
              && arguments.get(0) instanceof String code
              && SIMPLE_TYPE.matcher(code).matches()
              && arguments.get(1) instanceof Boolean
              && arguments.get(2) instanceof Boolean;
      return simple ? Optional.of(new Type((String) arguments.get(0))) : Optional.empty();
    }

    /** Sets the byte order; false if the state is not that of a plain little-endian type. */
    boolean setState(PickleSequence state) {
      List<Object> parts = state.elements();
      if (parts.size() < 5
          || !(parts.get(1) instanceof String given)
          || !(given.equals("<") || given.equals("|"))
          || !parts.subList(2, 5).stream().allMatch(PickleNone.NONE::equals)) {
        return false;
      }
      order = given;
      return true;
    }

    private Optional<DType> dtype() {
      return DType.ofNumpy(order + code).filter(DType::isConvertible);
    }

    @Override
    public String toString() {
      return "NumPy's type " + code;
    }
  }

  /** An array of which only the place in the pickle is known. */
  static final class Array {
    private boolean filled;

    /** Takes the state (version, shape, type, order, bytes); false if it is none. */
    boolean setState(PickleSequence state) {
      List<Object> parts = state.elements();
      if (filled
          || parts.size() != 5
          || !(parts.get(0) instanceof Long)
          || !(parts.get(1) instanceof PickleSequence)
          || !(parts.get(2) instanceof Type)
          || !(parts.get(3) instanceof Boolean)
          || !(parts.get(4) instanceof Bytes)) {
        return false;
      }
      filled = true;
      return true;
    }

    @Override
    public String toString() {
      return "array of NumPy";
    }
  }

  /** Bytes, which nothing but NumPy's values is made of. */
  record Bytes(byte[] content) {
    @Override
    public String toString() {
      return content.length + " bytes";
    }
  }

  /** The number that a type and its bytes stand for; empty if they are not that of one. */
  static Optional<Object> scalar(List<Object> arguments) {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof Type type)
        || !(arguments.get(1) instanceof Bytes bytes)) {
      return Optional.empty();
    }
    return type.dtype()
        .filter(dtype -> dtype.bytes() == bytes.content().length)
        .map(dtype -> number(dtype, bytes.content()));
  }

  private static Object number(DType dtype, byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (dtype == DType.BOOL) {
      return content[0] != 0;
    }
    if (dtype == DType.I64) {
      return bytes.getLong();
    }
    double value = dtype.toDouble(bytes, 0);
    return dtype.isFloating() ? (Object) value : (Object) (long) value;
  }
}
