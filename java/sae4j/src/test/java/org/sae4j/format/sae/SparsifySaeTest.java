package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
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
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.testing.TestData;

class SparsifySaeTest {
  private static final int D = 2;
  private static final int N = 4;

  @TempDir Path parent;
  private Path folder;

  @BeforeEach
  void nameFolder() throws IOException {
    folder = Files.createDirectory(parent.resolve("h.3"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cfg.json", "sae.safetensors"})
  void readsTheFixture(String name) throws IOException {
    SaeFile sae =
        SaeFormats.read(TestData.path("saes/sparsify/h.3").resolve(name), SaeOverrides.none());
    SaeConfig config = sae.config();
    assertThat(config.format()).isEqualTo("sparsify");
    assertThat(config.dIn()).isEqualTo(192);
    assertThat(config.dSae()).isEqualTo(768);
    assertThat(config.activation()).isEqualTo(new Activation.TopK(16));
    assertThat(config.normalization()).isEqualTo(Normalization.NONE);
    assertThat(config.applyBDecToInput()).isTrue();
    assertThat(config.hookName()).contains("blocks.3.hook_resid_post");
    assertThat(config.hookNameOut()).isEmpty();
    assertThat(config.assumptions())
        .containsExactly("hook blocks.3.hook_resid_post: taken from the name of the folder, h.3");
    assertThat(sae.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("cfg.json", "sae.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"saes/saelens/topk", "saes/dictionary_learning/topk"})
  void agreesWithOtherProjects(String other) throws IOException {
    SaeFile ours = SaeFormats.read(TestData.path("saes/sparsify/h.3"), SaeOverrides.none());
    SaeFile theirs = SaeFormats.read(TestData.path(other), SaeOverrides.none());
    assertThat(ours.tensors().keySet()).isEqualTo(theirs.tensors().keySet());
    for (SaeTensor tensor : ours.tensors().keySet()) {
      assertThat(ours.tensor(tensor).toFloats())
          .as(tensor.name())
          .isEqualTo(theirs.tensor(tensor).toFloats());
    }
    assertThat(ours.config().activation()).isEqualTo(theirs.config().activation());
    assertThat(ours.config().hookName()).isEqualTo(theirs.config().hookName());
  }

  @Test
  void theFolderAboveIsNoSae() throws IOException {
    write(config("'k':2"), tensors());
    Files.writeString(parent.resolve("config.json"), "{}");
    assertThatThrownBy(() -> SaeFormats.read(parent, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("not an SAE that sae4j reads");
  }

  @Test
  void readsOrientationsAsNamed() throws IOException {
    SaeFile sae = read(config("'k':2"), tensors());
    float[] counting = {0, 1, 2, 3, 4, 5, 6, 7};
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(counting);
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(counting);
  }

  @Test
  void readsGroupMax() throws IOException {
    SaeFile sae = read(config("'k':2,'activation':'groupmax'"), tensors());
    assertThat(sae.config().activation()).isEqualTo(new Activation.GroupMax(2));
  }

  @Test
  void readsTranscoders() throws IOException {
    folder = Files.createDirectory(parent.resolve("h.3.mlp"));
    SaeFile sae =
        read(
            config("'k':2,'transcode':true,'skip_connection':true"), tensors().f32("W_skip", D, D));
    assertThat(sae.config().applyBDecToInput()).isFalse();
    assertThat(sae.config().hookName()).contains("blocks.3.ln2.hook_normalized");
    assertThat(sae.config().hookNameOut()).contains("blocks.3.hook_mlp_out");
    assertThat(sae.tensor(SaeTensor.W_SKIP).toFloats()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void readsSaesWithASkipConnection() throws IOException {
    SaeFile sae = read(config("'k':2,'skip_connection':true"), tensors().f32("W_skip", D, D));
    assertThat(sae.config().applyBDecToInput()).isTrue();
    assertThat(sae.config().hookNameOut()).isEmpty();
    assertThat(sae.tensors()).containsKey(SaeTensor.W_SKIP);
  }

  @Test
  void refusesTranscodersOfNoKnownModule() throws IOException {
    folder = Files.createDirectory(parent.resolve("mine"));
    write(config("'k':2,'transcode':true"), tensors());
    assertRefused("is a transcoder, and its name does not say of which module");
  }

  @ParameterizedTest
  @CsvSource({
    "h.0, blocks.0.hook_resid_post",
    "layers.11, blocks.11.hook_resid_post",
    "transformer.h.4, blocks.4.hook_resid_post",
    "h.4.attn, blocks.4.hook_attn_out",
    "h.4.mlp, blocks.4.hook_mlp_out",
    "h.4.mlp.act, blocks.4.mlp.hook_post",
    "layers.2/seed1, blocks.2.hook_resid_post",
    "layer_3,",
    "h.x,",
    "wte, hook_embed",
    "lm_head,"
  })
  void folderTellsHook(String name, String hook) throws IOException {
    folder = Files.createDirectories(parent.resolve("all").resolve(name));
    SaeFile sae = read(config("'k':2"), tensors());
    assertThat(sae.config().hookName().orElse(null)).isEqualTo(hook);
  }

  @Test
  void whatIsAbsentIsAssumedAndSaid() throws IOException {
    folder = Files.createDirectory(parent.resolve("mine"));
    SaeFile sae = read("{'d_in':2,'expansion_factor':2,'k':1}", tensors());
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(1));
    assertThat(sae.config().assumptions())
        .containsExactly(
            "activation: absent, taken as topk",
            "skip_connection: absent, taken as false",
            "transcode: absent, taken as false");
  }

  /** What that project's own configuration has where nothing is given. */
  @Test
  void leavesNoMoreThan32Active() throws IOException {
    SafetensorsFiles wide =
        new SafetensorsFiles()
            .f32("encoder.weight", 32 * D, D)
            .f32("encoder.bias", 32 * D)
            .f32("W_dec", 32 * D, D)
            .f32("b_dec", D);
    SaeFile sae =
        read("{'d_in':2,'activation':'topk','transcode':false,'skip_connection':false}", wide);
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(32));
    assertThat(sae.config().dSae()).isEqualTo(64);
    assertThat(sae.config().assumptions())
        .contains("k: absent, taken as 32", "expansion_factor: absent, taken as 32");
  }

  /** sparsify had skip connections for some months before it wrote down what they are for. */
  @Test
  void whetherASkipIsATranscodersMustBeSaid() throws IOException {
    String json = "{'d_in':2,'num_latents':4,'k':2,'activation':'topk','skip_connection':true}";
    write(json, tensors().f32("W_skip", D, D));
    assertRefused("transcode: expected true or false beside skip_connection true, found nothing");
    SaeConfig transcoder =
        SaeFormats.read(folder, SaeOverrides.none().withTranscoder(true)).config();
    assertThat(transcoder.hookName()).contains("blocks.3.hook_resid_pre");
    assertThat(transcoder.hookNameOut()).contains("blocks.3.hook_resid_post");
    assertThat(transcoder.applyBDecToInput()).isTrue();
    assertThat(transcoder.assumptions())
        .contains("transcode true: given by the caller, instead of nothing in the file");
    SaeConfig sae = SaeFormats.read(folder, SaeOverrides.none().withTranscoder(false)).config();
    assertThat(sae.hookNameOut()).isEmpty();
    assertThat(sae.applyBDecToInput()).isTrue();
  }

  @Test
  void theCallerKnowsBetterWhetherItTranscodes() throws IOException {
    write(config("'k':2,'transcode':true"), tensors());
    assertThat(SaeFormats.read(folder, SaeOverrides.none()).config().applyBDecToInput()).isFalse();
    SaeConfig sae = SaeFormats.read(folder, SaeOverrides.none().withTranscoder(false)).config();
    assertThat(sae.isTranscoder()).isFalse();
    assertThat(sae.applyBDecToInput()).isTrue();
    assertThat(sae.assumptions())
        .contains("transcode false: given by the caller, instead of the file's true");
  }

  @Test
  void whatIsSaidAndNotUsedIsNoted() throws IOException {
    SaeFile sae = read(config("'k':2,'normalize_decoder':true,'jumps':3,'lr':NaN"), tensors());
    assertThat(sae.config().assumptions())
        .contains("jumps 3: not used", "lr Infinity: not used")
        .noneMatch(each -> each.contains("normalize_decoder"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'k':2}                                     | d_in is missing",
        "{'d_in':0}                                  | d_in: expected a whole number from 1",
        "{'d_in':2,'num_latents':4,'k':5}            | k: expected at most the number of latents",
        "{'d_in':2,'num_latents':4,'k':0}            | k: expected a whole number from 1, found 0",
        "{'d_in':2,'num_latents':4,'k':3,'activation':'groupmax'} | k: expected a divisor",
        "{'d_in':2,'num_latents':4,'k':2,'activation':'relu'} | expected topk or groupmax",
        "{'d_in':2,'num_latents':4,'k':2,'signed':true} | signed: true is not supported",
        "{'d_in':2,'num_latents':3,'k':2}            | encoder.weight: expected shape [3, 2]",
        "{'d_in':2,'num_latents':0,'expansion_factor':3,'k':2} | expected shape [6, 2]",
        "{'d_in':4,'num_latents':2,'k':2}            | encoder.weight: expected shape [2, 4]",
        "{'d_in':2147483647,'expansion_factor':2,'k':2} | fewer than 2³¹ latents",
        "{'d_in':2,'num_latents':4,'k':2,'skip_connection':true,'transcode':false} | tensor W_skip is missing, which cfg.json asks for",
        "{'d_in':2,'num_latents':4,'k':2,'transcode':'yes'} | transcode: expected true or false",
      })
  void refusesContradictions(String json, String problem) throws IOException {
    write(json, tensors());
    assertRefused(problem);
  }

  @Test
  void refusesTensorsThatDoNotFit() throws IOException {
    write(config("'k':2"), tensors().f32("W_skip", D, D));
    assertRefused("unexpected tensor W_skip in an SAE without skip_connection, as cfg.json says");
    write(
        config("'k':2"),
        new SafetensorsFiles()
            .f32("encoder.weight", N, D)
            .f32("encoder.bias", N)
            .f32("W_dec", D, N)
            .f32("b_dec", D));
    assertRefused("tensor W_dec: expected shape [4, 2], as cfg.json says, found [2, 4]");
    write(
        config("'k':2"),
        new SafetensorsFiles()
            .f32("encoder.weight", N, D)
            .f32("encoder.bias", N)
            .f32("W_dec", N, D)
            .tensor("b_dec", "I32", new byte[4 * D], D));
    assertRefused("tensor b_dec: expected dtype F32, F16, BF16 or F64, found I32");
    write(config("'k':2"), new SafetensorsFiles().f32("encoder.weight", N, D));
    assertRefused("tensor encoder.bias is missing");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    write(config("'k':2"), tensors());
    Path weights = folder.resolve("sae.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    for (int length = 0; length < whole.length; length += 5) {
      Files.write(weights, Arrays.copyOf(whole, length));
      assertRefused(weights + ": ");
    }
  }

  @Test
  void refusesHalfFolders() throws IOException {
    tensors().write(folder.resolve("sae.safetensors"));
    assertRefused("without cfg.json");
  }

  private static String config(String keys) {
    return "{'d_in':2,'num_latents':4,'activation':'topk','transcode':false,"
            .replace(keys.contains("'activation'") ? "'activation':'topk'," : "\0", "")
            .replace(keys.contains("'transcode'") ? "'transcode':false," : "\0", "")
        + (keys.contains("'skip_connection'") ? "" : "'skip_connection':false,")
        + keys
        + "}";
  }

  private static SafetensorsFiles tensors() {
    return new SafetensorsFiles()
        .f32("encoder.weight", N, D)
        .f32("encoder.bias", N)
        .f32("W_dec", N, D)
        .f32("b_dec", D);
  }

  private void write(String json, SafetensorsFiles tensors) throws IOException {
    Files.writeString(folder.resolve("cfg.json"), json.replace('\'', '"'));
    tensors.write(folder.resolve("sae.safetensors"));
  }

  private SaeFile read(String json, SafetensorsFiles tensors) throws IOException {
    write(json, tensors);
    return SaeFormats.read(folder, SaeOverrides.none());
  }

  private void assertRefused(String problem) {
    assertThatThrownBy(() -> SaeFormats.read(folder, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(problem);
  }
}
