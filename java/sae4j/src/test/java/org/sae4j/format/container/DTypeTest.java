package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DTypeTest {

  // Bit patterns and values from the tables of IEEE 754.
  @ParameterizedTest
  @CsvSource({
    "0000, 0.0",
    "3c00, 1.0",
    "c000, -2.0",
    "3555, 0.333251953125",
    "7bff, 65504.0",
    "0400, 6.103515625E-5",
    "03ff, 6.097555160522461E-5",
    "0001, 5.9604644775390625E-8",
    "8001, -5.9604644775390625E-8",
    "7c00, Infinity",
    "fc00, -Infinity",
    "7e00, NaN",
  })
  void convertsHalf(String bits, Double expected) {
    assertThat(DType.F16.toDouble(shortOf(bits), 0)).isEqualTo(expected);
  }

  @Test
  void keepsTheSignOfHalfZero() {
    assertThat(1 / DType.F16.toDouble(shortOf("8000"), 0)).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @CsvSource({"3f80, 1.0", "c049, -3.140625", "0001, 9.183549615799121E-41", "7f80, Infinity"})
  void convertsBfloat16(String bits, Double expected) {
    assertThat(DType.BF16.toDouble(shortOf(bits), 0)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "I64, 8000000000000000, -9.223372036854775808E18",
    "I32, ffffffff, -1",
    "I16, 8000, -32768",
    "I8, ff, -1",
    "U32, ffffffff, 4294967295",
    "U32, 80000000, 2147483648",
    "U16, ffff, 65535",
    "U8, ff, 255",
    "BOOL, 01, 1",
    "F64, bff8000000000000, -1.5",
    "F32, c0200000, -2.5",
  })
  void convertsAnyOther(DType type, String bits, double expected) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(0, Long.parseUnsignedLong(bits, 16));
    assertThat(type.toDouble(bytes, 0)).isEqualTo(expected);
    assertThat(type.bytes()).isEqualTo(bits.length() / 2);
  }

  @Test
  void refusesBigEndianBuffers() {
    ByteBuffer buffer = ByteBuffer.allocate(4);
    assertThatThrownBy(() -> DType.F32.toDouble(buffer, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsBothNames() {
    assertThat(DType.ofSafetensors("BF16")).contains(DType.BF16);
    assertThat(DType.ofTorchStorage("BFloat16Storage")).contains(DType.BF16);
    assertThat(DType.ofSafetensors("F7")).isEmpty();
    assertThat(DType.ofTorchStorage("QInt8Storage")).isEmpty();
  }

  private static ByteBuffer shortOf(String hex) {
    return ByteBuffer.allocate(2)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, (short) Integer.parseInt(hex, 16));
  }
}
