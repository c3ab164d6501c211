package org.sae4j.format.torch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.StoredTensor;

/**
 * A run of elements in a torch archive, of which tensors are views.
 *
 * @param file the archive
 * @param key the name of the storage in the archive
 * @param dtype the type of its elements
 * @param offset the position of its first byte in the file
 * @param elements the number of its elements
 */
record TorchStorage(Path file, String key, DType dtype, long offset, long elements) {
  static final int MAX_RANK = 16;

  /** Makes a view, after checking that it lies within this storage and visits nothing twice. */
  StoredTensor view(long first, List<Object> size, List<Object> stride) throws FormatException {
    List<Long> shape = longs("size", size);
    List<Long> strides = longs("stride", stride);
    String view =
        "storage %s: view from element %d, size %s, stride %s"
            .formatted(key, first, shape, strides);
    if (shape.size() != strides.size() || first < 0) {
      throw FormatException.of(file, view + " is malformed");
    }
    try {
      long count = shape.stream().reduce(1L, Math::multiplyExact);
      long reach = StoredTensor.reach(shape, strides);
      if (Math.addExact(first, reach) > elements || count > reach) {
        throw FormatException.of(file, view + " does not fit its " + elements + " elements");
      }
      long position = offset + first * dtype.bytes();
      long bytes = reach * dtype.bytes();
      return new StoredTensor(file, "storage " + key, dtype, shape, strides, position, bytes);
    } catch (ArithmeticException e) {
      throw FormatException.of(file, view + " overflows", e);
    }
  }

  private List<Long> longs(String what, List<Object> values) throws FormatException {
    if (values.size() > MAX_RANK) {
      throw FormatException.mismatch(
          file, "storage " + key + ": " + what, "at most " + MAX_RANK + " numbers", values.size());
    }
    List<Long> longs = new ArrayList<>();
    for (Object value : values) {
      if (!(value instanceof Long number) || number < 0) {
        throw FormatException.mismatch(
            file, "storage " + key + ": " + what, "whole numbers, not negative", value);
      }
      longs.add(number);
    }
    return longs;
  }
}
