package org.sae4j.format.container;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.format.torch.PickleBytes;
import org.sae4j.format.torch.PickleFuzzTest;
import org.sae4j.format.torch.TorchArchive;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.format.torch.TorchStreamTest;
import org.sae4j.format.torch.TorchTensors;
import org.sae4j.testing.Refusal;

/** Any bytes as a zip file, of torch and of NumPy. */
class ArchiveFuzzTest {
  @TempDir static Path seeds;
  @TempDir Path folder;

  static Stream<byte[]> archives() throws IOException {
    Path torch = new TorchTensors().f32("W", 2, 2).scalar("k", 4).write(seeds.resolve("torch"));
    Path numpy =
        new TorchFiles()
            .entry("W.npy", NpyBytes.f32(2, 2))
            .entry("b.npy", NpyBytes.f32(2))
            .write(seeds.resolve("numpy"));
    Path compressed =
        TorchFiles.of(PickleBytes.protocol(2).op('}').stop())
            .write(seeds.resolve("compressed"), ZipEntry.DEFLATED);
    return Stream.of(
        Files.readAllBytes(torch),
        Files.readAllBytes(numpy),
        Files.readAllBytes(compressed),
        TorchStreamTest.sound());
  }

  @MethodSource("archives")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] archive) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed"), archive);
    Refusal.of(file, FormatException.class, () -> PickleFuzzTest.readAll(TorchArchive.read(file)));
    Refusal.of(
        file,
        FormatException.class,
        () -> {
          for (StoredTensor array : NpzArchive.read(file).values()) {
            array.toFloats();
          }
        });
  }
}
