package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.NpyBytes;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.testing.TestData;

class GemmaScopeSaeTest {
  private static final String FIXTURE = "saes/gemma_scope/layer_3/width_1k/average_l0_16";
  private static final int D = 2;
  private static final int N = 3;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {FIXTURE, FIXTURE + "/params.npz"})
  void readsTheFixture(String path) throws IOException {
    SaeFile sae = SaeFormats.read(TestData.path(path), SaeOverrides.none());
    SaeConfig config = sae.config();
    assertThat(config.format()).isEqualTo("Gemma Scope");
    assertThat(config.dIn()).isEqualTo(192);
    assertThat(config.dOut()).isEqualTo(192);
    assertThat(config.dSae()).isEqualTo(1536);
    assertThat(config.activation()).isEqualTo(new Activation.JumpRelu());
    assertThat(config.normalization()).isEqualTo(Normalization.NONE);
    assertThat(config.applyBDecToInput()).isFalse();
    assertThat(config.hookName()).contains("blocks.3.hook_resid_post");
    assertThat(config.hookNameOut()).isEmpty();
    assertThat(config.assumptions())
        .containsExactly(
            "hook blocks.3.hook_resid_post: taken from the path of the file, which tells the"
                + " layer; the residual stream is what most of them are of");
    assertThat(sae.files()).containsExactly(TestData.path(FIXTURE + "/params.npz"));
  }

  /** One SAE, written by two projects; only the encoder's bias differs, by b_dec times W_enc. */
  @Test
  void agreesWithSaeLens() throws IOException {
    SaeFile ours = SaeFormats.read(TestData.path(FIXTURE), SaeOverrides.none());
    SaeFile saeLens = SaeFormats.read(TestData.path("saes/saelens/jumprelu"), SaeOverrides.none());
    for (SaeTensor tensor : saeLens.tensors().keySet()) {
      if (tensor != SaeTensor.B_ENC) {
        assertThat(ours.tensor(tensor).toFloats())
            .as(tensor.name())
            .isEqualTo(saeLens.tensor(tensor).toFloats());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz, blocks.20.hook_resid_post,",
    "gemma-scope-2b-pt-mlp/layer_5/width_16k/average_l0_41/params.npz, blocks.5.hook_mlp_out,",
    "gemma-scope-9b-it-att/layer_0/width_16k/canonical/params.npz, blocks.0.attn.hook_z,",
    "gemma-scope-2b-pt-transcoders/layer_7/width_16k/average_l0_10/params.npz,"
        + " blocks.7.ln2.hook_normalized, blocks.7.hook_mlp_out",
    "mine/layer_7/width_16k/average_l0_10/params.npz, blocks.7.hook_resid_post,",
    "embedding/width_4k/average_l0_6/params.npz, ,",
    "params.npz, ,",
  })
  void pathTellsHook(String path, String input, String output) {
    GemmaScopeHook hook = GemmaScopeHook.of(folder.resolve(path));
    assertThat(hook.input().orElse(null)).isEqualTo(input);
    assertThat(hook.output().orElse(null)).isEqualTo(output);
    assertThat(hook.assumption().isPresent()).isEqualTo(input != null);
  }

  @Test
  void readsNpzWithoutAHook() throws IOException {
    SaeFile sae = readNpz(arrays());
    assertThat(sae.config().hookName()).isEmpty();
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  /** With d = n shapes cannot tell an orientation; names and the array's order can. */
  @Test
  void squareEncoderKeepsItsOrientation() throws IOException {
    TorchFiles square =
        new TorchFiles()
            .entry("W_enc.npy", NpyBytes.f32(2, 2))
            .entry(
                "W_dec.npy", NpyBytes.of("'<f4'", "True", "(2, 2)", TorchFiles.bytes(0, 1, 2, 3)))
            .entry("b_enc.npy", NpyBytes.f32(2))
            .entry("b_dec.npy", NpyBytes.f32(2))
            .entry("threshold.npy", NpyBytes.f32(2));
    SaeFile sae = readNpz(square);
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 2, 1, 3);
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 2, 1, 3);
  }

  @Test
  void readsTheSecondEdition() throws IOException {
    config(
        "'hf_hook_point_in':'model.layers.4.output','hf_hook_point_out':'model.layers.4.output'");
    safetensors().write(folder.resolve("params.safetensors"));
    SaeFile sae = SaeFormats.read(folder, SaeOverrides.none());
    assertThat(sae.config().hookName()).contains("blocks.4.hook_resid_post");
    assertThat(sae.config().hookNameOut()).isEmpty();
    assertThat(sae.config().modelName()).contains("gemma");
    assertThat(sae.config().assumptions()).isEmpty();
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
  }

  @Test
  void readsTranscodersWithAnAffineConnection() throws IOException {
    config(
        "'hf_hook_point_in':'model.layers.4.pre_feedforward_layernorm.output',"
            + "'hf_hook_point_out':'model.layers.4.post_feedforward_layernorm.output',"
            + "'affine_connection':true");
    new SafetensorsFiles()
        .f32("w_enc", D, N)
        .f32("w_dec", N, 4)
        .f32("b_enc", N)
        .f32("b_dec", 4)
        .f32("threshold", N)
        .f32("affine_skip_connection", D, 4)
        .write(folder.resolve("params.safetensors"));
    SaeFile sae = SaeFormats.read(folder, SaeOverrides.none());
    assertThat(sae.config().dIn()).isEqualTo(D);
    assertThat(sae.config().dOut()).isEqualTo(4);
    assertThat(sae.config().hookName()).contains("blocks.4.ln2.hook_normalized");
    assertThat(sae.config().hookNameOut()).contains("blocks.4.hook_mlp_out");
    // [d_in, d_out] in the file, rows of d_in here.
    assertThat(sae.tensor(SaeTensor.W_SKIP).toFloats()).containsExactly(0, 4, 1, 5, 2, 6, 3, 7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'width':4                     | width: expected 3, the latents of params.safetensors",
        "'architecture':'topk'         | twice",
        "'apply_b_dec_to_input':true   | apply_b_dec_to_input: expected false, found true",
        "'affine_connection':true      | tensor affine_skip_connection is missing",
        "'hf_hook_point_in':'model.layers.1.output','hf_hook_point_out':'x' | hf_hook_point_out",
      })
  void refusesContradictions(String keys, String problem) throws IOException {
    config(keys.strip());
    safetensors().write(folder.resolve("params.safetensors"));
    assertRefused(problem);
  }

  @Test
  void refusesOtherArchitectures() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"architecture\": \"topk\"}");
    safetensors().write(folder.resolve("params.safetensors"));
    assertRefused("architecture: expected jump_relu, found topk");
    Files.writeString(folder.resolve("config.json"), "{}");
    assertRefused("architecture is missing");
    Files.delete(folder.resolve("config.json"));
    assertRefused("has no config.json beside it");
  }

  @Test
  void refusesFolderWithBothEditions() throws IOException {
    config("'width':3");
    safetensors().write(folder.resolve("params.safetensors"));
    arrays().write(folder.resolve("params.npz"));
    assertRefused("holds both params.npz and params.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"W_enc", "W_dec", "b_enc", "b_dec", "threshold"})
  void refusesMissingArrays(String name) {
    TorchFiles arrays = new TorchFiles();
    for (String each : new String[] {"W_enc", "W_dec", "b_enc", "b_dec", "threshold"}) {
      if (!each.equals(name)) {
        arrays.entry(each + ".npy", array(each));
      }
    }
    assertNpzRefused(arrays, "tensor " + name + " is missing");
  }

  @Test
  void refusesArraysThatDoNotFit() {
    assertNpzRefused(
        arrays().entry("W_enc.npy", NpyBytes.f32(N, D)),
        "tensor W_enc: expected shape [2, 3], found [3, 2]");
    assertNpzRefused(
        arrays().entry("W_enc.npy", NpyBytes.f32(N * D)), "tensor W_enc: expected a matrix");
    assertNpzRefused(
        arrays().entry("W_dec.npy", NpyBytes.f32(D, N)),
        "tensor W_dec: expected shape [3, 2], found [2, 3]");
    assertNpzRefused(
        arrays().entry("threshold.npy", NpyBytes.f32()),
        "tensor threshold: expected shape [3], found []");
    assertNpzRefused(
        arrays().entry("b_dec.npy", NpyBytes.f32(0)), "tensor b_dec: expected a vector");
    assertNpzRefused(
        arrays().entry("b_enc.npy", NpyBytes.of("'<i4'", "False", "(3,)", new byte[12])),
        "tensor b_enc: expected dtype F32, F16, BF16 or F64, found I32");
  }

  @Test
  void refusesMoreArraysThanItKnows() {
    assertNpzRefused(arrays().entry("W_skip.npy", NpyBytes.f32(1)), "unexpected tensor W_skip");
    assertNpzRefused(
        arrays().entry("w_enc.npy", NpyBytes.f32(D, N)), "both tensor W_enc and tensor w_enc");
    assertNpzRefused(arrays().entry("notes.txt", new byte[1]), "found notes.txt");
  }

  @Test
  void refusesCompressedArchives() throws IOException {
    Path npz = arrays().write(folder.resolve("params.npz"), ZipEntry.DEFLATED);
    assertThatThrownBy(() -> SaeFormats.read(npz, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("is compressed")
        .hasMessageContaining("numpy.savez");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] whole = Files.readAllBytes(arrays().write(folder.resolve("params.npz")));
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(folder.resolve("params.npz"), Arrays.copyOf(whole, length));
      assertRefused(folder.resolve("params.npz") + ": ");
    }
  }

  private static byte[] array(String name) {
    return switch (name) {
      case "W_enc" -> NpyBytes.f32(D, N);
      case "W_dec" -> NpyBytes.f32(N, D);
      case "b_dec" -> NpyBytes.f32(D);
      default -> NpyBytes.f32(N);
    };
  }

  private static TorchFiles arrays() {
    TorchFiles arrays = new TorchFiles();
    for (String name : new String[] {"W_enc", "W_dec", "b_enc", "b_dec", "threshold"}) {
      arrays.entry(name + ".npy", array(name));
    }
    return arrays;
  }

  private static SafetensorsFiles safetensors() {
    return new SafetensorsFiles()
        .f32("w_enc", D, N)
        .f32("w_dec", N, D)
        .f32("b_enc", N)
        .f32("b_dec", D)
        .f32("threshold", N);
  }

  private void config(String members) throws IOException {
    String json = "{'architecture':'jump_relu','model_name':'gemma'," + members + "}";
    Files.writeString(folder.resolve("config.json"), json.replace('\'', '"'));
  }

  private SaeFile readNpz(TorchFiles arrays) throws IOException {
    return SaeFormats.read(arrays.write(folder.resolve("params.npz")), SaeOverrides.none());
  }

  private void assertNpzRefused(TorchFiles arrays, String problem) {
    assertThatThrownBy(() -> readNpz(arrays))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.resolve("params.npz") + ": ")
        .hasMessageContaining(problem);
  }

  private void assertRefused(String problem) {
    assertThatThrownBy(() -> SaeFormats.read(folder, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(problem);
  }
}
