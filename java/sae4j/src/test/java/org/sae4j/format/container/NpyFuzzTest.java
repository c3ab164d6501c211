package org.sae4j.format.container;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;

/** Any bytes as a NumPy file, and any header in one. */
class NpyFuzzTest {
  @TempDir Path folder;

  static Stream<byte[]> arrays() {
    return Stream.of(
        NpyBytes.f32(2, 3),
        NpyBytes.of("'<i8'", "True", "(3,)", new byte[24]),
        NpyBytes.version1("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", new byte[1]),
        "{'shape': (1, 2L), 'descr': '<f2', 'fortran_order': False}\n"
            .getBytes(StandardCharsets.US_ASCII));
  }

  @MethodSource("arrays")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] array) throws IOException {
    Path file = folder.resolve("fuzzed.npy");
    Files.write(file, array);
    Refusal.of(file, FormatException.class, () -> NpyArray.read(file).toFloats());
    String header = new String(array, StandardCharsets.ISO_8859_1);
    Files.write(file, NpyBytes.version1(header, new byte[64]));
    Refusal.of(file, FormatException.class, () -> NpyArray.read(file).toFloats());
  }
}
