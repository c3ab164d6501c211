package org.sae4j.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.function.LongConsumer;
import org.sae4j.FormatException;

/**
 * Copies weights into a GGUF file, row by row, in another element type.
 *
 * <p>However large a tensor is, the heap holds a few megabytes of it.
 */
final class WeightEncoder {
  private static final int CHUNK_BYTES = 1 << 20;

  /** Elements of a transposed matrix that are gathered in one pass over its file. */
  private static final int BLOCK_ELEMENTS = 4 << 20;

  private final LongConsumer progress;
  private final int blockElements;
  private final ByteBuffer encoded =
      ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long written;

  /** Creates an encoder that reports the bytes it has written so far. */
  WeightEncoder(LongConsumer progress) {
    this(progress, BLOCK_ELEMENTS);
  }

  /** Creates an encoder that gathers at most this many elements at a time, but whole rows. */
  WeightEncoder(LongConsumer progress, int blockElements) {
    this.progress = progress;
    this.blockElements = blockElements;
  }

  /** Writes all elements of a vector or matrix at the channel's position, in row-major order. */
  void write(StoredTensor tensor, GgufType type, FileChannel channel) throws IOException {
    if (tensor.isContiguous()) {
      writeInFileOrder(tensor, type, channel);
    } else {
      writeTransposed(tensor, type, channel);
    }
  }

  private void writeInFileOrder(StoredTensor tensor, GgufType type, FileChannel channel)
      throws IOException {
    DType from = tensor.dtype();
    tensor.forEachChunk(
        CHUNK_BYTES,
        chunk -> {
          for (int at = 0; at < chunk.limit(); at += from.bytes()) {
            put((float) from.toDouble(chunk, at), type, tensor, channel);
          }
        });
    flush(channel);
  }

  /** Writes blocks of rows, for each of which it reads the whole tensor once. */
  private void writeTransposed(StoredTensor tensor, GgufType type, FileChannel channel)
      throws IOException {
    int rows = Math.toIntExact(tensor.dim(0));
    int columns = Math.toIntExact(tensor.dim(1));
    int rowsPerBlock = Math.min(rows, Math.max(1, blockElements / columns));
    float[] block = new float[Math.multiplyExact(rowsPerBlock, columns)];
    for (int first = 0; first < rows; first += rowsPerBlock) {
      int count = Math.min(rowsPerBlock, rows - first);
      gatherRows(tensor, first, count, block);
      for (int i = 0; i < count * columns; i++) {
        put(block[i], type, tensor, channel);
      }
    }
    flush(channel);
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

  private void put(float value, GgufType type, StoredTensor tensor, FileChannel channel)
      throws IOException {
    if (encoded.remaining() < type.bytes()) {
      flush(channel);
    }
    switch (type) {
      case F32 -> putFloat32(value, tensor);
      case F16 -> putFloat16(value, tensor);
      case BF16 -> putBfloat16(value, tensor);
    }
  }

  private void putFloat32(float value, StoredTensor tensor) throws FormatException {
    requireRepresentable(Float.isFinite(value), value, GgufType.F32, tensor);
    encoded.putFloat(value);
  }

  private void putFloat16(float value, StoredTensor tensor) throws FormatException {
    short bits = ReducedPrecision.toFloat16(value);
    requireRepresentable(ReducedPrecision.isFiniteFloat16(bits), value, GgufType.F16, tensor);
    encoded.putShort(bits);
  }

  private void putBfloat16(float value, StoredTensor tensor) throws FormatException {
    short bits = ReducedPrecision.toBfloat16(value);
    requireRepresentable(ReducedPrecision.isFiniteBfloat16(bits), value, GgufType.BF16, tensor);
    encoded.putShort(bits);
  }

  private static void requireRepresentable(
      boolean representable, float value, GgufType type, StoredTensor tensor)
      throws FormatException {
    if (!representable) {
      throw FormatException.mismatch(
          tensor.file(), "tensor " + tensor.name(), "numbers in the range of " + type, value);
    }
  }

  private void flush(FileChannel channel) throws IOException {
    written += encoded.flip().limit();
    GgufWriter.writeFully(channel, encoded);
    encoded.clear();
    progress.accept(written);
  }
}
