package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.model.TinyGpt2;

class WeightEncoderTest {
  @TempDir Path folder;

  private StoredTensor stored(String dtype, ByteBuffer bytes, Integer... shape) throws IOException {
    Path file = folder.resolve("in.safetensors");
    TinyGpt2.writeTensors(
        file, Map.of("t", new TinyGpt2.Stored(dtype, List.of(shape), bytes.array())));
    return Safetensors.read(file).tensors().get("t");
  }

  private ByteBuffer encode(WeightEncoder encoder, StoredTensor tensor, GgufType type)
      throws IOException {
    Path file = folder.resolve("out");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      encoder.write(tensor, type, channel);
    }
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  @ParameterizedTest
  @ValueSource(ints = {20 * 700, 20 * 700 + 1, 300 * 700, 1 << 22})
  void aTransposedViewIsWrittenRowByRowWhateverTheBlock(int blockElements) throws IOException {
    int inputs = 700;
    int outputs = 601;
    ByteBuffer bytes = TinyGpt2.littleEndian(inputs * outputs * Float.BYTES);
    for (int i = 0; i < inputs * outputs; i++) {
      bytes.putFloat(i);
    }
    StoredTensor view = stored("F32", bytes, inputs, outputs).transposed();
    WeightEncoder encoder = new WeightEncoder(done -> {}, blockElements);

    ByteBuffer written = encode(encoder, view, GgufType.F32);
    assertThat(written.remaining()).isEqualTo(inputs * outputs * Float.BYTES);
    for (int row = 0; row < outputs; row++) {
      for (int column = 0; column < inputs; column++) {
        if (written.getFloat() != column * outputs + row) {
          throw new AssertionError("row " + row + ", column " + column);
        }
      }
    }
  }

  @Test
  void everyFloatingTypeIsRead() throws IOException {
    ByteBuffer f64 = TinyGpt2.littleEndian(16).putDouble(1.0000000001).putDouble(-2.5);
    assertThat(floats(stored("F64", f64, 2))).containsExactly(1f, -2.5f);
    ByteBuffer f16 = TinyGpt2.littleEndian(4).putShort((short) 0x3c00).putShort((short) 0x8001);
    assertThat(floats(stored("F16", f16, 2))).containsExactly(1f, -0x1p-24f);
    ByteBuffer bf16 = TinyGpt2.littleEndian(4).putShort((short) 0x3f80).putShort((short) 0xc020);
    assertThat(floats(stored("BF16", bf16, 2))).containsExactly(1f, -2.5f);
  }

  private List<Float> floats(StoredTensor tensor) throws IOException {
    ByteBuffer written = encode(new WeightEncoder(done -> {}), tensor, GgufType.F32);
    List<Float> floats = new ArrayList<>();
    while (written.hasRemaining()) {
      floats.add(written.getFloat());
    }
    return floats;
  }

  @Test
  void progressCountsTheBytesWritten() throws IOException {
    StoredTensor tensor = stored("F32", TinyGpt2.littleEndian(3 << 20), 3, 1 << 18);
    List<Long> done = new ArrayList<>();
    WeightEncoder encoder = new WeightEncoder(done::add);
    encode(encoder, tensor, GgufType.F32);
    encode(encoder, tensor, GgufType.BF16);
    assertThat(done).isSorted().last().isEqualTo((3L << 20) + (3 << 19));
    assertThat(done).hasSizeGreaterThan(4);
  }

  @Test
  void numbersThatDoNotFitAreRefusedByName() throws IOException {
    StoredTensor large = stored("F32", TinyGpt2.littleEndian(4).putFloat(65520f), 1);
    assertThat(encode(new WeightEncoder(done -> {}), large, GgufType.BF16).getShort())
        .isEqualTo((short) 0x4780);
    assertRefused(large, GgufType.F16, "65520.0");
    assertRefused(
        stored("F32", TinyGpt2.littleEndian(4).putFloat(-3.4e38f), 1), GgufType.F16, "-3.4E38");
    assertRefused(
        stored("F32", TinyGpt2.littleEndian(4).putFloat(Float.MAX_VALUE), 1),
        GgufType.BF16,
        "3.4028235E38");
    for (GgufType type : GgufType.values()) {
      assertRefused(stored("F32", TinyGpt2.littleEndian(4).putFloat(Float.NaN), 1), type, "NaN");
      assertRefused(stored("F64", TinyGpt2.littleEndian(8).putDouble(1e39), 1), type, "Infinity");
    }
  }

  private void assertRefused(StoredTensor tensor, GgufType type, String found) {
    assertThatThrownBy(() -> encode(new WeightEncoder(done -> {}), tensor, type))
        .isInstanceOf(FormatException.class)
        .hasMessage(
            "%s: tensor t: expected numbers in the range of %s, found %s",
            tensor.file(), type, found);
  }
}
