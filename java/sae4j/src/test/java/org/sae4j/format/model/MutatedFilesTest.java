package org.sae4j.format.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Model;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.GgufHeader;
import org.sae4j.format.sae.SaeFuzzTest;
import org.sae4j.format.sae.SmallSaes;
import org.sae4j.format.torch.InnerPart;
import org.sae4j.testing.Refusal;

/** Files of every format with a few bytes changed or lost: each is read, or refused in words. */
class MutatedFilesTest {
  private static final int MUTATIONS = 120;
  private static final int LEAST_REFUSED = 20;

  /** How much of a file's ends holds headers, where a change is seen. */
  private static final int ENDS = 600;

  @TempDir Path folder;

  /** Reads all of a file or folder. */
  @FunctionalInterface
  private interface Reading {
    void read(Path path) throws IOException;
  }

  @Test
  void saes() throws IOException {
    eachIsReadOrRefused(SmallSaes.write(folder), SaeFuzzTest::readAll);
  }

  @Test
  void modelsOfHuggingFace() throws IOException {
    eachIsReadOrRefused(SmallModels.write(folder), HuggingFaceFuzzTest::readAll);
  }

  @Test
  void ggufFiles() throws IOException {
    HuggingFaceModel model =
        HuggingFaceModel.read(new TinyGpt2().withEveryByte().writeTo(folder.resolve("tiny")));
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.read(model);
    Path file = folder.resolve("tiny.gguf");
    GgufConversion.write(model, tokenizer, file, WeightPrecision.F16, written -> {});
    eachIsReadOrRefused(List.of(file), GgufHeader::read);
    eachIsReadOrRefused(List.of(file), path -> Model.open(path).close());
  }

  private static void eachIsReadOrRefused(List<Path> paths, Reading reading) throws IOException {
    SplittableRandom random = new SplittableRandom(12);
    for (Path path : paths) {
      int refused = 0;
      for (InnerPart part : InnerPart.of(path)) {
        for (int i = 0; i < MUTATIONS; i++) {
          Files.write(part.file(), mutate(part.sound(), random));
          refused += Refusal.of(path, FormatException.class, () -> reading.read(path)) ? 1 : 0;
        }
        part.restore();
      }
      assertThat(Refusal.of(path, FormatException.class, () -> reading.read(path)))
          .as("%s itself", path)
          .isFalse();
      assertThat(refused).as("mutations of %s refused", path).isGreaterThan(LEAST_REFUSED);
    }
  }

  private static byte[] mutate(byte[] whole, SplittableRandom random) {
    byte[] mutated = whole.clone();
    int bytes = 1 + random.nextInt(3);
    for (int i = 0; i < bytes; i++) {
      int at = random.nextInt(Math.min(ENDS, whole.length));
      int place = random.nextBoolean() ? at : whole.length - 1 - at;
      mutated[place] = (byte) random.nextInt(256);
    }
    boolean cut = random.nextInt(8) == 0;
    return cut ? Arrays.copyOf(mutated, random.nextInt(mutated.length)) : mutated;
  }
}
