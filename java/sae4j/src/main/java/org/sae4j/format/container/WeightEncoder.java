package org.sae4j.format.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.function.LongConsumer;
import org.sae4j.format.FormatException;

/**
 * Copies weights into a GGUF file, row by row, in another element type.
 *
 * <p>However large a tensor is, the heap holds a few megabytes of it.
 */
public final class WeightEncoder {
  private static final int CHUNK_BYTES = 1 << 20;

  private final LongConsumer progress;
  private final int blockElements;
  private final ByteBuffer encoded =
      ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long written;

  /** Creates an encoder that reports the bytes it has written so far. */
  public WeightEncoder(LongConsumer progress) {
    this(progress, RowMajorFloats.BLOCK_ELEMENTS);
  }

  /** Creates an encoder that gathers at most this many elements at a time, but whole rows. */
  public WeightEncoder(LongConsumer progress, int blockElements) {
    this.progress = progress;
    this.blockElements = blockElements;
  }

  /** Writes all elements of a vector or matrix at the channel's position, in row-major order. */
  public void write(StoredTensor tensor, GgufType type, FileChannel channel) throws IOException {
    RowMajorFloats.forEach(
        tensor,
        blockElements,
        next -> {
          while (next.hasRemaining()) {
            put(next.get(), type, tensor, channel);
          }
        });
    flush(channel);
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
