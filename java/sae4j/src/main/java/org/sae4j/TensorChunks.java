package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_BF16;
import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_F16;
import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_F32;
import static org.sae4j.engine.global.sae4j.SAE4J_DTYPE_F64;

import java.io.IOException;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.BytePointer;
import org.sae4j.engine.sae4j_chunk;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.memory.CallMemory;

/** Tensors of a file, piece by piece as the engine takes them. */
final class TensorChunks {
  private static final int CHUNK_BYTES = 4 << 20;

  private TensorChunks() {}

  /** Throws what a status of the engine stands for. */
  interface Check {
    void status(int status) throws IOException;
  }

  /**
   * Hands over a matrix, or a vector without gaps.
   *
   * @param write gives a chunk to the engine and returns its status
   */
  static void forEach(StoredTensor tensor, ToIntFunction<sae4j_chunk> write) throws IOException {
    boolean transposed = !tensor.isContiguous();
    int dtype = dtype(tensor);
    long[] first = {0};
    tensor.forEachChunk(
        CHUNK_BYTES,
        bytes -> {
          long count = bytes.remaining() / tensor.dtype().bytes();
          try (CallMemory memory = new CallMemory()) {
            sae4j_chunk chunk = memory.struct(new sae4j_chunk()).dtype(dtype);
            chunk.transposed(transposed ? 1 : 0).first(first[0]).count(count);
            chunk.data(memory.keep(new BytePointer(bytes)));
            Engine.check(write.applyAsInt(chunk), tensor.file());
          }
          first[0] += count;
        });
  }

  /** Hands over a vector, whatever its strides. */
  static void vector(StoredTensor tensor, ToIntFunction<sae4j_chunk> write) throws IOException {
    if (tensor.isContiguous()) {
      forEach(tensor, write);
      return;
    }
    vector(tensor.toFloats(), status -> Engine.check(status, tensor.file()), write);
  }

  /** Hands over values in memory, row-major. */
  static void vector(float[] values, Check check, ToIntFunction<sae4j_chunk> write)
      throws IOException {
    try (CallMemory memory = new CallMemory()) {
      sae4j_chunk chunk = memory.struct(new sae4j_chunk()).dtype(SAE4J_DTYPE_F32);
      chunk.count(values.length).data(memory.floats(values));
      check.status(write.applyAsInt(chunk));
    }
  }

  private static int dtype(StoredTensor tensor) throws FormatException {
    return switch (tensor.dtype()) {
      case F32 -> SAE4J_DTYPE_F32;
      case F16 -> SAE4J_DTYPE_F16;
      case BF16 -> SAE4J_DTYPE_BF16;
      case F64 -> SAE4J_DTYPE_F64;
      default ->
          throw FormatException.mismatch(
              tensor.file(),
              "tensor " + tensor.name(),
              "dtype F32, F16, BF16 or F64",
              tensor.dtype());
    };
  }
}
