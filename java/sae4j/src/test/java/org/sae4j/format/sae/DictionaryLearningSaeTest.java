package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.torch.TorchTensors;
import org.sae4j.testing.TestData;

class DictionaryLearningSaeTest {
  private static final int D = 2;
  private static final int N = 3;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"standard, 1536", "topk, 768", "topk/ae.pt, 768", "topk/config.json, 768"})
  void readsTheFixtures(String name, int latents) throws IOException {
    SaeFile sae =
        SaeFormats.read(
            TestData.path("saes/dictionary_learning").resolve(name), SaeOverrides.none());
    SaeConfig config = sae.config();
    assertThat(config.format()).isEqualTo("dictionary_learning");
    assertThat(config.dIn()).isEqualTo(192);
    assertThat(config.dSae()).isEqualTo(latents);
    assertThat(config.activation())
        .isEqualTo(name.equals("standard") ? new Activation.Relu() : new Activation.TopK(16));
    assertThat(config.normalization()).isEqualTo(Normalization.NONE);
    assertThat(config.applyBDecToInput()).isTrue();
    assertThat(config.hookName()).contains("blocks.3.hook_resid_post");
    assertThat(config.contextSize()).hasValue(64);
    assertThat(config.modelName()).contains("gpt2-gutenberg");
    assertThat(config.assumptions())
        .containsExactly(
            "hook blocks.3.hook_resid_post: submodule_name resid_post_layer_3, io out, layer 3");
    assertThat(sae.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("ae.pt", "config.json");
    assertThat(sae.ignored()).isEqualTo(name.equals("standard") ? List.of() : List.of("threshold"));
  }

  @Test
  void agreesWithSaeLens() throws IOException {
    SaeFile ours =
        SaeFormats.read(TestData.path("saes/dictionary_learning/standard"), SaeOverrides.none());
    SaeFile saeLens = SaeFormats.read(TestData.path("saes/saelens/standard"), SaeOverrides.none());
    assertThat(ours.tensors().keySet()).isEqualTo(saeLens.tensors().keySet());
    for (SaeTensor tensor : ours.tensors().keySet()) {
      assertThat(ours.tensor(tensor).toFloats())
          .as(tensor.name())
          .isEqualTo(saeLens.tensor(tensor).toFloats());
    }
  }

  @ParameterizedTest
  @EnumSource(DictionaryClass.class)
  void readsEveryClass(DictionaryClass dictionary) throws IOException {
    config(dictionary.className(), dictionary.hasK() ? "'k':2" : "'steps':1");
    SaeFile sae = read(tensors(dictionary));
    assertThat(sae.config().dIn()).isEqualTo(D);
    assertThat(sae.config().dSae()).isEqualTo(N);
    assertThat(sae.config().activation())
        .isEqualTo(
            switch (dictionary) {
              case AUTO_ENCODER, AUTO_ENCODER_NEW, BENCH_RELU -> new Activation.Relu();
              case GATED, BENCH_GATED -> new Activation.Gated();
              case TOP_K, BENCH_TOP_K -> new Activation.TopK(2);
              case JUMP_RELU, BATCH_TOP_K, MATRYOSHKA, BENCH_BATCH_TOP_K ->
                  new Activation.JumpRelu();
            });
    boolean raw =
        dictionary == DictionaryClass.AUTO_ENCODER_NEW || dictionary == DictionaryClass.JUMP_RELU;
    assertThat(sae.config().applyBDecToInput()).isEqualTo(!raw);
    // Linear layers have [out, in], everything else multiplies from the right.
    boolean linear = dictionary.isLinear();
    float[] counting = {0, 1, 2, 3, 4, 5};
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats())
        .containsExactly(linear ? counting : new float[] {0, 3, 1, 4, 2, 5});
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats())
        .containsExactly(linear ? new float[] {0, 3, 1, 4, 2, 5} : counting);
    assertThat(sae.tensor(SaeTensor.B_DEC).shape()).containsExactly((long) D);
  }

  @ParameterizedTest
  @EnumSource(
      value = DictionaryClass.class,
      names = {"BATCH_TOP_K", "MATRYOSHKA"})
  void batchTopKHasOneThresholdForAll(DictionaryClass dictionary) throws IOException {
    config(dictionary.className(), "'k':2");
    SaeFile sae = read(tensors(dictionary).scalar("threshold", 0.5f));
    assertThat(sae.tensor(SaeTensor.THRESHOLD).toFloats()).containsExactly(0.5f, 0.5f, 0.5f);
    assertThat(sae.config().assumptions()).anyMatch(each -> each.startsWith("threshold 0.5 for"));
    sae = read(tensors(dictionary).scalar("threshold", -1));
    assertThat(sae.config().assumptions())
        .anyMatch(each -> each.startsWith("threshold -1.0: never set in training"));
    assertRefused(tensors(dictionary).scalar("threshold", Float.NaN), "a finite number, found NaN");
    assertRefused(tensors(dictionary).without("threshold"), "tensor threshold is missing");
    assertRefused(
        tensors(dictionary).f32("threshold", N), "threshold: expected shape [], found [3]");
  }

  /** SAEBench writes the tensors alone, which tell everything but the hook. */
  @ParameterizedTest
  @EnumSource(
      value = DictionaryClass.class,
      names = {"BENCH_RELU", "BENCH_TOP_K", "BENCH_BATCH_TOP_K", "BENCH_GATED"})
  void stateDictsOfSaeBenchNeedNoConfiguration(DictionaryClass dictionary) throws IOException {
    Path file = tensors(dictionary).write(folder.resolve("sae.pt"));
    SaeFile sae = SaeFormats.read(file, SaeOverrides.none());
    assertThat(sae.config().assumptions())
        .contains("class " + dictionary.className() + ": told by the names of its tensors");
    assertThat(sae.config().applyBDecToInput()).isTrue();
    assertThat(sae.config().hookName()).isEmpty();
    boolean cut = dictionary == DictionaryClass.BENCH_BATCH_TOP_K;
    assertThat(sae.tensors().containsKey(SaeTensor.THRESHOLD)).isEqualTo(cut);
  }

  @Test
  void saeBenchHasNoThresholdBelowZero() throws IOException {
    config("BatchTopKSAE", "'k':2");
    assertRefused(
        tensors(DictionaryClass.BENCH_BATCH_TOP_K).scalar("threshold", -1),
        "tensor threshold: expected a number from 0, which SAEBench needs, found -1.0");
  }

  /** What code that saves more than its state dict puts beside the tensors. */
  @Test
  void numbersAndConstantsMayStandAmongTheTensors() throws IOException {
    config("AutoEncoderTopK", "'steps':1");
    TorchTensors tensors =
        new TorchTensors()
            .f32("encoder.weight", N, D)
            .f32("decoder.weight", D, N)
            .f32("encoder.bias", N)
            .f32("b_dec", D)
            .other(
                "k",
                p ->
                    p.global("numpy.core.multiarray", "scalar")
                        .global("numpy", "dtype")
                        .text("i8")
                        .op(0x89, 0x88, 0x87, 'R', '(')
                        .number(3)
                        .text("<")
                        .op('N', 'N', 'N')
                        .number(-1)
                        .number(-1)
                        .number(0)
                        .op('t', 'b')
                        .global("_codecs", "encode")
                        .text("\2\0\0\0\0\0\0\0")
                        .text("latin1")
                        .op(0x86, 'R', 0x86, 'R'))
            .other("dtype", p -> p.global("torch", "float32"))
            .other("shape", p -> p.global("torch", "Size").numbers(3, 2).op(0x85, 'R'));
    SaeConfig sae = read(tensors).config();
    assertThat(sae.activation()).isEqualTo(new Activation.TopK(2));
    assertThat(sae.assumptions())
        .contains("dtype torch.float32: not used", "shape tuple of 2: not used");
  }

  @Test
  void checkpointsHaveTheirConfigurationOneFolderUp() throws IOException {
    config("AutoEncoderTopK", "'k':2,'layer':4,'submodule_name':'resid_post_layer_4'");
    Path checkpoints = Files.createDirectory(folder.resolve("checkpoints"));
    Path file = tensors(DictionaryClass.TOP_K).write(checkpoints.resolve("ae_1000.pt"));
    SaeFile sae = SaeFormats.read(file, SaeOverrides.none());
    assertThat(sae.config().activation()).isEqualTo(new Activation.TopK(2));
    assertThat(sae.config().hookName()).contains("blocks.4.hook_resid_post");
    assertThat(sae.files()).containsExactly(file, folder.resolve("config.json"));
    assertThat(SaeFolder.find(checkpoints).saes())
        .extracting(SaeSource::path)
        .containsExactly(file);

    Path elsewhere = Files.createDirectory(folder.resolve("others"));
    Path other = tensors(DictionaryClass.TOP_K).write(elsewhere.resolve("ae_1000.pt"));
    assertThatThrownBy(() -> SaeFormats.read(other, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("no config.json says which class it is of");
  }

  @ParameterizedTest
  @ValueSource(strings = {"_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module."})
  void namesOfWrappedModulesAreThoseWithin(String prefix) throws IOException {
    config("AutoEncoder", "'steps':1");
    TorchTensors tensors =
        new TorchTensors()
            .f32(prefix + "encoder.weight", N, D)
            .f32(prefix + "decoder.weight", D, N)
            .f32(prefix + "encoder.bias", N)
            .f32(prefix + "bias", D);
    assertThat(read(tensors).config().activation()).isEqualTo(new Activation.Relu());
    assertRefused(
        new TorchTensors()
            .f32(prefix + "encoder.weight", N, D)
            .f32("decoder.weight", D, N)
            .f32("encoder.bias", N)
            .f32("bias", D),
        "tensor encoder.weight is missing; the file has [" + prefix + "encoder.weight,");
  }

  @Test
  void whatIsSaidAndNotUsedIsNoted() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"trainer": {"dict_class": "AutoEncoder", "lr": NaN, "wandb_name": "x", "seed": null,
          "whitened": true},
         "buffer": {"ctx_len": 128, "remove_bos": true, "refresh_batch_size": 1}, "notes": "y"}
        """);
    assertThat(read(tensors(DictionaryClass.AUTO_ENCODER)).config().assumptions())
        .containsExactly(
            "hook none: submodule_name absent, io out",
            "trainer.whitened true: not used",
            "buffer.remove_bos true: not used",
            "notes \"y\": not used");
  }

  /** With d = n shapes cannot tell an orientation; the class can. */
  @Test
  void squareMatricesKeepTheirOrientation() throws IOException {
    config("AutoEncoderNew", "'activation_dim':2,'dict_size':2");
    SaeFile sae =
        read(
            new TorchTensors()
                .f32("encoder.weight", 2, 2)
                .f32("encoder.bias", 2)
                .f32("decoder.weight", 2, 2)
                .f32("decoder.bias", 2));
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 1, 2, 3);
    assertThat(sae.tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 2, 1, 3);
  }

  @ParameterizedTest
  @CsvSource({"HalfStorage, 2", "BFloat16Storage, 2", "DoubleStorage, 8"})
  void readsOtherFloats(String storage, int bytes) throws IOException {
    config("AutoEncoderNew", "'steps':1");
    SaeFile sae =
        read(
            new TorchTensors()
                .tensor("encoder.weight", storage, new byte[D * N * bytes], N, D)
                .tensor("encoder.bias", storage, new byte[N * bytes], N)
                .tensor("decoder.weight", storage, new byte[D * N * bytes], D, N)
                .tensor("decoder.bias", storage, new byte[D * bytes], D));
    assertThat(sae.tensor(SaeTensor.W_ENC).toFloats()).containsOnly(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = DictionaryClass.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"TOP_K", "BATCH_TOP_K"})
  void tensorsTellTheClass(DictionaryClass dictionary) throws IOException {
    SaeFile sae = read(tensors(dictionary));
    assertThat(sae.config().assumptions())
        .contains("class " + dictionary + ": told by the names of its tensors");
    assertThat(sae.config().hookName()).isEmpty();
  }

  @Test
  void tensorsDoNotTellTopKFromBatchTopK() throws IOException {
    assertRefused(
        tensors(DictionaryClass.TOP_K), "those of several: [AutoEncoderTopK, BatchTopKSAE]");
    assertThat(read(tensors(DictionaryClass.TOP_K).without("threshold")).config().activation())
        .isEqualTo(new Activation.TopK(2));
  }

  /** Early files have k in the configuration only. */
  @Test
  void kMayBeInEitherPlaceButNotTwoThings() throws IOException {
    config("AutoEncoderTopK", "'k':2");
    assertThat(read(tensors(DictionaryClass.TOP_K).without("k")).config().activation())
        .isEqualTo(new Activation.TopK(2));
    assertRefused(
        tensors(DictionaryClass.TOP_K).integer("k", 1),
        "tensor k: expected 2, trainer.k of config.json, found 1");
    config("AutoEncoderTopK", "'k':4");
    assertRefused(tensors(DictionaryClass.TOP_K).without("k"), "k: expected at most");
    config("AutoEncoderTopK", "'steps':1");
    assertRefused(tensors(DictionaryClass.TOP_K).without("k"), "says k");
    assertRefused(tensors(DictionaryClass.TOP_K).integer("k", 0), "from 1 to 3, found 0");
    assertRefused(tensors(DictionaryClass.TOP_K).scalar("k", 1.5f), "a whole number, found 1.5");
    assertRefused(tensors(DictionaryClass.TOP_K).longs("k", 1, 2), "one element");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'k':2                                    | trainer.k is 2, but AutoEncoder has no k",
        "'activation_dim':3                       | trainer.activation_dim: expected 2",
        "'dict_size':4                            | trainer.dict_size: expected 3",
        "'layer':3,'submodule_name':'transformer.h.4' | trainer.layer: expected that of submodule",
        "'layer':'three'                          | trainer.layer: expected a whole number",
        "'submodule_name':3                       | trainer.submodule_name: expected a string",
      })
  void refusesContradictions(String keys, String problem) throws IOException {
    config("AutoEncoder", keys.strip());
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), problem);
  }

  @Test
  void refusesClassesThatTheTensorsAreNotOf() throws IOException {
    config("AutoEncoderNew", "'steps':1");
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), "tensor decoder.bias is missing");
    config("BatchTopKSAE", "'k':2");
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), "tensor b_dec is missing");
    config("JumpReluAutoEncoder", "'steps':1");
    assertRefused(tensors(DictionaryClass.MATRYOSHKA), "threshold: expected shape [3], found []");
    config("IdentityDict", "'steps':1");
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), "dict_class IdentityDict is not supp");
    Files.writeString(folder.resolve("config.json"), "{}");
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), "trainer is missing");
  }

  @Test
  void refusesGroupsThatAreNotAllLatents() throws IOException {
    config("MatryoshkaBatchTopKSAE", "'k':2");
    TorchTensors tensors = tensors(DictionaryClass.MATRYOSHKA);
    assertRefused(tensors.longs("group_sizes", 1, 1), "a sum of 3, the number of latents");
    assertRefused(tensors.longs("group_sizes", 4, -1), "sizes above zero, found -1");
    assertRefused(tensors.f32("group_sizes", 2), "a vector of whole numbers");
    assertRefused(tensors.without("group_sizes"), "tensor group_sizes is missing");
  }

  @Test
  void refusesTensorsThatDoNotFit() throws IOException {
    TorchTensors tensors = tensors(DictionaryClass.AUTO_ENCODER);
    assertRefused(
        tensors.f32("encoder.weight", D, N), "encoder.weight: expected shape [3, 2], found [2, 3]");
    tensors.f32("encoder.weight", N, D);
    assertRefused(
        tensors.f32("decoder.weight", N, D), "decoder.weight: expected shape [2, 3], found [3, 2]");
    tensors.f32("decoder.weight", D, N);
    assertRefused(tensors.integer("bias", 1), "bias: expected dtype F32, F16, BF16 or F64");
    tensors.f32("bias", D);
    config("AutoEncoder", "'steps':1");
    assertRefused(tensors.f32("ghost", 1), "unexpected tensor ghost in an SAE of class AutoEnc");
    assertThat(read(tensors.other("ghost", p -> p.number(1))).config().assumptions())
        .contains("ghost 1: not used");
  }

  @ParameterizedTest
  @ValueSource(strings = {"encoder.weight", "encoder.bias", "decoder.weight", "bias"})
  void refusesMissingTensors(String name) throws IOException {
    config("AutoEncoder", "'steps':1");
    assertRefused(
        tensors(DictionaryClass.AUTO_ENCODER).without(name), "tensor " + name + " is missing");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    config("AutoEncoder", "'steps':1");
    Path file = tensors(DictionaryClass.AUTO_ENCODER).write(folder.resolve("ae.pt"));
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> SaeFormats.read(folder, SaeOverrides.none()))
          .isInstanceOf(FormatException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resid_post_layer_3, out, blocks.3.hook_resid_post",
    "attention_out_layer_3, out, blocks.3.hook_attn_out",
    "mlp_out_layer_11, out, blocks.11.hook_mlp_out",
    "transformer.h.3, out, blocks.3.hook_resid_post",
    "transformer.h.3, in, blocks.3.hook_resid_pre",
    "transformer.h.3.mlp, out, blocks.3.hook_mlp_out",
    "transformer.h.3.attn, out, blocks.3.hook_attn_out",
    "gpt_neox.layers.4, out, blocks.4.hook_resid_post",
    "resid_post_layer_3, in,",
    "something, out,",
  })
  void submoduleTellsHook(String submodule, String io, String hook) throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"trainer": {"dict_class": "AutoEncoder", "submodule_name": "%s"}, "buffer": {"io": "%s"}}
        """
            .formatted(submodule, io));
    SaeConfig config = read(tensors(DictionaryClass.AUTO_ENCODER)).config();
    assertThat(config.hookName().orElse(null)).isEqualTo(hook);
    assertThat(config.assumptions())
        .containsExactly(
            "hook "
                + (hook == null ? "none" : hook)
                + ": submodule_name "
                + submodule
                + ", io "
                + io);
  }

  @Test
  void refusesWhatReadsOneActivationAndWritesAnother() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        "{\"trainer\": {\"dict_class\": \"AutoEncoder\"}, \"buffer\": {\"io\": \"in_and_out\"}}");
    assertRefused(tensors(DictionaryClass.AUTO_ENCODER), "transcoders are not supported");
  }

  private static TorchTensors tensors(DictionaryClass dictionary) {
    TorchTensors tensors = new TorchTensors();
    if (dictionary.isLinear()) {
      tensors.f32("encoder.weight", N, D).f32("decoder.weight", D, N);
    } else {
      tensors.f32("W_enc", D, N).f32("W_dec", N, D);
    }
    tensors.f32(dictionary.decoderBias(), D).f32(dictionary.latentVector(), N);
    return switch (dictionary) {
      case AUTO_ENCODER, AUTO_ENCODER_NEW, BENCH_RELU -> tensors;
      case GATED -> tensors.f32("mag_bias", N).f32("r_mag", N);
      case BENCH_GATED -> tensors.f32("b_mag", N).f32("r_mag", N);
      case BENCH_TOP_K -> tensors.integer("k", 2);
      case JUMP_RELU -> tensors.f32("threshold", N);
      case TOP_K, BATCH_TOP_K, BENCH_BATCH_TOP_K ->
          tensors.integer("k", 2).scalar("threshold", 0.25f);
      case MATRYOSHKA ->
          tensors.integer("k", 2).scalar("threshold", 0.25f).longs("group_sizes", 1, 2);
    };
  }

  private void config(String dictClass, String trainer) throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        "{'trainer':{'dict_class':'%s',%s},'buffer':{}}"
            .formatted(dictClass, trainer)
            .replace('\'', '"'));
  }

  private SaeFile read(TorchTensors tensors) throws IOException {
    return SaeFormats.read(tensors.write(folder.resolve("ae.pt")), SaeOverrides.none());
  }

  private void assertRefused(TorchTensors tensors, String problem) throws IOException {
    tensors.write(folder.resolve("ae.pt"));
    assertThatThrownBy(() -> SaeFormats.read(folder, SaeOverrides.none()))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(problem);
  }
}
