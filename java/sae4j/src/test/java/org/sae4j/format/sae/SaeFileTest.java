package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.torch.PickleBytes;
import org.sae4j.format.torch.TorchFiles;

class SaeFileTest {
  @TempDir Path folder;

  @Test
  void refusesWhatIsNotThere() {
    assertRefused(folder.resolve("nothing.pt"), "no such file or folder");
  }

  @Test
  void refusesEmptyFolder() {
    assertRefused(folder, "not an SAE that sae4j reads");
  }

  @Test
  void refusesFolderOfSparsifyThatSaysNothing() throws IOException {
    Files.writeString(folder.resolve("cfg.json"), "{}");
    new SafetensorsFiles().f32("encoder.weight", 3, 2).write(folder.resolve("sae.safetensors"));
    assertRefused(folder.resolve("cfg.json"), "d_in is missing");
  }

  @Test
  void refusesOtherFiles() throws IOException {
    assertRefused(Files.writeString(folder.resolve("a.txt"), "text"), "not an SAE");
    assertRefused(Files.createFile(folder.resolve("empty")), "not an SAE");
    assertRefused(Files.createFile(folder.resolve("empty.pt")), "is empty");
    assertRefused(Files.writeString(folder.resolve("a.pt"), "text"), "not a zip archive");
  }

  @Test
  void refusesOtherArchives() throws IOException {
    byte[] pickle =
        PickleBytes.protocol(2)
            .op('}')
            .text("encoder.weight")
            .tensor("FloatStorage", "0", 2, 0, new long[] {1, 2}, new long[] {2, 1})
            .op('s')
            .stop();
    Path other = TorchFiles.of(pickle).floats("0", 1, 2).write(folder.resolve("ae.pt"));
    assertRefused(other, "not an SAE that sae4j reads");
    Path npz = new TorchFiles().entry("W_enc.npy", new byte[8]).write(folder.resolve("params.npz"));
    assertRefused(npz, "W_enc is no array of NumPy");
  }

  private static void assertRefused(Path path, String problem) {
    assertThatThrownBy(() -> SaeFormats.read(path, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(problem);
  }
}
