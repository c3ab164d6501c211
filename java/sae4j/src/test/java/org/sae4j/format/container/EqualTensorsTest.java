package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EqualTensorsTest {
  /** More than are read at a time. */
  private static final int COUNT = 300_001;

  @TempDir Path folder;

  private static float number(int i) {
    return i % 251 - 125;
  }

  /** Numbers behind some bytes of others, of which one may differ. */
  private StoredTensor tensor(DType type, int different) throws IOException {
    int begin = 16;
    ByteBuffer bytes =
        ByteBuffer.allocate(begin + COUNT * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(begin);
    for (int i = 0; i < COUNT; i++) {
      float number = i == different ? 0.5f : number(i);
      switch (type) {
        case F32 -> bytes.putFloat(number);
        case F64 -> bytes.putDouble(number);
        default -> bytes.putShort((short) (Float.floatToIntBits(number) >>> 16));
      }
    }
    Path file = Files.createTempFile(folder, "tensor", "");
    Files.write(file, bytes.array());
    return StoredTensor.contiguous(file, "t", type, List.of((long) COUNT), begin);
  }

  @Test
  void numbersCountNotTypesOrFiles() throws IOException {
    StoredTensor f32 = tensor(DType.F32, -1);
    assertThat(EqualTensors.are(f32, f32)).isTrue();
    assertThat(EqualTensors.are(f32, tensor(DType.F32, -1))).isTrue();
    assertThat(EqualTensors.are(f32, tensor(DType.BF16, -1))).isTrue();
    assertThat(EqualTensors.are(tensor(DType.F64, -1), f32)).isTrue();
  }

  @Test
  void oneDifferentNumberIsFoundWhereverItIs() throws IOException {
    StoredTensor f32 = tensor(DType.F32, -1);
    for (int different : new int[] {0, 1 << 17, COUNT / 2, COUNT - 1}) {
      assertThat(EqualTensors.are(f32, tensor(DType.F32, different))).isFalse();
      assertThat(EqualTensors.are(tensor(DType.BF16, different), f32)).isFalse();
    }
  }

  @Test
  void otherShapesDiffer() throws IOException {
    StoredTensor f32 = tensor(DType.F32, -1);
    StoredTensor shorter =
        StoredTensor.contiguous(f32.file(), "t", DType.F32, List.of(COUNT - 1L), f32.offset());
    assertThat(EqualTensors.are(f32, shorter)).isFalse();
  }
}
