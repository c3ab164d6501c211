package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.torch.TorchTensors;
import org.sae4j.testing.TestData;

class SaeFolderTest {
  @TempDir Path folder;

  @Test
  void findsTheFixturesOfEveryFormat() throws IOException {
    Path saes = TestData.path("saes");
    SaeFolder found = SaeFolder.find(saes);
    assertThat(found.saes())
        .extracting(SaeSource::path)
        .containsExactly(
            saes.resolve("dictionary_learning/standard"),
            saes.resolve("dictionary_learning/topk"),
            saes.resolve("gemma_scope/layer_3/width_1k/average_l0_16"),
            saes.resolve("openai/resid_post_mlp_layer3_k16.pt"),
            saes.resolve("openai/resid_post_mlp_layer3_k4.pt"),
            saes.resolve("saelens/gated"),
            saes.resolve("saelens/jumprelu"),
            saes.resolve("saelens/old_topk"),
            saes.resolve("saelens/standard"),
            saes.resolve("saelens/topk"),
            saes.resolve("saelens/topk_layer_norm"),
            saes.resolve("sparsify/h.3"));
    assertThat(found.skipped()).isEmpty();
    for (SaeSource sae : found.saes()) {
      assertThat(SaeFormats.read(sae, SaeOverrides.none()).path()).isEqualTo(sae.path());
    }
  }

  @Test
  void anSaeIsItself() throws IOException {
    Path sae = TestData.path("saes/dictionary_learning/topk");
    assertThat(SaeFolder.find(sae).saes()).extracting(SaeSource::path).containsExactly(sae);
    Path file = sae.resolve("ae.pt");
    assertThat(SaeFolder.find(file).saes()).extracting(SaeSource::path).containsExactly(file);
  }

  @Test
  void otherFilesAreNoSaes() throws IOException {
    new TorchTensors().f32("momentum", 2).write(folder.resolve("optimizer.pt"));
    Files.writeString(folder.resolve("broken.pt"), "text");
    Files.writeString(folder.resolve("config.json"), "{}");
    Files.writeString(folder.resolve("README.md"), "text");
    assertThatThrownBy(() -> SaeFolder.find(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("holds no SAE that sae4j reads")
        .hasMessageContaining("broken.pt: not a zip archive");
    Path sae = write(Files.createDirectories(folder.resolve("trainer_0/checkpoints")), "ae_0.pt");
    SaeFolder found = SaeFolder.find(folder);
    assertThat(found.saes()).extracting(SaeSource::path).containsExactly(sae);
    assertThat(found.skipped()).singleElement().asString().contains("broken.pt");
  }

  /** A damaged SAE is not passed over: reading it says what is wrong. */
  @Test
  void damagedSaesAreListed() throws IOException {
    Path damaged = Files.createDirectory(folder.resolve("a"));
    Files.writeString(damaged.resolve("ae.pt"), "text");
    assertThat(SaeFolder.find(folder).saes()).extracting(SaeSource::path).containsExactly(damaged);
  }

  @Test
  void foldersInFoldersWithoutEndAreRefused() throws IOException {
    Files.createSymbolicLink(folder.resolve("loop"), folder);
    assertThatThrownBy(() -> SaeFolder.find(folder))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("folders deep");
  }

  private static Path write(Path target, String name) throws IOException {
    return new TorchTensors()
        .f32("encoder.weight", 3, 2)
        .f32("encoder.bias", 3)
        .f32("decoder.weight", 2, 3)
        .f32("bias", 2)
        .write(target.resolve(name));
  }
}
