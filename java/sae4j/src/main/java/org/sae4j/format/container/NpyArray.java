package org.sae4j.format.container;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.sae4j.format.FormatException;

/** Finds the array in a {@code .npy} file of NumPy, or in an entry of an {@code .npz} archive. */
public final class NpyArray {
  private NpyArray() {}

  /** Reads the header of a {@code .npy} file, whose array has to fill the file. */
  public static StoredTensor read(Path file) throws IOException {
    try (FileChannel channel = PositionalRead.open(file)) {
      return read(channel, file, "array", 0, channel.size());
    }
  }

  /** Reads the header of an array that has to fill a region of a file. */
  static StoredTensor read(FileChannel channel, Path file, String name, long start, long bytes)
      throws IOException {
    int head = (int) Math.min(bytes, NpyHeader.LONGEST);
    ByteBuffer first = PositionalRead.read(channel, file, name, start, head);
    NpyHeader header = NpyHeader.read(new ByteArrayInputStream(first.array()), file, name);
    StoredTensor tensor = tensor(file, name, header, start + header.length());
    long available = bytes - header.length();
    if (tensor.byteLength() != available) {
      throw FormatException.mismatch(
          file,
          name,
          tensor.byteLength() + " bytes for " + header.dtype() + " " + header.shape(),
          available);
    }
    return tensor;
  }

  private static StoredTensor tensor(Path file, String name, NpyHeader header, long offset)
      throws FormatException {
    if (header.order() == ByteOrder.BIG_ENDIAN) {
      throw FormatException.of(
          file, name + ": big-endian numbers are not supported; little-endian ones are");
    }
    try {
      if (!header.fortranOrder() || header.shape().size() < 2) {
        return StoredTensor.contiguous(file, name, header.dtype(), header.shape(), offset);
      }
      if (header.shape().size() > 2) {
        throw FormatException.of(
            file, name + ": shape " + header.shape() + " in Fortran's order is not supported");
      }
      List<Long> reversed = new ArrayList<>(header.shape());
      Collections.reverse(reversed);
      return StoredTensor.contiguous(file, name, header.dtype(), reversed, offset).transposed();
    } catch (ArithmeticException e) {
      throw FormatException.of(file, name + ": shape " + header.shape() + " overflows", e);
    }
  }
}
