package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Compares the numbers of two tensors, which are read only up to the first that differ. */
public final class EqualTensors {
  private static final int ELEMENTS_AT_ONCE = 1 << 17;

  private EqualTensors() {}

  /**
   * Tells whether two tensors have the same shape and hold equal numbers, whatever their types.
   *
   * <p>Tensors that lie in different orders in their files count as different.
   */
  public static boolean are(StoredTensor a, StoredTensor b) throws IOException {
    if (!a.shape().equals(b.shape())) {
      return false;
    }
    if (isSamePlace(a, b)) {
      return true;
    }
    if (!a.isContiguous() || !b.isContiguous()) {
      return false;
    }
    try (FileChannel channelOfA = PositionalRead.open(a.file());
        FileChannel channelOfB = PositionalRead.open(b.file())) {
      for (long done = 0; done < a.elementCount(); done += ELEMENTS_AT_ONCE) {
        int count = (int) Math.min(ELEMENTS_AT_ONCE, a.elementCount() - done);
        if (!areEqual(
            read(channelOfA, a, done, count),
            a.dtype(),
            read(channelOfB, b, done, count),
            b.dtype())) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isSamePlace(StoredTensor a, StoredTensor b) {
    return a.file().equals(b.file())
        && a.offset() == b.offset()
        && a.dtype() == b.dtype()
        && a.strides().equals(b.strides());
  }

  private static ByteBuffer read(FileChannel channel, StoredTensor tensor, long first, int count)
      throws IOException {
    int bytes = tensor.dtype().bytes();
    return PositionalRead.read(
        channel,
        tensor.file(),
        "tensor " + tensor.name(),
        tensor.offset() + first * bytes,
        count * bytes);
  }

  private static boolean areEqual(ByteBuffer a, DType typeOfA, ByteBuffer b, DType typeOfB) {
    if (typeOfA == typeOfB && a.equals(b)) {
      return true;
    }
    for (int i = 0; i < a.remaining() / typeOfA.bytes(); i++) {
      double numberOfA = typeOfA.toDouble(a, a.position() + i * typeOfA.bytes());
      if (numberOfA != typeOfB.toDouble(b, b.position() + i * typeOfB.bytes())) {
        return false;
      }
    }
    return true;
  }
}
