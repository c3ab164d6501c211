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

/** Any bytes as a safetensors file, and any header in one. */
class SafetensorsFuzzTest {
  private static final byte[] DATA = new byte[24];

  @TempDir static Path seeds;
  @TempDir Path folder;

  static Stream<byte[]> files() throws IOException {
    String header =
        """
        {"__metadata__": {"format": "pt"},
         "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
         "b": {"dtype": "BF16", "shape": [], "data_offsets": [16, 18]},
         "c": {"dtype": "I16", "shape": [3], "data_offsets": [18, 24]}}
        """;
    Path whole = SafetensorsFiles.write(seeds.resolve("whole"), header, DATA);
    return Stream.of(Files.readAllBytes(whole), header.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("files")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] bytes) throws IOException {
    Path file = folder.resolve("fuzzed.safetensors");
    Files.write(file, bytes);
    Refusal.of(file, FormatException.class, () -> readAll(file));
    SafetensorsFiles.write(file, bytes, DATA);
    Refusal.of(file, FormatException.class, () -> readAll(file));
  }

  private static void readAll(Path file) throws IOException {
    for (StoredTensor tensor : Safetensors.read(file).tensors().values()) {
      tensor.toFloats();
    }
  }
}
