package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withPrecision;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Latents;
import org.sae4j.Sae;
import org.sae4j.arch.HookNormalized;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.RandomTensors;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.testing.TestData;

class SaeLensConversionTest {
  private static final String HOOK = "blocks.3.hook_resid_post";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai/resid_post_mlp_layer3_k16.pt",
        "saelens/gated",
        "saelens/old_topk",
        "dictionary_learning/standard",
        "dictionary_learning/topk",
        "sparsify/h.3",
        "gemma_scope/layer_3/width_1k/average_l0_16"
      })
  void nothingIsLost(String name) throws IOException {
    SaeFile original = read(TestData.path("saes").resolve(name));
    SaeFile converted = convert(original);
    assertSame(original, converted);
    assertThat(converted.config().assumptions()).isEmpty();
  }

  @Test
  void nothingIsLostOfOtherKinds() throws IOException {
    for (Path path : SyntheticSaes.write(folder.resolve("originals"), 6)) {
      if (!path.endsWith("scaled")) {
        SaeFile original = read(path);
        assertSame(original, convert(original));
      }
    }
  }

  /** SAELens would forget the constant, so it goes into the weights. */
  @Test
  void constantIsFolded() throws IOException {
    SaeFile original = read(tiny("expected_average_only_in"), 0.5);
    SaeFile converted = convert(original);
    assertThat(converted.config().normalization()).isEqualTo(Normalization.NONE);
    assertThat(converted.tensor(SaeTensor.W_ENC).toFloats())
        .containsExactly(0, 1.5f, .5f, 2, 1, 2.5f);
    assertThat(converted.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 2, 4, 6, 8, 10);
    assertThat(converted.tensor(SaeTensor.B_DEC).toFloats()).containsExactly(0, 2);
    assertThat(converted.tensor(SaeTensor.B_ENC).toFloats()).containsExactly(0, 1, 2);
  }

  /** As SAELens saves them for inference: one threshold, and no norms of the decoder. */
  @ParameterizedTest
  @ValueSource(strings = {"batchtopk", "matryoshka_batchtopk"})
  void checkpointsOfBatchTopKLoseTheirNorms(String architecture) throws IOException {
    int d = 6;
    int n = 32;
    Path path = Files.createDirectory(folder.resolve(architecture));
    Files.writeString(
        path.resolve("cfg.json"),
        """
        {"architecture": "%s", "d_in": %d, "d_sae": %d, "k": 4.5, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "none",
         "rescale_acts_by_decoder_norm": true,
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "%s"}}
        """
            .formatted(architecture, d, n, HOOK));
    RandomTensors random = new RandomTensors(9);
    new SafetensorsFiles()
        .tensor("W_enc", "F32", random.f32(0.5, d, n), d, n)
        .tensor("W_dec", "F32", random.f32(0.8, n, d), n, d)
        .tensor("b_enc", "F32", random.f32(0.5, n), n)
        .tensor("b_dec", "F32", random.f32(0.5, d), d)
        .tensor("topk_threshold", "F32", TorchFiles.bytes(new float[] {0.75f}))
        .write(path.resolve("sae_weights.safetensors"));
    SaeFile converted = convert(read(path));
    assertThat(converted.config().activation()).isEqualTo(new Activation.JumpRelu());
    assertThat(converted.config().rescaleActsByDecoderNorm()).isFalse();
    try (Sae before = Sae.open(path);
        Sae after = Sae.open(converted.path())) {
      float[] x = new float[40 * d];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.sin(i);
      }
      Latents z = before.encode(x);
      Latents same = after.encode(x);
      assertThat(z.indices()).isNotEmpty().isEqualTo(same.indices());
      assertThat(z.values()).containsExactly(same.values(), withPrecision(1e-5f));
      assertThat(before.reconstruct(x)).containsExactly(after.reconstruct(x), withPrecision(1e-5f));
    }
  }

  @Test
  void unknownConstantIsRefused() throws IOException {
    assertRefused(read(tiny("expected_average_only_in")), "lacks its constant");
  }

  @Test
  void centredInputIsKept() throws IOException {
    Path path = tiny("none");
    Path config = path.resolve("cfg.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "\"metadata\": {",
                "\"metadata\": {\"model_from_pretrained_kwargs\":"
                    + " {\"center_writing_weights\": true}, "));
    SaeFile original = read(path);
    assertThat(original.config().centreInput()).isTrue();
    assertSame(original, convert(original));
  }

  /** Without a doubt: what comes after a norm's weights has a name that has no other meaning. */
  @ParameterizedTest
  @CsvSource({
    "before, blocks.3.ln2.hook_normalized, blocks.3.ln2.hook_standardized",
    "after, blocks.3.ln2.hook_out, blocks.3.ln2.hook_normalized"
  })
  void theSideOfANormsWeightsIsKept(String side, String written, String hook) throws IOException {
    Path path = tiny("none");
    Path config = path.resolve("cfg.json");
    String name = "blocks.3.ln2.hook_normalized";
    Files.writeString(config, Files.readString(config).replace(HOOK, name));
    HookNormalized given = side.equals("before") ? HookNormalized.BEFORE : HookNormalized.AFTER;
    SaeFile original = SaeFormats.read(path, SaeOverrides.none().withHookNormalized(given));
    SaeFile converted = convert(original);
    assertThat(converted.config().hookName()).contains(hook);
    assertThat(converted.config().assumptions()).isEmpty();
    assertSame(original, converted);
    assertThat(Files.readString(converted.path().resolve("cfg.json")))
        .contains("\"hook_name\":\"" + written + "\"");
  }

  @Test
  void whatSaeLensCannotExpressIsRefused() throws IOException {
    Path sparsify = Files.createDirectory(folder.resolve("h.3"));
    new SafetensorsFiles()
        .f32("encoder.weight", 4, 2)
        .f32("encoder.bias", 4)
        .f32("W_dec", 4, 2)
        .f32("b_dec", 2)
        .write(sparsify.resolve("sae.safetensors"));
    Path config = sparsify.resolve("cfg.json");
    String json = "{\"d_in\": 2, \"num_latents\": 4, \"k\": 2, %s}";
    Files.writeString(config, json.formatted("\"activation\": \"groupmax\""));
    assertRefused(read(sparsify), "it has no groupmax");
    Files.writeString(config, json.formatted("\"transcode\": true"));
    assertRefused(read(sparsify), "its transcoders are ReLU or JumpReLU, not TopK[k=2]");
  }

  @Test
  void folderThatHoldsSomethingStays() throws IOException {
    SaeFile sae = read(tiny("none"));
    Path target = Files.createDirectory(folder.resolve("target"));
    SaeLensConversion.of(sae).write(HOOK, target, done -> {});
    assertThat(target.toFile().list())
        .containsExactlyInAnyOrder("cfg.json", "sae_weights.safetensors");
    byte[] before = Files.readAllBytes(target.resolve("cfg.json"));
    assertThatThrownBy(() -> SaeLensConversion.of(sae).write("other", target, done -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected a new or an empty folder");
    assertThat(target.resolve("cfg.json")).hasBinaryContent(before);
  }

  @Test
  void brokenWeightsLeaveNothing() throws IOException {
    Path path = tiny("none");
    new SafetensorsFiles()
        .f32("W_enc", 2, 3)
        .f32("W_dec", 3, 2)
        .f32("b_enc", 3)
        .tensor("b_dec", "F32", TorchFiles.bytes(1, Float.NaN), 2)
        .write(path.resolve("sae_weights.safetensors"));
    SaeFile sae = read(path);
    assertThatThrownBy(() -> convert(sae))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("tensor b_dec: expected numbers in the range of F32, found NaN");
    assertThat(folder.toFile().list()).containsExactly("tiny");
  }

  @Test
  void progressEndsWithAllBytes() throws IOException {
    SaeFile sae = read(TestData.path("saes/saelens/topk"));
    SaeLensConversion conversion = SaeLensConversion.of(sae);
    long[] last = {0};
    conversion.write(HOOK, folder.resolve("target"), done -> last[0] = done);
    assertThat(last[0])
        .isEqualTo(conversion.weightBytes())
        .isEqualTo(4L * (2 * 768 * 192 + 768 + 192));
  }

  /** A standard SAE of width 2 with 3 latents. */
  private Path tiny(String normalization) throws IOException {
    Path path = Files.createDirectory(folder.resolve("tiny"));
    Files.writeString(
        path.resolve("cfg.json"),
        """
        {"architecture": "standard", "d_in": 2, "d_sae": 3, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "%s",
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "blocks.3.hook_resid_post"}}
        """
            .formatted(normalization));
    new SafetensorsFiles()
        .f32("W_enc", 2, 3)
        .f32("W_dec", 3, 2)
        .f32("b_enc", 3)
        .f32("b_dec", 2)
        .write(path.resolve("sae_weights.safetensors"));
    return path;
  }

  private static SaeFile read(Path path) throws IOException {
    return SaeFormats.read(path, SaeOverrides.none());
  }

  private static SaeFile read(Path path, double scale) throws IOException {
    return SaeFormats.read(path, SaeOverrides.none().withScale(scale));
  }

  private SaeFile convert(SaeFile sae) throws IOException {
    Path target = folder.resolve("converted" + folder.toFile().list().length);
    SaeLensConversion.of(sae).write(sae.config().hookName().orElse(HOOK), target, done -> {});
    return read(target);
  }

  private static void assertSame(SaeFile original, SaeFile converted) throws IOException {
    SaeConfig wanted = original.config();
    SaeConfig found = converted.config();
    assertThat(found.dIn()).isEqualTo(wanted.dIn());
    assertThat(found.dOut()).isEqualTo(wanted.dOut());
    assertThat(found.dSae()).isEqualTo(wanted.dSae());
    assertThat(found.activation()).isEqualTo(wanted.activation());
    assertThat(found.normalization()).isEqualTo(wanted.normalization());
    assertThat(found.applyBDecToInput()).isEqualTo(wanted.applyBDecToInput());
    assertThat(found.rescaleActsByDecoderNorm()).isEqualTo(wanted.rescaleActsByDecoderNorm());
    assertThat(found.centreInput()).isEqualTo(wanted.centreInput());
    assertThat(found.hookName()).isEqualTo(wanted.hookName().or(() -> Optional.of(HOOK)));
    assertThat(found.hookNameOut()).isEqualTo(wanted.hookNameOut());
    assertThat(found.contextSize()).isEqualTo(wanted.contextSize());
    assertThat(found.prependBos()).isEqualTo(wanted.prependBos());
    assertThat(found.modelName()).isEqualTo(wanted.modelName());
    assertThat(converted.tensors().keySet()).isEqualTo(original.tensors().keySet());
    for (SaeTensor tensor : original.tensors().keySet()) {
      assertThat(converted.tensor(tensor).toFloats())
          .as("%s of %s", tensor, original.path())
          .isEqualTo(original.tensor(tensor).toFloats());
    }
  }

  private static void assertRefused(SaeFile sae, String problem) {
    assertThatThrownBy(() -> SaeLensConversion.of(sae))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(sae.path() + ": SAELens cannot express this SAE: ")
        .hasMessageContaining(problem);
  }
}
