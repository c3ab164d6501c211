package org.sae4j.format.sae;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.InnerPart;
import org.sae4j.format.torch.InnerParts;

/**
 * SAEs of every format, with any text as the configuration, any header or pickle of the tensors.
 */
public class SaeFuzzTest {
  private static final InnerParts CONFIGS = new InnerParts();
  private static final InnerParts TENSORS = new InnerParts();

  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    for (Path sae : SmallSaes.write(folder)) {
      List<InnerPart> parts = InnerPart.of(sae);
      parts.forEach(part -> (part.isConfig() ? CONFIGS : TENSORS).add(sae, part));
    }
  }

  static Stream<byte[]> configs() throws IOException {
    return CONFIGS.sound();
  }

  static Stream<byte[]> tensors() throws IOException {
    return TENSORS.sound();
  }

  @MethodSource("configs")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefusedWithAnyConfig(byte[] input) throws IOException {
    CONFIGS.check(input, SaeFuzzTest::readAll);
  }

  @MethodSource("tensors")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefusedWithAnyTensors(byte[] input) throws IOException {
    TENSORS.check(input, SaeFuzzTest::readAll);
  }

  public static void readAll(Path path) throws IOException {
    SaeFile sae = SaeFormats.read(path, SaeOverrides.none());
    for (StoredTensor tensor : sae.tensors().values()) {
      tensor.toFloats();
    }
  }
}
