package org.sae4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.FormatException;
import org.sae4j.SaeOverrides;

/** Files of every format with a few bytes changed: each is read, or refused in words. */
class MutatedSaesTest {
  private static final int MUTATIONS = 120;

  /** How much of a file's ends holds headers, where a change is seen. */
  private static final int ENDS = 600;

  @TempDir Path folder;

  @Test
  void eachIsReadOrRefused() throws IOException {
    SplittableRandom random = new SplittableRandom(12);
    for (Path sae : saes()) {
      int refused = 0;
      for (Path file : files(sae)) {
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < MUTATIONS; i++) {
          Files.write(file, mutate(whole, random));
          refused += isRefused(sae) ? 1 : 0;
        }
        Files.write(file, whole);
      }
      assertThat(isRefused(sae)).as("%s itself", sae).isFalse();
      assertThat(refused).as("mutations of %s that are refused", sae).isGreaterThan(20);
    }
  }

  private List<Path> saes() throws IOException {
    Path npz = folder.resolve("params.npz");
    new TorchFiles()
        .entry("W_enc.npy", NpyBytes.f32(2, 3))
        .entry("W_dec.npy", NpyBytes.f32(3, 2))
        .entry("b_enc.npy", NpyBytes.f32(3))
        .entry("b_dec.npy", NpyBytes.f32(2))
        .entry("threshold.npy", NpyBytes.f32(3))
        .write(npz);
    Path sparsify = Files.createDirectory(folder.resolve("h.3"));
    Files.writeString(
        sparsify.resolve("cfg.json"),
        "{\"d_in\": 2, \"num_latents\": 4, \"k\": 2, \"activation\": \"groupmax\"}");
    new SafetensorsFiles()
        .f32("encoder.weight", 4, 2)
        .f32("encoder.bias", 4)
        .f32("W_dec", 4, 2)
        .f32("b_dec", 2)
        .write(sparsify.resolve("sae.safetensors"));
    Path openAi =
        new TorchTensors()
            .f32("encoder.weight", 3, 2)
            .f32("decoder.weight", 2, 3)
            .f32("latent_bias", 3)
            .f32("pre_bias", 2)
            .write(folder.resolve("sae.pt"));
    Stream<Path> synthetic = SyntheticSaes.write(folder.resolve("synthetic"), 6).stream();
    return Stream.concat(Stream.of(npz, sparsify, openAi), synthetic).toList();
  }

  private static List<Path> files(Path sae) throws IOException {
    if (!Files.isDirectory(sae)) {
      return List.of(sae);
    }
    try (Stream<Path> files = Files.list(sae)) {
      return files.sorted().toList();
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
    return mutated;
  }

  /** Reads everything; any other exception than the one for damaged files fails the test. */
  private static boolean isRefused(Path path) throws IOException {
    try {
      SaeFile sae = SaeFile.read(path, SaeOverrides.none());
      for (StoredTensor tensor : sae.tensors().values()) {
        assertThat(tensor.toFloats()).hasSize((int) tensor.elementCount());
      }
      return false;
    } catch (FormatException e) {
      assertThat(e.getMessage()).contains(path.getFileName().toString());
      return true;
    }
  }
}
