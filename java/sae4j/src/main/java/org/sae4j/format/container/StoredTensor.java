package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.sae4j.format.FormatException;

/**
 * A tensor that lies uncompressed, little-endian, in a file.
 *
 * @param file the file that holds it
 * @param name its name in the file, for messages
 * @param dtype the type of its elements
 * @param shape its sizes, outermost first
 * @param strides for each dimension the distance of neighbours, in elements, never negative
 * @param offset the position of its first element in the file, in bytes
 * @param byteLength the bytes from its first element to the end of its last
 */
public record StoredTensor(
    Path file,
    String name,
    DType dtype,
    List<Long> shape,
    List<Long> strides,
    long offset,
    long byteLength) {

  private static final int READ_BYTES = 1 << 20;

  /** What remains of a Java array's largest length on every JVM. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** Receives a tensor's bytes piece by piece. */
  @FunctionalInterface
  public interface ChunkConsumer {
    /** Takes the next bytes; the buffer is little-endian, direct, and reused after the call. */
    void accept(ByteBuffer chunk) throws IOException;
  }

  public StoredTensor {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dtype, "dtype");
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    if (shape.size() != strides.size()) {
      throw new IllegalArgumentException("shape " + shape + " with strides " + strides);
    }
    for (int i = 0; i < shape.size(); i++) {
      if (shape.get(i) < 0 || strides.get(i) < 0) {
        throw new IllegalArgumentException("shape " + shape + " with strides " + strides);
      }
    }
    if (offset < 0
        || byteLength != Math.multiplyExact(reach(shape, strides), (long) dtype.bytes())) {
      throw new IllegalArgumentException(
          byteLength + " bytes for shape " + shape + " with strides " + strides);
    }
  }

  /** Describes a row-major tensor; fails with {@link ArithmeticException} if its size overflows. */
  static StoredTensor contiguous(
      Path file, String name, DType dtype, List<Long> shape, long offset) {
    List<Long> strides = rowMajorStrides(shape);
    long bytes = Math.multiplyExact(reach(shape, strides), (long) dtype.bytes());
    return new StoredTensor(file, name, dtype, shape, strides, offset, bytes);
  }

  /**
   * Counts the elements from a tensor's first to its last, gaps included.
   *
   * @throws ArithmeticException if they are more than a long can count
   */
  public static long reach(List<Long> shape, List<Long> strides) {
    long last = 0;
    for (int i = 0; i < shape.size(); i++) {
      if (shape.get(i) == 0) {
        return 0;
      }
      last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1, strides.get(i)));
    }
    return Math.addExact(last, 1);
  }

  private static List<Long> rowMajorStrides(List<Long> shape) {
    List<Long> strides = new ArrayList<>(Collections.nCopies(shape.size(), 1L));
    for (int i = shape.size() - 2; i >= 0; i--) {
      // A size of 0 must not make the strides of the outer dimensions 0 as well.
      long inner = Math.max(1, shape.get(i + 1));
      strides.set(i, Math.multiplyExact(strides.get(i + 1), inner));
    }
    return strides;
  }

  /** The number of dimensions; 0 for a scalar. */
  public int rank() {
    return shape.size();
  }

  /** The size of one dimension. */
  public long dim(int i) {
    return shape.get(i);
  }

  /** The number of elements. */
  public long elementCount() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Tells whether the elements lie in row-major order without gaps. */
  public boolean isContiguous() {
    List<Long> wanted = rowMajorStrides(shape);
    for (int i = 0; i < rank(); i++) {
      // Where there is but one element to visit, its stride is never used.
      if (shape.get(i) > 1 && !strides.get(i).equals(wanted.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Tells whether this is a matrix [rows, columns] whose rows follow one another in the file. */
  public boolean isRowMajor() {
    return rank() == 2 && isContiguous();
  }

  /**
   * Tells whether this is a matrix [rows, columns] whose columns follow one another in the file.
   */
  public boolean isTransposedRowMajor() {
    return rank() == 2 && transposed().isContiguous();
  }

  /** Views a matrix with rows and columns swapped; nothing moves in the file. */
  public StoredTensor transposed() {
    if (rank() != 2) {
      throw new IllegalStateException(name + ": only a matrix has a transpose, not " + shape);
    }
    return new StoredTensor(
        file,
        name,
        dtype,
        List.of(shape.get(1), shape.get(0)),
        List.of(strides.get(1), strides.get(0)),
        offset,
        byteLength);
  }

  /** Views a tensor of one element as a vector that repeats it; nothing is added to the file. */
  public StoredTensor repeated(long count) {
    if (elementCount() != 1 || count < 1) {
      throw new IllegalStateException(name + ": cannot repeat shape " + shape + " to " + count);
    }
    return new StoredTensor(file, name, dtype, List.of(count), List.of(0L), offset, byteLength);
  }

  public StoredTensor named(String newName) {
    return new StoredTensor(file, newName, dtype, shape, strides, offset, byteLength);
  }

  /** Returns this tensor if it has the shape, else says what was expected and found. */
  public StoredTensor requireShape(long... expected) throws FormatException {
    return requireShape("", expected);
  }

  /**
   * Returns this tensor if it has the shape, else says what was expected and found.
   *
   * @param reason follows the expected shape
   */
  public StoredTensor requireShape(String reason, long... expected) throws FormatException {
    List<Long> sizes = new ArrayList<>();
    for (long size : expected) {
      sizes.add(size);
    }
    if (!shape.equals(sizes)) {
      throw FormatException.mismatch(file, "tensor " + name, "shape " + sizes + reason, shape);
    }
    return this;
  }

  /** Returns this tensor if weights may have its type, else says what was expected and found. */
  public StoredTensor requireFloating() throws FormatException {
    if (!dtype.isFloating()) {
      throw FormatException.mismatch(file, "tensor " + name, "dtype F32, F16, BF16 or F64", dtype);
    }
    return this;
  }

  /**
   * Returns this tensor if its bytes have neither gaps nor an order that {@link #forEachChunk}
   * refuses, else says so.
   */
  public StoredTensor requireDense() throws FormatException {
    if (!isContiguous() && !isTransposedRowMajor()) {
      throw FormatException.of(
          file,
          "tensor "
              + name
              + ": shape "
              + shape
              + " with strides "
              + strides
              + " is neither row-major nor the transpose of a row-major matrix");
    }
    return this;
  }

  /**
   * Hands out all bytes in the order of the file.
   *
   * <p>The order of the elements is row-major, or, for a matrix with {@link #isTransposedRowMajor},
   * that of its transpose. Chunks hold whole elements and at most {@code maxBytes}.
   *
   * @throws FormatException if the file is too short, or the tensor lies otherwise in it
   */
  public void forEachChunk(int maxBytes, ChunkConsumer consumer) throws IOException {
    requireDense();
    forEachChunkOfRegion(maxBytes, consumer);
  }

  private void forEachChunkOfRegion(int maxBytes, ChunkConsumer consumer) throws IOException {
    int chunkBytes = maxBytes - maxBytes % dtype.bytes();
    if (chunkBytes <= 0) {
      throw new IllegalArgumentException("no element fits into " + maxBytes + " bytes");
    }
    if (byteLength == 0) {
      return;
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(chunkBytes, byteLength));
    try (FileChannel channel = PositionalRead.open(file)) {
      for (long done = 0; done < byteLength; done += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), byteLength - done));
        PositionalRead.fill(channel, file, "tensor " + name, offset + done, buffer);
        int size = buffer.limit();
        consumer.accept(buffer);
        buffer.limit(size);
      }
    }
  }

  /**
   * Reads all elements in row-major order, whatever their order in the file, as floats.
   *
   * <p>Meant for vectors: the engine takes matrices in chunks.
   */
  public float[] toFloats() throws IOException {
    float[] region = readRegion();
    if (isContiguous()) {
      return region;
    }
    float[] gathered = new float[requireArrayLength(elementCount())];
    long[] index = new long[rank()];
    for (int i = 0; i < gathered.length; i++) {
      gathered[i] = region[positionOf(index)];
      advance(index);
    }
    return gathered;
  }

  /** Reads the only element of a tensor. */
  public double scalar() throws IOException {
    if (elementCount() != 1) {
      throw FormatException.mismatch(file, "tensor " + name, "one element", "shape " + shape);
    }
    requireConvertible();
    double[] value = new double[1];
    forEachChunkOfRegion(dtype.bytes(), chunk -> value[0] = dtype.toDouble(chunk, 0));
    return value[0];
  }

  /** Reads the only element of a tensor, which has to be a whole number. */
  public long longScalar() throws IOException {
    double value = scalar();
    // From 2⁵³ on a double no longer tells neighbouring integers apart.
    if (value != Math.rint(value) || Math.abs(value) >= 0x1p53) {
      throw FormatException.mismatch(file, "tensor " + name, "a whole number", value);
    }
    return (long) value;
  }

  private float[] readRegion() throws IOException {
    requireConvertible();
    float[] region = new float[requireArrayLength(byteLength / dtype.bytes())];
    int[] filled = {0};
    forEachChunkOfRegion(
        READ_BYTES,
        chunk -> {
          for (int at = 0; at < chunk.limit(); at += dtype.bytes()) {
            region[filled[0]++] = (float) dtype.toDouble(chunk, at);
          }
        });
    return region;
  }

  private void requireConvertible() throws FormatException {
    if (!dtype.isConvertible()) {
      throw FormatException.of(file, "tensor " + name + ": cannot convert dtype " + dtype);
    }
  }

  private int requireArrayLength(long length) throws FormatException {
    if (length > MAX_ARRAY) {
      throw FormatException.of(file, "tensor " + name + ": too large for an array, " + shape);
    }
    return (int) length;
  }

  private int positionOf(long[] index) {
    long position = 0;
    for (int i = 0; i < index.length; i++) {
      position += index[i] * strides.get(i);
    }
    return (int) position;
  }

  private void advance(long[] index) {
    for (int i = index.length - 1; i >= 0; i--) {
      if (++index[i] < shape.get(i)) {
        return;
      }
      index[i] = 0;
    }
  }
}
