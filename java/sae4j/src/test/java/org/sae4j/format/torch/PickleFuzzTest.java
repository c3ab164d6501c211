package org.sae4j.format.torch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.testing.Refusal;

/** Any bytes as the pickle of a sound archive. */
public class PickleFuzzTest {
  @TempDir Path folder;

  static Stream<byte[]> pickles() {
    PickleBytes saved = PickleBytes.protocol(2).op('}', 'q', 0, '(');
    saved.text("W").tensor("FloatStorage", "0", 6, 1, new long[] {2, 2}, new long[] {2, 1});
    saved.text("b").global("torch._utils", "_rebuild_parameter").op('(');
    saved.tensor("HalfStorage", "1", 4, 0, new long[] {4}, new long[] {1}).op(0x88, 'N', 't', 'R');
    saved.text("k").number(8).text("list").op(']', 'q', 1, '(', 'h', 1, 'K', 5, 'e', 'u');
    byte[] ofProtocol4 =
        HexFormat.of()
            .parseHex(
                "8004952d000000000000007d94288c0161944b018c0162944afeffffff8c016394473ff8000000000000"
                    + "8c0164944e8c0165948875942e");
    return Stream.of(saved.stop(), ofProtocol4);
  }

  @MethodSource("pickles")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] pickle) throws IOException {
    Path file = folder.resolve("fuzzed.pt");
    TorchFiles.of(pickle).floats("0", 1, 2, 3, 4, 5, 6).floats("1", 7, 8).write(file);
    Refusal.of(file, FormatException.class, () -> readAll(TorchArchive.read(file)));
  }

  public static void readAll(TorchArchive archive) throws IOException {
    for (Object value : archive.entries().values()) {
      if (value instanceof StoredTensor tensor) {
        tensor.toFloats();
      }
    }
  }
}
