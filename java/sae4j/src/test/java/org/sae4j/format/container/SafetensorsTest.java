package org.sae4j.format.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.format.FormatException;

class SafetensorsTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("weights.safetensors");
  }

  @Test
  void findsTensors() throws IOException {
    new SafetensorsFiles().f32("a", 2, 3).f32("b", 4).write(file);
    Safetensors weights = Safetensors.read(file);
    assertThat(weights.tensors()).containsOnlyKeys("a", "b");
    assertThat(weights.tensor("a").shape()).containsExactly(2L, 3L);
    assertThat(weights.tensor("a").isRowMajor()).isTrue();
    assertThat(weights.tensor("a").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(weights.tensor("b").toFloats()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void readsMetadata() throws IOException {
    SafetensorsFiles.write(file, "{\"__metadata__\":{\"format\":\"pt\"}}", new byte[0]);
    assertThat(Safetensors.read(file).metadata()).isEqualTo(Map.of("format", "pt"));
  }

  @Test
  void listsTypesWithoutArithmetic() throws IOException {
    new SafetensorsFiles()
        .tensor("fp8", "F8_E4M3", new byte[2], 2)
        .tensor("mask", "BOOL", new byte[] {1, 0, 1}, 3)
        .tensor("ids", "I32", new byte[] {5, 0, 0, 0}, 1)
        .tensor("big", "U64", new byte[8], 1)
        .write(file);
    Safetensors weights = Safetensors.read(file);
    assertThat(weights.tensors()).containsOnlyKeys("fp8", "mask", "ids", "big");
    assertThat(weights.tensor("mask").toFloats()).containsExactly(1, 0, 1);
    assertThat(weights.tensor("ids").longScalar()).isEqualTo(5);
    assertThatThrownBy(weights.tensor("fp8")::toFloats)
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("tensor fp8: cannot convert dtype F8_E4M3");
  }

  @Test
  void readsScalarsAndEmptyTensors() throws IOException {
    new SafetensorsFiles().f32("scalar").f32("empty", 0, 7).f32("one", 1).write(file);
    Safetensors weights = Safetensors.read(file);
    assertThat(weights.tensor("scalar").rank()).isZero();
    assertThat(weights.tensor("scalar").scalar()).isZero();
    assertThat(weights.tensor("empty").toFloats()).isEmpty();
  }

  @Test
  void saysWhichTensorIsMissing() throws IOException {
    new SafetensorsFiles().f32("a", 1).write(file);
    assertRefused(() -> Safetensors.read(file).tensor("W_enc"), "tensor W_enc is missing", "[a]");
  }

  @Test
  void refusesMissingAndEmptyAndTinyFiles() throws IOException {
    assertRefused(() -> Safetensors.read(file), "no such file");
    Files.createFile(file);
    assertRefused(() -> Safetensors.read(file), "not a safetensors file", "only 0 bytes");
    Files.write(file, new byte[7]);
    assertRefused(() -> Safetensors.read(file), "not a safetensors file", "only 7 bytes");
    assertRefused(() -> Safetensors.read(folder), "is a folder");
  }

  @ParameterizedTest
  @CsvSource({"17", "100000001", "9223372036854775807", "-1"})
  void refusesHeaderBeyondFile(long length) throws IOException {
    byte[] content = new byte[24];
    System.arraycopy(SafetensorsFiles.length(length), 0, content, 0, 8);
    Files.write(file, content);
    assertRefused(() -> Safetensors.read(file), Long.toUnsignedString(length), "file of 24");
  }

  @Test
  void refusesHugeHeaderOfHugeFile() throws IOException {
    Files.write(file, SafetensorsFiles.length(100_000_001));
    try (var sparse = new java.io.RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(200_000_000);
    }
    assertRefused(() -> Safetensors.read(file), "header of 100000001 bytes", "refused");
  }

  @Test
  void refusesTruncatedData() throws IOException {
    new SafetensorsFiles().f32("a", 4).write(file);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
    assertRefused(() -> Safetensors.read(file), "tensor a", "within the 15 bytes");
  }

  @Test
  void refusesTrailingBytes() throws IOException {
    new SafetensorsFiles().f32("a", 4).write(file);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length + 1));
    assertRefused(() -> Safetensors.read(file), "tensors end at byte", "but the file has");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                       | malformed header",
        "[]                     | malformed header",
        "{                      | malformed header",
        "{'a':1}                | malformed header",
        "{'a':{'dtype':'F32'}}  | dtype, shape or data_offsets is missing",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} x     | malformed header",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}{}     | malformed header",
        "{'a':{'dtype':7,'shape':[1],'data_offsets':[0,4]}}           | a: dtype: expected STRING",
        "{'a':{'dtype':'F99','shape':[1],'data_offsets':[0,4]}}       | a: unknown dtype F99",
        "{'a':{'dtype':'f32','shape':[1],'data_offsets':[0,4]}}       | a: unknown dtype f32",
        "{'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}}         | a: shape: expected",
        "{'a':{'dtype':'F32','shape':['1'],'data_offsets':[0,4]}}     | a: shape: expected NUMBER",
        "{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}}     | malformed header",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}      | a: shape holds a negative",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}}         | [begin, end], found [0]",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}}     | [begin, end], found",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}       | not within the 4 bytes",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}       | not within the 4 bytes",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}      | holds a negative number",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}       | 8 bytes for F32 [2], found"
            + " 4",
        "{'a':{'dtype':'F16','shape':[1],'data_offsets':[0,4]}}       | 2 bytes for F16 [1], found"
            + " 4",
        "{'a':{'dtype':'F32','shape':[1],'shape':[1],'data_offsets':[0,4]}} | shape appears twice",
        "{'__metadata__':{},'__metadata__':{}}                        | __metadata__ appears twice",
        "{'__metadata__':{'k':1}}                                     | k: expected STRING",
        "{'__metadata__':{'k':'1','k':'2'}}                           | __metadata__.k appears"
            + " twice",
      })
  void refusesMalformedHeader(String header, String problem) throws IOException {
    String json = header == null ? "" : header.replace('\'', '"');
    SafetensorsFiles.write(file, json, new byte[4]);
    assertRefused(() -> Safetensors.read(file), problem);
  }

  @Test
  void refusesDuplicateTensor() throws IOException {
    new SafetensorsFiles().f32("a", 1).f32("a", 1).write(file);
    assertRefused(() -> Safetensors.read(file), "tensor a appears twice");
  }

  @Test
  void refusesOverlap() throws IOException {
    String entry = "\"%s\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}";
    String header = "{" + entry.formatted("a", 0, 8) + "," + entry.formatted("b", 4, 12) + "}";
    SafetensorsFiles.write(file, header, new byte[12]);
    assertRefused(() -> Safetensors.read(file), "tensor b overlaps the tensor before it");
  }

  @Test
  void refusesGap() throws IOException {
    String entry = "{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
    SafetensorsFiles.write(file, entry, new byte[8]);
    assertRefused(() -> Safetensors.read(file), "tensor b leaves a gap");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[4611686018427387904,4]",
        "[9223372036854775807]",
        "[4294967296,4294967296]",
        "[0,4294967296,4294967296]",
      })
  void refusesOverflowingShape(String shape) throws IOException {
    String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[0,0]}}";
    SafetensorsFiles.write(file, header, new byte[0]);
    assertRefused(() -> Safetensors.read(file), "tensor a", "overflows");
  }

  @Test
  void refusesMalformedUnicode() throws IOException {
    byte[] header = "{\"?\":{}}".getBytes(StandardCharsets.US_ASCII);
    header[2] = (byte) 0xff;
    SafetensorsFiles.write(file, header, new byte[0]);
    assertRefused(() -> Safetensors.read(file), "malformed header");
  }

  @Test
  void refusesDeepNesting() throws IOException {
    SafetensorsFiles.write(file, "{\"a\":{\"x\":" + "[".repeat(1_000_000), new byte[0]);
    assertRefused(() -> Safetensors.read(file), "malformed header");
  }

  @Test
  void refusesMoreTensorsThanAnyModelHas() throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i <= 100_000; i++) {
      header
          .append(i == 0 ? "" : ",")
          .append("\"t" + i + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    SafetensorsFiles.write(file, header + "}", new byte[0]);
    assertRefused(() -> Safetensors.read(file), "more than 100000 tensors");
  }

  private void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContainingAll(parts);
  }
}
