package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.torch.TorchFiles;

class NpyArrayTest {
  private static final byte[] SIX = TorchFiles.bytes(0, 1, 2, 3, 4, 5);

  @TempDir Path folder;

  @Test
  void readsRows() throws IOException {
    StoredTensor array = read(NpyBytes.f32(2, 3));
    assertThat(array.dtype()).isEqualTo(DType.F32);
    assertThat(array.shape()).containsExactly(2L, 3L);
    assertThat(array.toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void readsColumns() throws IOException {
    StoredTensor array = read(NpyBytes.of("'<f4'", "True", "(2, 3)", SIX));
    assertThat(array.shape()).containsExactly(2L, 3L);
    assertThat(array.isTransposedRowMajor()).isTrue();
    assertThat(array.toFloats()).containsExactly(0, 2, 4, 1, 3, 5);
  }

  @Test
  void readsVectorsAndScalars() throws IOException {
    assertThat(read(NpyBytes.of("'<f4'", "True", "(6,)", SIX)).shape()).containsExactly(6L);
    assertThat(read(NpyBytes.f32()).scalar()).isZero();
    assertThat(read(NpyBytes.f32(0, 3)).elementCount()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "<f8, F64, 3",
    "<f4, F32, 6",
    "<f2, F16, 12",
    "<i8, I64, 3",
    "<i4, I32, 6",
    "<u2, U16, 12",
    "<u4, U32, 6",
    "|u1, U8, 24",
    "|i1, I8, 24",
    "|b1, BOOL, 24"
  })
  void readsNumbersOfManyTypes(String descr, DType dtype, long count) throws IOException {
    StoredTensor array = read(NpyBytes.of("'" + descr + "'", "False", "(" + count + ",)", SIX));
    assertThat(array.dtype()).isEqualTo(dtype);
    assertThat(array.elementCount()).isEqualTo(count);
    assertThat(array.toFloats()).hasSize((int) count);
  }

  @Test
  void keysMayComeInAnyOrderAndVersion() throws IOException {
    String header = "{'shape':(3,2),'descr':'<f4','fortran_order':False}\n";
    assertThat(read(NpyBytes.version1(header, SIX)).shape()).containsExactly(3L, 2L);
    byte[] second = NpyBytes.version1("XX" + header, SIX);
    second[6] = 2;
    second[8] = (byte) header.length();
    second[9] = 0;
    second[10] = 0;
    second[11] = 0;
    assertThat(read(second).shape()).containsExactly(3L, 2L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"|V2", "<c8", "|O", "<U3", "<f16", "f4", ""})
  void refusesOtherTypes(String descr) {
    assertRefused(
        NpyBytes.of("'" + descr + "'", "False", "(6,)", SIX), "descr " + descr + " is not supp");
  }

  @Test
  void refusesBigEndianWeights() {
    assertRefused(
        NpyBytes.of("'>f4'", "False", "(6,)", SIX), "big-endian numbers are not supported");
  }

  @Test
  void refusesStructures() {
    assertRefused(NpyBytes.of("[('x', '<f4')]", "False", "(6,)", SIX), "header is damaged");
    assertRefused(NpyBytes.of("True", "False", "(6,)", SIX), "descr of a structure");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(7,)                               | expected 28 bytes for F32 [7], found 24",
        "(5,)                               | expected 20 bytes for F32 [5], found 24",
        "(4611686018427387905, 4)           | overflows",
        "(99999999999999999999,)            | is damaged",
        "(2 3)                              | is damaged",
        "(-2, -3)                           | header is damaged",
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,6) | more than 16 sizes",
        "True                               | shape: expected a tuple",
      })
  void refusesShapesThatDoNotFit(String shape, String problem) {
    assertRefused(NpyBytes.of("'<f4'", "False", shape, SIX), problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'descr': '<f4', 'shape': (6,)} | expected descr, fortran_order and shape",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)} | damaged",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': True} | expected descr",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (6,)} | damaged",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)} | damaged",
        "{'descr': '<f4', 'fortran_order': '', 'shape': (6,)} | fortran_order: expected True",
        "'descr': '<f4', 'fortran_order': False, 'shape': (6,) | expected descr",
        "__import__('os') | expected descr",
      })
  void refusesOtherHeaders(String header, String problem) {
    assertRefused(NpyBytes.version1(header, SIX), problem);
  }

  @Test
  void refusesFortranOrderOfMoreDimensions() {
    assertRefused(NpyBytes.of("'<f4'", "True", "(1, 2, 3)", SIX), "Fortran's order");
  }

  @Test
  void refusesUnknownVersions() {
    byte[] array = NpyBytes.f32(6);
    array[6] = 9;
    assertRefused(array, "version: expected 1 to 3, found 9");
  }

  @Test
  void refusesEveryTruncation() {
    byte[] whole = NpyBytes.f32(6);
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), "array");
    }
    assertRefused(Arrays.copyOf(whole, whole.length + 1), "expected 24 bytes");
  }

  private StoredTensor read(byte[] bytes) throws IOException {
    return NpyArray.read(Files.write(folder.resolve("a.npy"), bytes));
  }

  private void assertRefused(byte[] bytes, String problem) {
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.resolve("a.npy") + ": ")
        .hasMessageContaining(problem);
  }
}
