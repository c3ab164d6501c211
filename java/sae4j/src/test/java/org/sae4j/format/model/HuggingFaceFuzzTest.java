package org.sae4j.format.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.torch.InnerPart;
import org.sae4j.format.torch.InnerParts;

/** Models of Hugging Face with any text as one of their files. */
class HuggingFaceFuzzTest {
  private static final InnerParts PARTS = new InnerParts();

  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    for (Path model : SmallModels.write(folder)) {
      InnerPart.of(model).forEach(part -> PARTS.add(model, part));
    }
  }

  static Stream<byte[]> parts() throws IOException {
    return PARTS.sound();
  }

  @MethodSource("parts")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] input) throws IOException {
    PARTS.check(input, HuggingFaceFuzzTest::readAll);
  }

  static void readAll(Path folder) throws IOException {
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    for (GgufWeight tensor : model.tensors()) {
      tensor.tensor().toFloats();
    }
    Path converted = folder.resolveSibling("converted.gguf");
    GgufConversion.write(model, tokenizer, converted, WeightPrecision.F32, written -> {});
    Files.delete(converted);
  }
}
