package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.torch.TorchTensors;
import org.sae4j.testing.TestData;

/** Which format a path is taken for where several could have it. */
class SaeFormatsTest {
  @TempDir Path folder;

  @Test
  void namesAreAskedBeforeArchives() {
    assertThat(SaeFormats.values())
        .containsExactly(
            SaeFormats.SAELENS,
            SaeFormats.SPARSIFY,
            SaeFormats.GEMMA_SCOPE,
            SaeFormats.ONE_LAYER,
            SaeFormats.OPENAI,
            SaeFormats.DICTIONARY_LEARNING);
  }

  @ParameterizedTest
  @CsvSource({
    "SAELENS, sae_weights.safetensors sae.safetensors cfg.json params.npz ae.pt",
    "SPARSIFY, sae.safetensors cfg.json params.safetensors ae.pt",
    "SAELENS, cfg.json params.npz ae.pt",
    "GEMMA_SCOPE, params.safetensors config.json ae.pt",
    "DICTIONARY_LEARNING, ae.pt config.json"
  })
  void aFolderIsOfTheFirstFormatThatKnowsItsFiles(SaeFormats format, String names)
      throws IOException {
    for (String name : names.split(" ")) {
      Files.createFile(folder.resolve(name));
    }
    assertThat(SaeFormats.of(new SaeSource(folder))).contains(format);
  }

  /** All three could have the archive; it is of the one whose configuration lies beside it. */
  @Test
  void aConfigurationBesideAnArchiveIsAskedBeforeTheArchive() throws IOException {
    Path file = archive();
    assertThat(SaeFormats.of(new SaeSource(file))).contains(SaeFormats.DICTIONARY_LEARNING);
    Files.writeString(folder.resolve("sae_cfg.json"), "{}");
    assertThat(SaeFormats.of(new SaeSource(file))).contains(SaeFormats.ONE_LAYER);
  }

  private Path archive() throws IOException {
    return new TorchTensors()
        .f32("encoder.weight", 3, 2)
        .f32("encoder.bias", 3)
        .f32("decoder.weight", 2, 3)
        .f32("bias", 2)
        .write(folder.resolve("sae.pt"));
  }

  /** What is no longer there cannot be read again. */
  @Test
  void anArchiveIsReadOnce() throws IOException {
    Path file = archive();
    SaeSource source = new SaeSource(file);
    SaeFormats format = SaeFormats.of(source).orElseThrow();
    Files.writeString(file, "text");
    assertThat(format.read(source, SaeOverrides.none()).config().dSae()).isEqualTo(3);
  }

  @Test
  void oneThatWasFoundInAFolderIsReadOnce() throws IOException {
    Path file = archive();
    SaeSource source = SaeFolder.find(folder).saes().get(0);
    Files.writeString(file, "text");
    assertThat(SaeFormats.read(source, SaeOverrides.none()).config().dSae()).isEqualTo(3);
  }

  @Test
  void openAisNamesComeFirst() throws IOException {
    Path file = TestData.path("saes/openai/resid_post_mlp_layer3_k4.pt");
    assertThat(SaeFormats.of(new SaeSource(file))).contains(SaeFormats.OPENAI);
  }
}
