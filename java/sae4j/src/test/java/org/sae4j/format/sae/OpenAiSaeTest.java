package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.PickleBytes;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.testing.TestData;

class OpenAiSaeTest {
  private static final String K16 = "saes/openai/resid_post_mlp_layer3_k16.pt";
  private static final String K4 = "saes/openai/resid_post_mlp_layer3_k4.pt";

  @TempDir Path folder;

  @Test
  void readsWhatOpenAiWrote() throws IOException {
    SaeFile sae = SaeFormats.read(TestData.path(K16), SaeOverrides.none());
    assertThat(sae.config().format()).isEqualTo("OpenAI");
    assertThat(sae.config().dIn()).isEqualTo(192);
    assertThat(sae.config().dSae()).isEqualTo(1536);
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(16));
    assertThat(sae.config().normalization()).isEqualTo(Normalization.LAYER_NORM);
    assertThat(sae.config().applyBDecToInput()).isTrue();
    assertThat(sae.config().rescaleActsByDecoderNorm()).isFalse();
    assertThat(sae.config().centreInput()).isFalse();
    assertThat(sae.config().hookName()).contains("blocks.3.hook_resid_post");
    assertThat(sae.config().assumptions())
        .anyMatch(a -> a.startsWith("normalization layer_norm: not stored"))
        .anyMatch(a -> a.startsWith("hook blocks.3.hook_resid_post: taken from the path"));
    assertThat(sae.files()).containsExactly(TestData.path(K16));
  }

  /** The numbers are PyTorch's, of {@code torch.load(file)}: entries, and sums in f64. */
  @Test
  void readsTheTensorsThatTorchReads() throws IOException {
    SaeFile sae = SaeFormats.read(TestData.path(K16), SaeOverrides.none());
    StoredTensor encoder = sae.tensor(SaeTensor.W_ENC);
    assertThat(encoder.shape()).containsExactly(1536L, 192L);
    assertThat(encoder.isRowMajor()).isTrue();
    float[] wEnc = encoder.toFloats();
    assertThat(wEnc[0]).isEqualTo(0.18579047918319702f);
    assertThat(wEnc[1]).isEqualTo(-0.11935887485742569f);
    assertThat(wEnc[wEnc.length - 1]).isEqualTo(-0.0022257869131863117f);
    assertThat(sum(wEnc)).isCloseTo(1336.957091186148, within(1e-9));

    StoredTensor decoder = sae.tensor(SaeTensor.W_DEC);
    assertThat(decoder.shape()).containsExactly(1536L, 192L);
    float[] wDec = decoder.toFloats();
    // decoder.weight[0, 0..2]: the first column of the rows-per-latent view.
    assertThat(wDec[0]).isEqualTo(0.03963305056095123f);
    assertThat(wDec[192]).isEqualTo(-0.11806382983922958f);
    assertThat(wDec[384]).isEqualTo(0.026834093034267426f);
    assertThat(sum(wDec)).isCloseTo(-384.0288395876864, within(1e-9));

    float[] bDec = sae.tensor(SaeTensor.B_DEC).toFloats();
    assertThat(bDec).startsWith(-0.2616554796695709f, -0.4004203975200653f).hasSize(192);
    float[] bEnc = sae.tensor(SaeTensor.B_ENC).toFloats();
    assertThat(bEnc).startsWith(-0.35692480206489563f, -0.25579947233200073f).hasSize(1536);
  }

  /** OpenAI's trainer keeps the decoder as the transpose of its storage. */
  @Test
  void decoderOfOpenAiLiesInRowsPerLatent() throws IOException {
    SaeFile sae = SaeFormats.read(TestData.path(K4), SaeOverrides.none());
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(4));
    assertThat(sae.tensor(SaeTensor.W_DEC).isRowMajor()).isTrue();
  }

  @Test
  void overridesWin() throws IOException {
    SaeOverrides overrides =
        SaeOverrides.none()
            .withNormalization(Normalization.EXPECTED_AVERAGE_ONLY_IN)
            .withScale(0.25);
    SaeFile sae = SaeFormats.read(TestData.path(K16), overrides);
    assertThat(sae.config().normalization()).isEqualTo(Normalization.EXPECTED_AVERAGE_ONLY_IN);
    assertThat(sae.config().scale()).hasValue(0.25);
    assertThat(sae.config().assumptions())
        .contains(
            "normalization expected_average_only_in: given by the caller, instead of the file's"
                + " layer_norm",
            "scale 0.25: given by the caller");
  }

  @Test
  void scaleWithoutUseIsRefused() {
    SaeOverrides overrides = SaeOverrides.none().withScale(2);
    assertThatThrownBy(() -> SaeFormats.read(TestData.path(K16), overrides))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("a scale was given, but normalization layer_norm has none");
  }

  @ParameterizedTest
  @CsvSource({
    "resid_post_mlp_layer3_k16.pt, blocks.3.hook_resid_post",
    "resid_delta_mlp_v5_32k_layer_11.pt, blocks.11.hook_mlp_out",
    "resid_delta_attn/autoencoders/0.pt, blocks.0.hook_attn_out",
    "resid_post_attn_v5_128k/autoencoders/7.pt, blocks.7.hook_resid_mid",
    "gpt2-small/mlp_post_act/autoencoders/8.pt, blocks.8.mlp.hook_post",
    "resid_post_mlp_v5_32k/8.pt, blocks.8.hook_resid_post",
  })
  void pathTellsHook(String path, String hook) {
    assertThat(OpenAiHook.of(folder.resolve(path))).contains(hook);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sae.pt", "8.pt", "resid_post_mlp.pt", "my_resid_post_mlp_layer3.pt"})
  void otherPathsTellNothing(String path) {
    assertThat(OpenAiHook.of(folder.resolve(path))).isEmpty();
  }

  @Test
  void readsDecoderThatLiesTheOtherWay() throws IOException {
    SaeFile sae = read(tiny().put("decoder.weight", 6, sizes(2, 3), sizes(3, 1)));
    StoredTensor decoder = sae.tensor(SaeTensor.W_DEC);
    assertThat(decoder.shape()).containsExactly(3L, 2L);
    assertThat(decoder.isTransposedRowMajor()).isTrue();
    assertThat(decoder.toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
  }

  /** With d = n shapes cannot tell an orientation; names and strides can. */
  @Test
  void squareDecoderKeepsItsOrientation() throws IOException {
    Tiny square = new Tiny(2, 2);
    square.put("decoder.weight", 4, sizes(2, 2), sizes(2, 1));
    assertThat(read(square).tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 2, 1, 3);
    square.put("decoder.weight", 4, sizes(2, 2), sizes(1, 2));
    assertThat(read(square).tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void withoutActivationItIsRelu() throws IOException {
    SaeFile sae = read(tiny());
    assertThat(sae.config().activation()).isEqualTo(new Activation.Relu());
    assertThat(sae.config().normalization()).isEqualTo(Normalization.NONE);
    assertThat(sae.config().hookName()).isEmpty();
    assertThat(sae.config().assumptions()).contains("activation ReLU: the file names none");
  }

  @Test
  void readsRelu() throws IOException {
    SaeFile sae = read(tiny().activation("ReLU"));
    assertThat(sae.config().activation()).isEqualTo(new Activation.Relu());
    assertThat(sae.config().assumptions()).noneMatch(a -> a.startsWith("activation"));
  }

  @Test
  void readsTopK() throws IOException {
    SaeFile sae = read(tiny().activation("TopK").state(p -> p.text("k").number(3)));
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(3));
    assertThat(sae.config().normalization()).isEqualTo(Normalization.LAYER_NORM);
  }

  @Test
  void refusesActivationsItDoesNotKnow() {
    assertRefused(tiny().activation("Identity"), "activation Identity is not supported");
    assertRefused(tiny().activation("GELU"), "activation: expected ReLU or TopK, found GELU");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 4, Long.MAX_VALUE, 4294967297L})
  void refusesKOutOfRange(long k) {
    assertRefused(
        tiny().activation("TopK").state(p -> p.text("k").number(k)),
        "activation_state_dict.k: expected a whole number from 1 to 3, found " + k);
  }

  @Test
  void refusesTopKThatDoesNotSayWhatItIs() {
    assertRefused(tiny().activation("TopK"), "TopK without activation_state_dict");
    assertRefused(tiny().activation("TopK").state(p -> {}), "found None");
    assertRefused(tiny().activation("TopK").state(p -> p.text("k").text("3")), "1 to 3, found 3");
    assertRefused(
        tiny().activation("TopK").state(p -> p.text("k").number(2).text("soft").number(1)),
        "unexpected key activation_state_dict.soft");
    assertRefused(
        tiny()
            .activation("TopK")
            .state(p -> p.text("k").number(2).text("postact_fn").text("Identity")),
        "postact_fn: expected ReLU, found Identity");
  }

  @Test
  void refusesTwoDifferentKs() {
    assertRefused(
        tiny()
            .activation("TopK")
            .state(p -> p.text("k").number(2))
            .also(p -> p.text("activation.k").number(3)),
        "activation.k: expected 2, found 3");
  }

  @Test
  void refusesReluWithK() {
    assertRefused(
        tiny().activation("ReLU").state(p -> p.text("k").number(2)), "does not name TopK");
    assertRefused(tiny().also(p -> p.text("activation.k").number(3)), "does not name TopK");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pre_bias", "latent_bias", "encoder.weight", "decoder.weight"})
  void refusesMissingTensor(String key) {
    assertRefused(tiny().without(key), "tensor " + key + " is missing");
  }

  @Test
  void refusesWrongShapes() {
    assertRefused(
        tiny().put("encoder.weight", 6, sizes(2, 3), sizes(3, 1)),
        "tensor encoder.weight: expected shape [3, 2], found [2, 3]");
    assertRefused(
        tiny().put("decoder.weight", 6, sizes(3, 2), sizes(2, 1)),
        "tensor decoder.weight: expected shape [2, 3], found [3, 2]");
    assertRefused(
        tiny().put("pre_bias", 6, sizes(2, 1), sizes(1, 1)),
        "tensor pre_bias: expected a vector, found shape [2, 1]");
    assertRefused(tiny().put("latent_bias", 6, sizes(0), sizes(1)), "latent_bias: expected");
  }

  @Test
  void refusesWeightsThatAreNoFloats() {
    assertRefused(
        tiny().also(p -> p.text("pre_bias").tensor("IntStorage", "0", 6, 0, sizes(2), sizes(1))),
        "tensor pre_bias: expected dtype F32, F16, BF16 or F64, found I32");
    assertRefused(tiny().also(p -> p.text("pre_bias").number(1)), "pre_bias is not a tensor");
  }

  @Test
  void refusesMatrixThatOverlapsItself() {
    assertRefused(
        tiny().put("encoder.weight", 6, sizes(3, 2), sizes(1, 1)), "does not fit its 6 elements");
  }

  @Test
  void refusesUnknownKeys() {
    assertRefused(tiny().also(p -> p.text("skip.weight").number(1)), "unexpected key skip.weight");
  }

  private static Tiny tiny() {
    return new Tiny(2, 3);
  }

  private static long[] sizes(long... sizes) {
    return sizes;
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private SaeFile read(Tiny sae) throws IOException {
    Path file =
        TorchFiles.of(sae.pickle()).floats("0", sae.weights()).write(folder.resolve("tiny.pt"));
    return SaeFormats.read(file, SaeOverrides.none());
  }

  private void assertRefused(Tiny sae, String... parts) {
    assertThatThrownBy(() -> read(sae))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.resolve("tiny.pt") + ": ")
        .hasMessageContainingAll(parts);
  }

  /** An SAE of width d with n latents, all of whose tensors view one storage of 0, 1, 2, …. */
  private static final class Tiny {
    private final int elements;
    private final java.util.Map<String, Consumer<PickleBytes>> entries =
        new java.util.LinkedHashMap<>();
    private Consumer<PickleBytes> more = p -> {};

    Tiny(int d, int n) {
      elements = d * n;
      put("pre_bias", elements, sizes(d), sizes(1));
      put("latent_bias", elements, sizes(n), sizes(1));
      put("encoder.weight", elements, sizes(n, d), sizes(d, 1));
      put("decoder.weight", elements, sizes(d, n), sizes(1, d));
    }

    Tiny put(String key, long count, long[] size, long[] stride) {
      entries.put(key, p -> p.text(key).tensor("FloatStorage", "0", count, 0, size, stride));
      return this;
    }

    Tiny without(String key) {
      entries.remove(key);
      return this;
    }

    Tiny activation(String name) {
      return also(p -> p.text("activation").text(name));
    }

    Tiny state(Consumer<PickleBytes> state) {
      return also(
          p -> {
            p.text("activation_state_dict").op('}', '(');
            state.accept(p);
            p.op('u');
          });
    }

    Tiny also(Consumer<PickleBytes> entry) {
      more = more.andThen(entry);
      return this;
    }

    byte[] pickle() {
      PickleBytes pickle = PickleBytes.protocol(2).op('}', '(');
      entries.values().forEach(entry -> entry.accept(pickle));
      more.accept(pickle);
      return pickle.op('u').stop();
    }

    float[] weights() {
      float[] weights = new float[elements];
      for (int i = 0; i < elements; i++) {
        weights[i] = i;
      }
      return weights;
    }
  }
}
