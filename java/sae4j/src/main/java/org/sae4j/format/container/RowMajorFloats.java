package org.sae4j.format.container;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Hands out the elements of a vector or matrix in row-major order, whatever their order in the
 * file.
 *
 * <p>However large a matrix is, the heap holds a few megabytes of it.
 */
public final class RowMajorFloats {
  /** Elements of a transposed matrix that are gathered in one pass over its file. */
  public static final int BLOCK_ELEMENTS = 4 << 20;

  private static final int CHUNK_BYTES = 1 << 20;

  /** Receives a tensor's elements piece by piece. */
  @FunctionalInterface
  public interface Consumer {
    /** Takes the next elements, from position to limit; the buffer is reused after the call. */
    void accept(FloatBuffer next) throws IOException;
  }

  private RowMajorFloats() {}

  /** Hands out all elements; a transposed matrix in blocks of rows, of which at least one. */
  public static void forEach(StoredTensor tensor, int blockElements, Consumer consumer)
      throws IOException {
    if (tensor.isContiguous()) {
      inFileOrder(tensor, consumer);
    } else if (tensor.rank() < 2) {
      consumer.accept(FloatBuffer.wrap(tensor.toFloats()));
    } else {
      transposed(tensor, blockElements, consumer);
    }
  }

  /** The product of a matrix [rows, columns] and a vector [columns]. */
  public static double[] product(StoredTensor matrix, double[] vector) throws IOException {
    double[] product = new double[Math.toIntExact(matrix.dim(0))];
    int[] at = {0, 0}; // row, column
    forEach(
        matrix,
        BLOCK_ELEMENTS,
        next -> {
          for (int i = next.position(); i < next.limit(); i++) {
            product[at[0]] += next.get(i) * vector[at[1]];
            at[1]++;
            if (at[1] == vector.length) {
              at[0]++;
              at[1] = 0;
            }
          }
        });
    return product;
  }

  /** The Euclidean norms of a matrix's rows. */
  public static double[] rowNorms(StoredTensor matrix) throws IOException {
    double[] squares = new double[Math.toIntExact(matrix.dim(0))];
    long columns = matrix.dim(1);
    long[] index = {0};
    forEach(
        matrix,
        BLOCK_ELEMENTS,
        next -> {
          for (int i = next.position(); i < next.limit(); i++, index[0]++) {
            squares[(int) (index[0] / columns)] += (double) next.get(i) * next.get(i);
          }
        });
    return Arrays.stream(squares).map(Math::sqrt).toArray();
  }

  private static void inFileOrder(StoredTensor tensor, Consumer consumer) throws IOException {
    DType from = tensor.dtype();
    float[] values = new float[CHUNK_BYTES / from.bytes()];
    tensor.forEachChunk(
        CHUNK_BYTES,
        chunk -> {
          int count = chunk.limit() / from.bytes();
          for (int i = 0; i < count; i++) {
            values[i] = (float) from.toDouble(chunk, i * from.bytes());
          }
          consumer.accept(FloatBuffer.wrap(values, 0, count));
        });
  }

  /** Hands out blocks of rows, for each of which it reads the whole tensor once. */
  private static void transposed(StoredTensor tensor, int blockElements, Consumer consumer)
      throws IOException {
    int rows = Math.toIntExact(tensor.dim(0));
    int columns = Math.toIntExact(tensor.dim(1));
    int rowsPerBlock = Math.min(rows, Math.max(1, blockElements / columns));
    float[] block = new float[Math.multiplyExact(rowsPerBlock, columns)];
    for (int first = 0; first < rows; first += rowsPerBlock) {
      int count = Math.min(rowsPerBlock, rows - first);
      gatherRows(tensor, first, count, block);
      consumer.accept(FloatBuffer.wrap(block, 0, count * columns));
    }
  }

  /** Fills {@code block} [count, columns] from a file that has [columns, rows]. */
  private static void gatherRows(StoredTensor tensor, int first, int count, float[] block)
      throws IOException {
    DType from = tensor.dtype();
    int columns = (int) tensor.dim(1);
    int storedRowBytes = Math.multiplyExact((int) tensor.dim(0), from.bytes());
    int chunkBytes = Math.max(1, CHUNK_BYTES / storedRowBytes) * storedRowBytes;
    int[] column = {0};
    tensor.forEachChunk(
        chunkBytes,
        chunk -> {
          int storedRows = chunk.limit() / storedRowBytes;
          for (int row = 0; row < count; row++) {
            int at = (first + row) * from.bytes();
            int to = row * columns + column[0];
            for (int i = 0; i < storedRows; i++, at += storedRowBytes) {
              block[to + i] = (float) from.toDouble(chunk, at);
            }
          }
          column[0] += storedRows;
        });
  }
}
