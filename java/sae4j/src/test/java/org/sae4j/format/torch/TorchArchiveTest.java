package org.sae4j.format.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;

class TorchArchiveTest {
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int CENTRAL_HEADER = 0x02014b50;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("weights.pt");
  }

  @Test
  void readsTensorWithOffsetSizeAndStride() throws IOException {
    // Of 0 to 11 as [3, 4]: columns 1 and 2, transposed.
    archive(dictOf("FloatStorage", 12, 1, sizes(2, 3), sizes(1, 4))).write(file);
    StoredTensor view = tensor();
    assertThat(view.name()).isEqualTo("w");
    assertThat(view.shape()).containsExactly(2L, 3L);
    assertThat(view.toFloats()).containsExactly(1, 5, 9, 2, 6, 10);
  }

  @Test
  void readsTransposedMatrixInPlace() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(4, 3), sizes(1, 4))).write(file);
    assertThat(tensor().isTransposedRowMajor()).isTrue();
    assertThat(tensor().byteLength()).isEqualTo(48);
    assertThat(tensor().transposed().toFloats())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  }

  @ParameterizedTest
  @CsvSource({
    "HalfStorage, 003c00c0, 1, -2",
    "BFloat16Storage, 803f49c0, 1, -3.140625",
    "DoubleStorage, 000000000000f03f00000000000000c0, 1, -2",
    "LongStorage, 0700000000000000ffffffffffffffff, 7, -1",
  })
  void readsTypes(String storage, String hex, float first, float second) throws IOException {
    TorchFiles.of(dictOf(storage, 2, 0, sizes(2), sizes(1)))
        .storage("0", java.util.HexFormat.of().parseHex(hex))
        .write(file);
    assertThat(tensor().toFloats()).containsExactly(first, second);
  }

  @Test
  void readsParameters() throws IOException {
    byte[] pickle =
        PickleBytes.protocol(2)
            .op('}')
            .text("w")
            .global("torch._utils", "_rebuild_parameter")
            .op('(')
            .tensor("FloatStorage", "0", 12, 2, sizes(1), sizes(1))
            .op(0x89)
            .global("collections", "OrderedDict")
            .op(')', 'R', 't', 'R', 's')
            .stop();
    archive(pickle).write(file);
    assertThat(tensor().scalar()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        " 0 | 13  | 1  ",
        " 1 | 12  | 1  ",
        "12 | 1   | 1  ",
        " 0 | 3,5 | 4,1",
        " 0 | 4,4 | 4,1",
        " 9 | 2,2 | 4,1",
        "9223372036854775807 | 1 | 1",
      })
  void refusesTensorBeyondItsStorage(long first, String size, String stride) throws IOException {
    archive(dictOf("FloatStorage", 12, first, sizes(size), sizes(stride))).write(file);
    assertThatThrownBy(() -> TorchArchive.read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("storage 0: view from element " + first)
        .hasMessageMatching("(?s).*(does not fit its 12 elements|overflows).*");
  }

  @Test
  void refusesOverflowingShape() throws IOException {
    long big = 1L << 40;
    archive(dictOf("FloatStorage", 12, 0, sizes(big, big), sizes(big, 1))).write(file);
    assertRefused("overflows");
  }

  @Test
  void refusesToVisitElementsTwice() throws IOException {
    // One stored element, expanded to more than any heap holds.
    archive(dictOf("FloatStorage", 12, 0, sizes(1L << 40), sizes(0))).write(file);
    assertRefused("does not fit its 12 elements");
  }

  @Test
  void refusesNegativeNumbers() throws IOException {
    archive(dictOf("FloatStorage", 12, 5, sizes(3), sizes(-1))).write(file);
    assertRefused("storage 0: stride: expected whole numbers, not negative, found -1");
    archive(dictOf("FloatStorage", 12, 0, sizes(-3), sizes(1))).write(file);
    assertRefused("storage 0: size: expected whole numbers, not negative, found -3");
    archive(dictOf("FloatStorage", 12, -1, sizes(3), sizes(1))).write(file);
    assertRefused("view from element -1", "malformed");
    archive(dictOf("FloatStorage", -12, 0, sizes(3), sizes(1))).write(file);
    assertRefused("persistent id");
  }

  @Test
  void refusesDifferentRanks() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3, 4), sizes(1))).write(file);
    assertRefused("malformed");
  }

  @Test
  void refusesStorageOfOtherLength() throws IOException {
    archive(dictOf("FloatStorage", 13, 0, sizes(3), sizes(1))).write(file);
    assertRefused("storage 0: expected 13 elements F32, found 48 bytes");
    archive(dictOf("FloatStorage", Long.MAX_VALUE, 0, sizes(3), sizes(1))).write(file);
    assertRefused("storage 0: expected 9223372036854775807 elements F32, found 48 bytes");
    archive(dictOf("DoubleStorage", 12, 0, sizes(3), sizes(1))).write(file);
    assertRefused("storage 0: expected 12 elements F64, found 48 bytes");
  }

  @Test
  void refusesMissingStorage() throws IOException {
    TorchFiles.of(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file);
    assertRefused("storage 0 is missing");
  }

  @Test
  void refusesCompressedStorage() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file, ZipEntry.DEFLATED);
    assertRefused("entry archive/data.pkl is compressed");
  }

  @Test
  void refusesBigEndian() throws IOException {
    byte[] pickle = dictOf("FloatStorage", 12, 0, sizes(3), sizes(1));
    archive(pickle).byteOrder("big").write(file);
    assertRefused("byteorder: expected little, found big");
    archive(pickle).byteOrder("little").write(file);
    assertThat(tensor().toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void refusesTensorMetadata() throws IOException {
    byte[] plain = dictOf("FloatStorage", 12, 0, sizes(3), sizes(1));
    // The tensor's argument tuple ends in the "t" four opcodes from the end: t R s .
    PickleBytes pickle = new PickleBytes();
    for (int i = 0; i < plain.length - 4; i++) {
      pickle.op(plain[i]);
    }
    byte[] negated = pickle.op('}').text("neg").op(0x88, 's', 't', 'R', 's').stop();
    archive(negated).write(file);
    assertRefused("tensor with metadata");
  }

  @Test
  void refusesSystemCall() throws IOException {
    TorchFiles.of(PickleBytes.protocol(2).global("os", "system").text("id").op(0x85, 'R').stop())
        .write(file);
    assertRefused("refuses os.system");
  }

  @Test
  void refusesWhatIsNoArchive() throws IOException {
    assertRefused("no such file");
    Files.createFile(file);
    assertRefused("is empty");
    Files.write(file, new byte[10]);
    assertRefused("not a zip archive");
    Files.write(file, PickleBytes.protocol(2).op('N').stop());
    assertRefused("not a zip archive");
    Files.write(file, new byte[100_000]);
    assertRefused("not a zip archive");
  }

  @Test
  void refusesArchiveWithoutPickle() throws IOException {
    new TorchFiles().entry("archive/version", new byte[] {'3'}).write(file);
    assertRefused("expected one entry */data.pkl, found 0");
  }

  @Test
  void refusesArchiveWithTwoPickles() throws IOException {
    TorchFiles.of(PickleBytes.protocol(2).op('N').stop())
        .entry("other/data.pkl", PickleBytes.protocol(2).op('N').stop())
        .write(file);
    assertRefused("expected one entry */data.pkl, found 2");
  }

  @Test
  void refusesRootThatIsNoDict() throws IOException {
    TorchFiles.of(PickleBytes.protocol(2).op(']').stop()).write(file);
    assertThatThrownBy(() -> TorchArchive.read(file).entries())
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("holds no dict of tensors, but a list of 0");
  }

  @Test
  void refusesDeepNesting() throws IOException {
    TorchFiles.of(PickleBytes.protocol(2).op(')').repeat(500_000, 0x85).stop()).write(file);
    assertRefused("nests deeper than 64");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertRefused(length == 0 ? "is empty" : "not a zip archive, or a truncated one");
    }
  }

  /** Nothing but a result or a FormatException may come of a file with one byte changed. */
  @Test
  void survivesEveryDamagedByte() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3, 4), sizes(4, 1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    int refused = 0;
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) 0xff;
      Files.write(file, damaged);
      try {
        tensor().toFloats();
      } catch (FormatException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(whole.length / 2);
  }

  @Test
  void refusesDamagedPickle() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    whole[indexOf(whole, LOCAL_HEADER) + 30 + "archive/data.pkl".length() + 3] ^= 1;
    Files.write(file, whole);
    assertRefused("entry archive/data.pkl is damaged");
  }

  @ParameterizedTest
  @ValueSource(ints = {44, 52, 0, 1_000_000, -2})
  void refusesEntryThatLiesAboutItsSize(int size) throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    int pickle = indexOf(whole, CENTRAL_HEADER);
    int storage = pickle + 46 + "archive/data.pkl".length();
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getInt(storage)).isEqualTo(CENTRAL_HEADER);
    bytes.putInt(storage + 20, size).putInt(storage + 24, size);
    Files.write(file, whole);
    assertRefused("entry archive/data/0: expected " + Integer.toUnsignedLong(size));
    bytes.putInt(storage + 20, 48);
    Files.write(file, whole);
    assertRefused("entry archive/data/0: expected " + Integer.toUnsignedLong(size));
  }

  /** Even an entry whose two headers agree must end before the directory. */
  @Test
  void refusesEntryThatReachesIntoTheDirectory() throws IOException {
    archive(dictOf("FloatStorage", 13, 0, sizes(13), sizes(1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int central = indexOf(whole, CENTRAL_HEADER) + 46 + "archive/data.pkl".length();
    int local = bytes.getInt(central + 42);
    bytes.putInt(central + 20, 52).putInt(central + 24, 52);
    bytes.putInt(local + 18, 52).putInt(local + 22, 52);
    Files.write(file, whole);
    assertRefused("entry archive/data/0: 52 bytes", "reach beyond the entries' end");
  }

  @Test
  void refusesEntriesInsideTheDirectory() throws IOException {
    archive(dictOf("FloatStorage", 12, 0, sizes(3), sizes(1))).write(file);
    byte[] whole = Files.readAllBytes(file);
    int pickle = indexOf(whole, CENTRAL_HEADER);
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(pickle + 42, pickle);
    Files.write(file, whole);
    assertRefused("header lies beyond the entries' end");
  }

  private TorchFiles archive(byte[] pickle) {
    return TorchFiles.of(pickle).floats("0", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  }

  private static byte[] dictOf(
      String storage, long elements, long first, long[] size, long[] stride) {
    return PickleBytes.protocol(2)
        .op('}')
        .text("w")
        .tensor(storage, "0", elements, first, size, stride)
        .op('s')
        .stop();
  }

  private static long[] sizes(long... values) {
    return values;
  }

  private static long[] sizes(String values) {
    return Arrays.stream(values.split(",")).mapToLong(Long::parseLong).toArray();
  }

  private static int indexOf(byte[] bytes, int signature) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (buffer.getInt(at) != signature) {
      at++;
    }
    return at;
  }

  private StoredTensor tensor() throws IOException {
    return (StoredTensor) TorchArchive.read(file).entries().get("w");
  }

  private void assertRefused(String... parts) {
    ThrowingCallable read = () -> TorchArchive.read(file);
    assertThatThrownBy(read)
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContainingAll(parts);
  }
}
