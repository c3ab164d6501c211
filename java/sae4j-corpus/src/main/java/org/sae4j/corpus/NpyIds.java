package org.sae4j.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Set;
import org.sae4j.FormatException;
import org.sae4j.format.DType;
import org.sae4j.format.NpyArray;
import org.sae4j.format.StoredTensor;

/** The token ids in a NumPy file, in order: [ids], or [sequences, length]. */
final class NpyIds implements AutoCloseable {
  private static final Set<DType> WHOLE_NUMBERS =
      Set.of(DType.I8, DType.U8, DType.I16, DType.U16, DType.I32, DType.U32, DType.I64, DType.U64);

  private final Path file;
  private final StoredTensor array;
  private final InputStream in; // at the first id
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private long given;

  private NpyIds(Path file, StoredTensor array, InputStream in) {
    this.file = file;
    this.array = array;
    this.in = in;
    bytes.limit(0);
  }

  /**
   * Reads the header of an array and checks that it holds ids.
   *
   * @param in the array and nothing else; closed with the ids, or if it holds something else
   */
  static NpyIds of(Path file, InputStream in) throws IOException {
    try {
      return new NpyIds(file, checked(file, NpyArray.read(in, file)), in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private static StoredTensor checked(Path file, StoredTensor array) throws FormatException {
    if (!WHOLE_NUMBERS.contains(array.dtype())) {
      throw FormatException.mismatch(file, "array", "whole numbers", array.dtype());
    }
    if (array.rank() < 1 || array.rank() > 2) {
      throw FormatException.mismatch(
          file, "array", "shape [ids] or [sequences, length]", array.shape());
    }
    if (!array.isContiguous()) {
      throw FormatException.mismatch(file, "array", "rows one after another", "Fortran's order");
    }
    if (array.elementCount() == 0) {
      throw FormatException.mismatch(file, "array", "at least one id", "shape " + array.shape());
    }
    return array;
  }

  /** The ids of one sequence; 0 if they are all in a row. */
  long rowLength() {
    return array.rank() == 2 ? array.dim(1) : 0;
  }

  /** Reads the next ids, fewer than asked for only at the end. */
  int[] next(int count) throws IOException {
    int[] ids = new int[(int) Math.min(count, array.elementCount() - given)];
    for (int i = 0; i < ids.length; i++) {
      if (bytes.remaining() < array.dtype().bytes()) {
        fill();
      }
      long id = id();
      long row = rowLength() == 0 ? 0 : given / rowLength();
      CheckedSequences.requireInt(file, row, given - row * rowLength(), id);
      ids[i] = (int) id;
      given++;
    }
    if (ids.length == 0) {
      requireEnd();
    }
    return ids;
  }

  private void requireEnd() throws IOException {
    if (bytes.hasRemaining() || in.read() >= 0) {
      throw FormatException.of(file, "there is more after the array's " + given + " ids");
    }
  }

  private void fill() throws IOException {
    bytes.compact();
    int count = in.readNBytes(bytes.array(), bytes.position(), bytes.remaining());
    bytes.position(bytes.position() + count).flip();
    if (bytes.remaining() < array.dtype().bytes()) {
      throw FormatException.of(file, "the file ends after " + given + " ids");
    }
  }

  private long id() {
    return switch (array.dtype()) {
      case I8 -> bytes.get();
      case U8 -> bytes.get() & 0xFF;
      case I16 -> bytes.getShort();
      case U16 -> bytes.getShort() & 0xFFFF;
      case I32 -> bytes.getInt();
      case U32 -> bytes.getInt() & 0xFFFF_FFFFL;
      default -> bytes.getLong();
    };
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
