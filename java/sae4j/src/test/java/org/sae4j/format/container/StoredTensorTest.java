package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.torch.TorchFiles;

class StoredTensorTest {
  private static final long START = 12;

  @TempDir Path folder;
  private Path file;

  /** Three floats that belong to nobody, then 0 to 11. */
  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("numbers");
    Files.write(file, TorchFiles.bytes(-1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  }

  @Test
  void readsRowMajor() throws IOException {
    StoredTensor matrix = matrix(3, 4, 4, 1);
    assertThat(matrix.isRowMajor()).isTrue();
    assertThat(matrix.isTransposedRowMajor()).isFalse();
    assertThat(matrix.toFloats()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  }

  @Test
  void readsTransposedViewInItsOwnOrder() throws IOException {
    StoredTensor view = matrix(3, 4, 4, 1).transposed();
    assertThat(view.shape()).containsExactly(4L, 3L);
    assertThat(view.isRowMajor()).isFalse();
    assertThat(view.isTransposedRowMajor()).isTrue();
    assertThat(view.toFloats()).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    assertThat(view.transposed()).isEqualTo(matrix(3, 4, 4, 1));
  }

  @Test
  void readsColumnOfMatrix() throws IOException {
    StoredTensor column = tensor(List.of(3L), List.of(4L), START + 4);
    assertThat(column.isContiguous()).isFalse();
    assertThat(column.toFloats()).containsExactly(1, 5, 9);
  }

  @Test
  void neitherOrderIsRefusedByName() {
    StoredTensor slice = matrix(3, 2, 4, 1);
    assertThat(slice.isRowMajor()).isFalse();
    assertThat(slice.isTransposedRowMajor()).isFalse();
    assertThatThrownBy(() -> slice.forEachChunk(64, chunk -> {}))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("tensor t")
        .hasMessageContaining("strides [4, 1]");
  }

  @Test
  void squareMatrixKeepsItsOrder() {
    assertThat(matrix(3, 3, 3, 1).isTransposedRowMajor()).isFalse();
    assertThat(matrix(3, 3, 1, 3).isRowMajor()).isFalse();
    assertThat(matrix(3, 3, 1, 3).isTransposedRowMajor()).isTrue();
  }

  @Test
  void strideOfSingleRowIsNeverUsed() {
    assertThat(matrix(1, 4, 99, 1).isRowMajor()).isTrue();
    assertThat(matrix(4, 1, 1, 99).isTransposedRowMajor()).isTrue();
  }

  @Test
  void handsOutWholeElementsInOrder() throws IOException {
    List<Integer> sizes = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    matrix(3, 4, 4, 1)
        .forEachChunk(
            22,
            chunk -> {
              assertThat(chunk.isDirect()).isTrue();
              assertThat(chunk.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
              sizes.add(chunk.remaining());
              while (chunk.hasRemaining()) {
                values.add(chunk.getFloat());
              }
            });
    assertThat(sizes).containsExactly(20, 20, 8);
    assertThat(values).containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f, 11f);
  }

  /** More than is read at a time, not from the file's begin, and not a multiple of it. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void readsLargeTensorsPieceByPiece(DType type) throws IOException {
    int count = (5 << 19) / type.bytes() + 3;
    ByteBuffer bytes =
        ByteBuffer.allocate((int) START + count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position((int) START);
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToIntBits(value(i));
      if (type == DType.F32) {
        bytes.putInt(bits);
      } else {
        bytes.putShort((short) (bits >>> 16));
      }
    }
    Files.write(file, bytes.array());
    StoredTensor large = StoredTensor.contiguous(file, "t", type, List.of((long) count), START);
    float[] values = large.toFloats();
    assertThat(values).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(values[i]).isEqualTo(value(i));
    }
  }

  /** Small whole numbers, exact in BF16, of which no block repeats another. */
  private static float value(int i) {
    return i % 251 - 125;
  }

  @Test
  void chunksTooSmallForAnElementAreRefused() {
    assertThatThrownBy(() -> matrix(3, 4, 4, 1).forEachChunk(3, chunk -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysWhenTheFileHasBecomeShorter() throws IOException {
    StoredTensor matrix = matrix(3, 4, 4, 1);
    try (RandomAccessFile truncated = new RandomAccessFile(file.toFile(), "rw")) {
      truncated.setLength(START + 40);
    }
    assertThatThrownBy(matrix::toFloats)
        .isInstanceOf(FormatException.class)
        .hasMessage(file + ": tensor t: file ends at byte 52, 8 bytes too early");
  }

  @Test
  void saysWhenTheFileHasGone() throws IOException {
    Files.delete(file);
    assertThatThrownBy(matrix(3, 4, 4, 1)::toFloats)
        .isInstanceOf(FormatException.class)
        .hasMessage(file + ": no such file");
  }

  @Test
  void readsScalars() throws IOException {
    StoredTensor seven = tensor(List.of(), List.of(), START + 28);
    assertThat(seven.rank()).isZero();
    assertThat(seven.scalar()).isEqualTo(7);
    assertThat(seven.longScalar()).isEqualTo(7);
    assertThatThrownBy(matrix(3, 4, 4, 1)::scalar)
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expected one element, found shape [3, 4]");
  }

  @Test
  void repeatsScalar() throws IOException {
    StoredTensor sevens = tensor(List.of(), List.of(), START + 28).repeated(3);
    assertThat(sevens.shape()).containsExactly(3L);
    assertThat(sevens.toFloats()).containsExactly(7, 7, 7);
  }

  @Test
  void fractionIsNoWholeNumber() throws IOException {
    Files.write(file, TorchFiles.bytes(1.5f));
    assertThatThrownBy(tensor(List.of(), List.of(), 0)::longScalar)
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expected a whole number, found 1.5");
  }

  /** From 2⁵³ on it may be a neighbour of the number that was meant. */
  @Test
  void largeNumberIsNoWholeNumber() throws IOException {
    Files.write(file, TorchFiles.bytes(0x1p52f, 0x1p53f, -0x1p53f));
    assertThat(tensor(List.of(), List.of(), 0).longScalar()).isEqualTo(1L << 52);
    for (long offset : new long[] {4, 8}) {
      assertThatThrownBy(tensor(List.of(), List.of(), offset)::longScalar)
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("expected a whole number, found");
    }
  }

  @Test
  void emptyTensorHasNothingToRead() throws IOException {
    StoredTensor empty = StoredTensor.contiguous(file, "t", DType.F32, List.of(0L, 4L), START);
    assertThat(empty.byteLength()).isZero();
    assertThat(empty.toFloats()).isEmpty();
  }

  @Test
  void inconsistentDescriptionIsRefused() {
    assertThatThrownBy(() -> new StoredTensor(file, "t", DType.F32, List.of(2L), List.of(1L), 0, 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new StoredTensor(file, "t", DType.F32, List.of(2L), List.of(-1L), 0, 8))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private StoredTensor matrix(long rows, long columns, long rowStride, long columnStride) {
    return tensor(List.of(rows, columns), List.of(rowStride, columnStride), START);
  }

  private StoredTensor tensor(List<Long> shape, List<Long> strides, long offset) {
    long bytes = 4 * StoredTensor.reach(shape, strides);
    return new StoredTensor(file, "t", DType.F32, shape, strides, offset, bytes);
  }
}
