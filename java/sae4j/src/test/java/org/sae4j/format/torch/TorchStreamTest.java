package org.sae4j.format.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;

/** Files as torch.save wrote them before PyTorch 1.6. */
public class TorchStreamTest {
  private static final String MAGIC = "80028a0a6cfc9c46f9206aa850192e";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("weights.pt");
  }

  /** The parts of a file, for tests to spoil. */
  private static final class Parts {
    byte[] magic = HexFormat.of().parseHex(MAGIC);
    byte[] version = PickleBytes.protocol(2).number(1001).stop();
    byte[] machine = PickleBytes.protocol(2).op('}').text("little_endian").op(0x88, 's').stop();
    byte[] object = object("FloatStorage", 6, 'N');
    byte[] keys = keys("b", "a");
    ByteBuffer storages =
        ByteBuffer.allocate(8 + 8 + 8 + 24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(1)
            .putDouble(0.5)
            .putLong(6)
            .put(TorchFiles.bytes(0, 1, 2, 3, 4, 5));

    static byte[] object(String storage, long elements, int... metadata) {
      PickleBytes pickle = PickleBytes.protocol(2).op('}', '(');
      view(
          pickle.text("a"), storage, "a", elements, new long[] {3, 2}, new long[] {1, 3}, metadata);
      view(pickle.text("b"), "DoubleStorage", "b", 1, new long[0], new long[0], metadata);
      return pickle.op('u').stop();
    }

    private static void view(
        PickleBytes pickle,
        String storage,
        String key,
        long elements,
        long[] size,
        long[] stride,
        int... metadata) {
      pickle.global("torch._utils", "_rebuild_tensor_v2").op('(', '(').text("storage");
      pickle.global("torch", storage).text(key).text("cpu").number(elements).op(metadata);
      pickle.op('t', 'Q').number(0).numbers(size).numbers(stride).op(0x89);
      pickle.global("collections", "OrderedDict").op(')', 'R', 't', 'R');
    }

    static byte[] keys(String... keys) {
      PickleBytes pickle = PickleBytes.protocol(2).op(']', '(');
      Arrays.stream(keys).forEach(pickle::text);
      return pickle.op('e').stop();
    }

    byte[] bytes() {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (byte[] part : new byte[][] {magic, version, machine, object, keys, storages.array()}) {
        all.writeBytes(part);
      }
      return all.toByteArray();
    }
  }

  /** A file with two tensors. */
  public static byte[] sound() {
    return new Parts().bytes();
  }

  private void assertRefused(byte[] content, String... parts) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> TorchArchive.read(file).entries())
        .isInstanceOf(FormatException.class)
        .message()
        .startsWith(file.toString())
        .contains(parts);
  }

  @ParameterizedTest
  @ValueSource(strings = {MAGIC, "8004950d000000000000008a0a6cfc9c46f9206aa850192e"})
  void readsTensorsWhereTheyLie(String magic) throws IOException {
    Parts parts = new Parts();
    parts.magic = HexFormat.of().parseHex(magic);
    Files.write(file, parts.bytes());
    Map<String, Object> entries = TorchArchive.read(file).entries();
    assertThat(((StoredTensor) entries.get("a")).toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(((StoredTensor) entries.get("b")).scalar()).isEqualTo(0.5);
  }

  @Test
  void theOtherMachineIsRefused() throws IOException {
    Parts parts = new Parts();
    parts.machine = PickleBytes.protocol(2).op('}').text("little_endian").op(0x89, 's').stop();
    assertRefused(parts.bytes(), "little_endian: expected true, found false");
    parts.machine = PickleBytes.protocol(2).op('N').stop();
    assertRefused(parts.bytes(), "does not say what kind of machine wrote it");
  }

  @Test
  void anotherVersionIsRefused() throws IOException {
    Parts parts = new Parts();
    parts.version = PickleBytes.protocol(2).number(1002).stop();
    assertRefused(parts.bytes(), "version: expected 1001, found 1002");
  }

  @Test
  void storagesAreAsLongAsThePickleSays() throws IOException {
    Parts parts = new Parts();
    parts.object = Parts.object("FloatStorage", 7, 'N');
    assertRefused(parts.bytes(), "storage a: elements: expected 7, found 6");
    parts.object = Parts.object("DoubleStorage", 6, 'N');
    assertRefused(parts.bytes(), "storage a: expected 6 elements F64, found 24 bytes");
  }

  @Test
  void everyStorageIsListedOnce() throws IOException {
    Parts parts = new Parts();
    for (byte[] keys :
        new byte[][] {Parts.keys("a"), Parts.keys("b", "a", "a"), Parts.keys("b", "c")}) {
      parts.keys = keys;
      assertRefused(parts.bytes(), "keys of storages: expected 2");
    }
  }

  @Test
  void aStorageThatIsAViewIsRefused() throws IOException {
    Parts parts = new Parts();
    parts.object = Parts.object("FloatStorage", 6, ')');
    assertRefused(parts.bytes(), "persistent id that is not a storage");
  }

  @Test
  void nothingIsExecuted() throws IOException {
    Parts parts = new Parts();
    parts.object = PickleBytes.protocol(2).global("os", "system").stop();
    assertRefused(parts.bytes(), "refuses os.system");
    parts = new Parts();
    parts.keys = PickleBytes.protocol(2).global("os", "system").stop();
    assertRefused(parts.bytes(), "refuses os.system");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = new Parts().bytes();
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), "weights.pt");
    }
  }

  /** Nothing but a result or a FormatException may come of a file with one byte changed. */
  @Test
  void everyDamagedByteIsReadOrRefused() throws IOException {
    byte[] whole = new Parts().bytes();
    for (int at = 0; at < whole.length; at++) {
      for (int change : new int[] {1, 0x80, 0xff}) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) change;
        Files.write(file, damaged);
        try {
          for (Object value : TorchArchive.read(file).entries().values()) {
            if (value instanceof StoredTensor tensor) {
              tensor.toFloats();
            }
          }
        } catch (FormatException e) {
          assertThat(e).hasMessageStartingWith(file.toString());
        }
      }
    }
  }

  @Test
  void whatIsEvenOlderSaysHowToWriteItAnew() throws IOException {
    byte[] tar = new byte[1024];
    byte[] magic = "ustar".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(magic, 0, tar, 257, magic.length);
    assertRefused(tar, "is a tar archive", "torch.save(torch.load(path), path)");
  }

  @Test
  void aPointerOfGitLfsIsNamed() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 548118077\n";
    assertRefused(pointer.getBytes(StandardCharsets.US_ASCII), "is a pointer of Git LFS");
  }
}
