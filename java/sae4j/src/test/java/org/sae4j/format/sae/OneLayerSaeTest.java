package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.ValueBiases;
import org.sae4j.format.torch.TorchTensors;

class OneLayerSaeTest {
  private static final int D = 2;
  private static final int N = 3;
  private static final String NAME = "gpt2-small_L5_Hcat_z_lr1.20e-03_ds3_v9";

  /** As published, but for sizes. */
  private static final String CONFIG =
      """
      {"seed": 49, "batch_size": 4096, "buffer_mult": 384, "lr": 0.0012, "num_tokens": 2000000000,
       "l1_coeff": 1.8, "beta1": 0.9, "beta2": 0.99, "dict_mult": 32, "seq_len": 128,
       "enc_dtype": "fp32", "model_name": "gpt2-small", "site": "z", "layer": 5, "device": "cuda",
       "model_batch_size": 512, "buffer_size": 1572864, "buffer_batches": 12288,
       "act_name": "blocks.5.attn.hook_z", "act_size": 2, "dict_size": 3}
      """;

  @TempDir Path folder;

  private Path write(String config) throws IOException {
    Files.writeString(folder.resolve(NAME + "_cfg.json"), config);
    return new TorchTensors()
        .f32("W_enc", D, N)
        .f32("W_dec", N, D)
        .f32("b_enc", N)
        .f32("b_dec", D)
        .write(folder.resolve(NAME + ".pt"));
  }

  @Test
  void readsHeadsOfGpt2() throws IOException {
    Path file = write(CONFIG);
    SaeFile sae = SaeFormats.read(file, SaeOverrides.none());
    SaeConfig config = sae.config();
    assertThat(config.dIn()).isEqualTo(D);
    assertThat(config.dSae()).isEqualTo(N);
    assertThat(config.activation()).isEqualTo(new Activation.Relu());
    assertThat(config.normalization()).isEqualTo(Normalization.NONE);
    assertThat(config.applyBDecToInput()).isTrue();
    assertThat(config.valueBiases()).isEqualTo(ValueBiases.KEPT);
    assertThat(config.hookName()).contains("blocks.5.attn.hook_z");
    assertThat(config.hookNameOut()).isEmpty();
    assertThat(config.contextSize()).hasValue(128);
    assertThat(config.prependBos()).contains(true);
    assertThat(config.modelName()).contains("gpt2-small");
    assertThat(config.assumptions())
        .containsExactly(
            "prepend_bos: not written by this project, taken as true",
            "value biases: taken as a part of hook_z; nothing says whether the model had them"
                + " folded");
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(sae.files()).containsExactly(file, folder.resolve(NAME + "_cfg.json"));
    assertThat(SaeFolder.find(folder).saes()).extracting(SaeSource::path).containsExactly(file);
  }

  @Test
  void whatContradictsTheTensorsIsNamedWithThem() throws IOException {
    assertRefused(
        CONFIG.replace("\"act_size\": 2", "\"act_size\": 4"),
        "_cfg.json: act_size: expected 2, as b_dec of " + NAME + ".pt has, found 4");
    assertRefused(
        CONFIG.replace("\"dict_size\": 3", "\"dict_size\": 2"),
        "_cfg.json: dict_size: expected 3, as b_enc of " + NAME + ".pt has, found 2");
    assertRefused(
        CONFIG.replace("\"layer\": 5", "\"layer\": 4"),
        "layer: expected that of act_name blocks.5.attn.hook_z, found 4");
  }

  private void assertRefused(String config, String problem) throws IOException {
    Path file = write(config);
    assertThatThrownBy(() -> SaeFormats.read(file, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void whatIsSaidAndNotUsedIsNoted() throws IOException {
    Path file = write(CONFIG.replace("\"seed\": 49", "\"topk\": 8"));
    assertThat(SaeFormats.read(file, SaeOverrides.none()).config().assumptions())
        .contains("topk 8: not used");
  }
}
