package org.sae4j.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.NpyHeader;

/** The whole numbers in a NumPy array of one or two dimensions, as they come in the file. */
final class NpyNumbers implements Closeable {
  private static final Set<DType> WHOLE_NUMBERS =
      Set.of(DType.I8, DType.U8, DType.I16, DType.U16, DType.I32, DType.U32, DType.I64, DType.U64);

  private final Path file;
  private final NpyHeader header;
  private final long count;
  private final InputStream in; // at the first number
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
  private long given;

  private NpyNumbers(Path file, NpyHeader header, long count, InputStream in) {
    this.file = file;
    this.header = header;
    this.count = count;
    this.in = in;
    bytes.order(header.order()).limit(0);
  }

  /** Opens the token ids of a file: of an archive those in an array of a name, or the only one. */
  static NpyNumbers ids(Path file, String name) throws IOException {
    if (SourceFile.isZip(file)) {
      return of(file, ZippedArrays.read(file).open(name), false);
    }
    NpyNumbers ids = of(file, SourceFile.open(file), false);
    if (!SourceFile.isCompressed(file)) {
      ids.requireWhole();
    }
    return ids;
  }

  /** Opens the mask of ids in an archive. */
  static NpyNumbers mask(Path file, String name) throws IOException {
    return of(file, ZippedArrays.read(file).open(name), true);
  }

  private static NpyNumbers of(Path file, InputStream in, boolean orTruths) throws IOException {
    try {
      NpyHeader header = NpyHeader.read(in, file, "array");
      return new NpyNumbers(file, header, checked(file, header, orTruths), in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** The number of numbers in an array that may be read. */
  private static long checked(Path file, NpyHeader header, boolean orTruths)
      throws FormatException {
    boolean truths = orTruths && header.dtype() == DType.BOOL;
    if (!WHOLE_NUMBERS.contains(header.dtype()) && !truths) {
      throw FormatException.mismatch(file, "array", "whole numbers", header.dtype());
    }
    List<Long> shape = header.shape();
    if (shape.isEmpty() || shape.size() > 2) {
      throw FormatException.mismatch(file, "array", "shape [ids] or [sequences, length]", shape);
    }
    try {
      long count = shape.stream().reduce(1L, Math::multiplyExact);
      Math.multiplyExact(count, header.dtype().bytes());
      if (count == 0) {
        throw FormatException.mismatch(file, "array", "at least one id", "shape " + shape);
      }
      return count;
    } catch (ArithmeticException e) {
      throw FormatException.of(file, "array: shape " + shape + " overflows", e);
    }
  }

  /** What is not whole shows at once. */
  private void requireWhole() throws IOException {
    long bytes = count * header.dtype().bytes();
    long available = Files.size(file) - header.length();
    if (bytes != available) {
      close();
      throw FormatException.mismatch(
          file, "array", bytes + " bytes for " + header.dtype() + " " + header.shape(), available);
    }
  }

  /** How many there are. */
  long count() {
    return count;
  }

  /** The sizes of the array, one or two. */
  List<Long> shape() {
    return header.shape();
  }

  /** Whether they come column by column, as in Fortran, rather than row by row. */
  boolean isByColumn() {
    return header.fortranOrder() && shape().size() == 2;
  }

  /** Reads the next numbers, fewer than asked for only at the end. */
  long[] next(int most) throws IOException {
    long[] numbers = new long[(int) Math.min(most, count - given)];
    for (int i = 0; i < numbers.length; i++) {
      if (bytes.remaining() < header.dtype().bytes()) {
        fill();
      }
      numbers[i] = number();
      given++;
    }
    if (numbers.length == 0) {
      requireEnd();
    }
    return numbers;
  }

  private void requireEnd() throws IOException {
    if (bytes.hasRemaining() || in.read() >= 0) {
      throw FormatException.of(file, "there is more after the array's " + given + " numbers");
    }
  }

  private void fill() throws IOException {
    bytes.compact();
    int read = in.readNBytes(bytes.array(), bytes.position(), bytes.remaining());
    bytes.position(bytes.position() + read).flip();
    if (bytes.remaining() < header.dtype().bytes()) {
      throw FormatException.of(file, "the file ends after " + given + " numbers");
    }
  }

  private long number() {
    return switch (header.dtype()) {
      case I8 -> bytes.get();
      case U8, BOOL -> bytes.get() & 0xFF;
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
