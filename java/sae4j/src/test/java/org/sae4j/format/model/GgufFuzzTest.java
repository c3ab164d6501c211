package org.sae4j.format.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.GgufHeader;
import org.sae4j.testing.Refusal;

/** Any bytes as a GGUF file, of which Java reads the header. */
class GgufFuzzTest {
  @TempDir static Path seeds;
  @TempDir Path folder;

  static Stream<byte[]> files() throws IOException {
    HuggingFaceModel model =
        HuggingFaceModel.read(new TinyGpt2().withEveryByte().writeTo(seeds.resolve("model")));
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    Path whole = seeds.resolve("whole");
    GgufConversion.write(model, tokenizer, whole, WeightPrecision.F32, written -> {});
    return Stream.of(Files.readAllBytes(whole));
  }

  @MethodSource("files")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.gguf"), bytes);
    Refusal.of(file, FormatException.class, () -> GgufHeader.read(file));
  }
}
