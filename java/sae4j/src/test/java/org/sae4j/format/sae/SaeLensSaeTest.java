package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.arch.HookNormalized;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.ValueBiases;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.testing.TestData;

class SaeLensSaeTest {
  private static final int D = 2;
  private static final int N = 3;

  /** A configuration of version 6 but for what a test adds. */
  private static final String NEW =
      "'d_in':2,'d_sae':3,'dtype':'float32','apply_b_dec_to_input':true,"
          + "'normalize_activations':'none','metadata':{'sae_lens_version':'6.54.12',"
          + "'hook_name':'blocks.3.hook_resid_post','context_size':64,'prepend_bos':false}";

  /** A flat configuration without anything that has a default. */
  private static final String OLD = "'d_in':2,'d_sae':3,'hook_point':'blocks.3.hook_resid_pre'";

  private static final String CENTRED =
      "model_from_pretrained_kwargs.center_writing_weights: absent, taken as true, as SAELens"
          + " before 3.19.2 had it";
  private static final String UNPROCESSED =
      "model_from_pretrained_kwargs: absent, taken as a model whose weights are unprocessed";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "standard, 1536",
    "topk, 768",
    "jumprelu, 1536",
    "gated, 768",
    "old_topk, 1536",
    "topk_layer_norm, 1536"
  })
  void readsWhatSaeLensWrote(String name, int latents) throws IOException {
    SaeConfig config = fixture(name).config();
    assertThat(config.format()).isEqualTo("SAELens");
    assertThat(config.dIn()).isEqualTo(192);
    assertThat(config.dSae()).isEqualTo(latents);
    assertThat(config.hookName()).contains("blocks.3.hook_resid_post");
    assertThat(config.contextSize()).hasValue(64);
    assertThat(config.prependBos()).contains(false);
    assertThat(config.modelName()).contains("gpt2-gutenberg");
    assertThat(config.applyBDecToInput()).isTrue();
    assertThat(config.rescaleActsByDecoderNorm()).isFalse();
    assertThat(config.centreInput()).isFalse();
    assertThat(config.scale()).isEmpty();
    assertThat(config.activation())
        .isEqualTo(
            switch (name) {
              case "standard" -> new Activation.Relu();
              case "jumprelu" -> new Activation.JumpRelu();
              case "gated" -> new Activation.Gated();
              default -> new Activation.TopK(16);
            });
    boolean normalised = name.equals("old_topk") || name.equals("topk_layer_norm");
    assertThat(config.normalization())
        .isEqualTo(normalised ? Normalization.LAYER_NORM : Normalization.NONE);
  }

  @Test
  void assumesNothingAboutNewFolders() throws IOException {
    assertThat(fixture("gated").config().assumptions()).isEmpty();
    assertThat(fixture("old_topk").config().assumptions()).containsExactly(UNPROCESSED);
  }

  /** The numbers are PyTorch's: entries of {@code load_file(path)}, and sums in f64. */
  @Test
  void readsTheTensorsThatTorchReads() throws IOException {
    SaeFile sae = fixture("jumprelu");
    StoredTensor encoder = sae.tensor(SaeTensor.W_ENC);
    assertThat(encoder.shape()).containsExactly(1536L, 192L);
    assertThat(encoder.isTransposedRowMajor()).isTrue();
    float[] wEnc = encoder.toFloats();
    // W_enc[0, 0..2]: the first column of the rows-per-latent view.
    assertThat(wEnc[0]).isEqualTo(0.114569753408432f);
    assertThat(wEnc[192]).isEqualTo(-0.002881234046071768f);
    assertThat(wEnc[384]).isEqualTo(0.03931563347578049f);
    assertThat(sum(wEnc)).isCloseTo(-112.60484595304354, within(1e-9));
    float[] wDec = sae.tensor(SaeTensor.W_DEC).toFloats();
    assertThat(wDec).startsWith(-0.010817465372383595f, 0.002586694434285164f);
    assertThat(sum(wDec)).isCloseTo(26.82437421286359, within(1e-9));
    float[] threshold = sae.tensor(SaeTensor.THRESHOLD).toFloats();
    assertThat(threshold).hasSize(1536).startsWith(1.174367070198059f);
  }

  @Test
  void readsTheGatesThatTorchReads() throws IOException {
    SaeFile sae = fixture("gated");
    assertThat(sae.tensors())
        .containsOnlyKeys(
            SaeTensor.W_ENC,
            SaeTensor.W_DEC,
            SaeTensor.B_DEC,
            SaeTensor.B_GATE,
            SaeTensor.B_MAG,
            SaeTensor.R_MAG);
    assertThat(sae.tensor(SaeTensor.B_GATE).toFloats()).startsWith(-0.09745494276285172f);
    assertThat(sae.tensor(SaeTensor.B_MAG).toFloats()).startsWith(0.24083292484283447f);
    assertThat(sae.tensor(SaeTensor.R_MAG).toFloats()).startsWith(0.5379195809364319f);
    assertThatThrownBy(() -> sae.tensor(SaeTensor.B_ENC))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** One SAE, written by two projects in three layouts. */
  @ParameterizedTest
  @ValueSource(strings = {"topk_layer_norm", "old_topk"})
  void agreesWithOpenAi(String name) throws IOException {
    SaeFile ours = fixture(name);
    SaeFile openAi =
        SaeFormats.read(
            TestData.path("saes/openai/resid_post_mlp_layer3_k16.pt"), SaeOverrides.none());
    assertThat(ours.tensors().keySet()).isEqualTo(openAi.tensors().keySet());
    for (SaeTensor tensor : ours.tensors().keySet()) {
      assertThat(ours.tensor(tensor).toFloats())
          .as(tensor.name())
          .isEqualTo(openAi.tensor(tensor).toFloats());
    }
    assertThat(ours.config().activation()).isEqualTo(openAi.config().activation());
    assertThat(ours.config().normalization()).isEqualTo(openAi.config().normalization());
    assertThat(ours.config().hookName()).isEqualTo(openAi.config().hookName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cfg.json", "sae_weights.safetensors", ""})
  void acceptsFolderOrOneOfItsFiles(String name) throws IOException {
    Path path = TestData.path("saes/saelens/topk").resolve(name);
    SaeFile sae = SaeFormats.read(path, SaeOverrides.none());
    assertThat(sae.path()).isEqualTo(path);
    assertThat(sae.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("cfg.json", "sae_weights.safetensors");
  }

  @Test
  void squareEncoderIsStillTransposed() throws IOException {
    config("'architecture':'standard'," + NEW.replace("'d_sae':3", "'d_sae':2"));
    new SafetensorsFiles()
        .f32("W_enc", 2, 2)
        .f32("W_dec", 2, 2)
        .f32("b_enc", 2)
        .f32("b_dec", 2)
        .write(weights());
    assertThat(read().tensor(SaeTensor.W_ENC).toFloats()).containsExactly(0, 2, 1, 3);
    assertThat(read().tensor(SaeTensor.W_DEC).toFloats()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void oldFolderGetsEveryDefault() throws IOException {
    config(OLD);
    standard().write(weights());
    SaeConfig config = read().config();
    assertThat(config.activation()).isEqualTo(new Activation.Relu());
    assertThat(config.normalization()).isEqualTo(Normalization.NONE);
    assertThat(config.applyBDecToInput()).isTrue();
    assertThat(config.prependBos()).contains(true);
    assertThat(config.hookName()).contains("blocks.3.hook_resid_pre");
    assertThat(config.contextSize()).isEmpty();
    assertThat(config.modelName()).isEmpty();
    assertThat(config.assumptions())
        .containsExactlyInAnyOrder(
            "architecture: absent, taken as standard",
            "activation_fn: absent, taken as relu",
            "normalize_activations: absent, taken as none",
            "apply_b_dec_to_input: absent, taken as true",
            "prepend_bos: absent, taken as true",
            UNPROCESSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'activation_fn_str':'topk','activation_fn_kwargs':{'k':2}",
        "'activation_fn':'topk','activation_fn_kwargs':{'k':2}",
        "'architecture':'standard','activation_fn_str':'topk','activation_fn_kwargs':{'k':2}",
        "'architecture':'topk','k':2",
        "'architecture':'topk','activation_fn':'topk','k':2,'activation_fn_kwargs':{'k':2.0}",
        "'sae_lens_version':'5.11.0','activation_fn':'topk','activation_fn_kwargs':{'k':2}",
      })
  void oldTopKComesInManySpellings(String keys) throws IOException {
    config(OLD + "," + keys);
    standard().write(weights());
    assertThat(read().config().activation()).isEqualTo(new Activation.TopK(2));
  }

  @Test
  void missingKIsSaeLensDefaultAndSaysSo() throws IOException {
    config("'architecture':'topk'," + NEW.replace("'d_sae':3", "'d_sae':200"));
    new SafetensorsFiles()
        .f32("W_enc", D, 200)
        .f32("W_dec", 200, D)
        .f32("b_enc", 200)
        .f32("b_dec", D)
        .write(weights());
    assertThat(read().config().activation()).isEqualTo(new Activation.TopK(100));
    assertThat(read().config().assumptions()).contains("k: absent, taken as 100");
  }

  @Test
  void readsOptionsOfTopK() throws IOException {
    config("'architecture':'topk','k':1,'rescale_acts_by_decoder_norm':true," + NEW);
    standard().write(weights());
    assertThat(read().config().rescaleActsByDecoderNorm()).isTrue();
  }

  @Test
  void newFolderWithoutBosSettingHasNone() throws IOException {
    config("'architecture':'standard'," + NEW.replace(",'prepend_bos':false", ""));
    standard().write(weights());
    assertThat(read().config().prependBos()).isEmpty();
    assertThat(read().config().assumptions()).isEmpty();
  }

  @Test
  void decoderBiasMayStayOutOfTheEncoder() throws IOException {
    config(
        "'architecture':'standard',"
            + NEW.replace("'apply_b_dec_to_input':true", "'apply_b_dec_to_input':false"));
    standard().write(weights());
    assertThat(read().config().applyBDecToInput()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "true, EXPECTED_AVERAGE_ONLY_IN",
    "false, NONE",
    "null, NONE",
    "'none', NONE",
    "'layer_norm', LAYER_NORM",
    "'constant_norm_rescale', CONSTANT_NORM_RESCALE",
    "'expected_average_only_in', EXPECTED_AVERAGE_ONLY_IN",
  })
  void readsNormalization(String value, Normalization expected) throws IOException {
    String json = value.matches("true|false|null") ? value : "'" + value + "'";
    config(OLD + ",'normalize_activations':" + json);
    standard().write(weights());
    assertThat(read().config().normalization()).isEqualTo(expected);
    assertThat(read().config().scale()).isEmpty();
  }

  @Test
  void scalerSuppliesScale() throws IOException {
    config(OLD + ",'normalize_activations':'expected_average_only_in'");
    standard().write(weights());
    scaler("{'scaling_factor':0.5,'has_whitening':false}");
    SaeFile sae = read();
    assertThat(sae.config().scale()).hasValue(0.5);
    assertThat(sae.files()).hasSize(3);
    SaeOverrides scale = SaeOverrides.none().withScale(2);
    assertThat(SaeFormats.read(folder, scale).config().scale()).hasValue(2);
    SaeOverrides none = SaeOverrides.none().withNormalization(Normalization.NONE);
    assertThat(SaeFormats.read(folder, none).config().scale()).isEmpty();
    scaler("{'scaling_factor':null}");
    assertThat(read().config().scale()).isEmpty();
  }

  @Test
  void refusesScalerThatContradicts() throws IOException {
    config("'architecture':'standard'," + NEW);
    standard().write(weights());
    scaler("{'scaling_factor':0.5}");
    assertRefused(
        "scaling_factor: expected null", "normalize_activations of cfg.json is none, found 0.5");
    scaler("{'scaling_factor':-1}");
    assertRefused("scaling_factor: expected a number above zero, found -1.0");
    scaler("{'scaling_factor':1e999}");
    assertRefused("scaling_factor: expected a finite number");
    scaler("{'scaling_factor':null,'has_whitening':true}");
    assertRefused("whitened activations are not supported");
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.3.hook_resid_post, true",
    "blocks.3.hook_mlp_out, true",
    "hook_embed, true",
    "blocks.3.mlp.hook_post, false",
    "blocks.3.attn.hook_z, false",
    "hook_pos_embed, true",
    "blocks.3.hook_in, true",
    "blocks.3.attn.hook_out, true",
    "embed.hook_out, true",
    "blocks.3.ln2.hook_out, false",
    "blocks.3.mlp.hook_in, false",
    "blocks.3.mlp.in.hook_out, false",
    "pos_embed.hook_out, true",
    "blocks.3.hook_out, true",
    "blocks.3.ln1.hook_normalized, false",
  })
  void centresWhatIsWrittenToTheResidualStream(String hook, boolean centred) throws IOException {
    config(
        "'architecture':'standard',"
            + NEW.replace(
                "'hook_name':'blocks.3.hook_resid_post'",
                "'hook_name':'"
                    + hook
                    + "','model_from_pretrained_kwargs':"
                    + "{'center_writing_weights':true,'fold_ln':true,'fold_value_biases':true}"));
    standard().write(weights());
    assertThat(read().config().centreInput()).isEqualTo(centred);
    assertThat(read().config().valueBiases())
        .isEqualTo(hook.endsWith("hook_z") ? ValueBiases.FOLDED_WITH_LN : ValueBiases.KEPT);
    assertThat(read().config().assumptions()).isEmpty();
  }

  /** What a transcoder replaces may be of the stream where what it reads is not. */
  @Test
  void onlyWhatIsReadIsCentred() throws IOException {
    transcoder().write(weights());
    for (String in : List.of("blocks.3.ln2.hook_normalized", "blocks.3.hook_resid_mid")) {
      config(
          "'architecture':'transcoder',"
              + TRANSCODER
                  .replace("blocks.3.hook_resid_mid", in)
                  .replace(
                      "'metadata':{",
                      "'metadata':{'model_from_pretrained_kwargs':{'center_writing_weights':true},"));
      assertThat(read().config().centreInput()).isEqualTo(in.endsWith("mid"));
    }
  }

  @Test
  void oldFolderMayBeCentredToo() throws IOException {
    config(OLD + ",'model_from_pretrained_kwargs':{'center_writing_weights':true}");
    standard().write(weights());
    assertThat(read().config().centreInput()).isTrue();
  }

  /** Until then the model was loaded by from_pretrained, which centres, and nothing was said. */
  @ParameterizedTest
  @CsvSource({
    "3.19.1, true",
    "3.0.0, true",
    "3.19.2, false",
    "5.10.7, false",
  })
  void saeLensCentredBeforeItSaidSo(String version, boolean centred) throws IOException {
    String flat = "'d_in':2,'d_sae':3,'hook_name':'blocks.3.hook_resid_pre',";
    config(flat + "'sae_lens_training_version':'" + version + "'");
    standard().write(weights());
    assertThat(read().config().centreInput()).isEqualTo(centred);
    assertThat(read().config().assumptions()).contains(centred ? CENTRED : UNPROCESSED);
  }

  /** As a later SAELens writes what an earlier one has trained: it cannot know either. */
  @ParameterizedTest
  @ValueSource(strings = {"", ",'model_from_pretrained_kwargs':{}"})
  void newFoldersOfOldSaesAreCentred(String options) throws IOException {
    config(
        "'architecture':'standard',"
            + NEW.replace(
                "'prepend_bos':false",
                "'prepend_bos':false,'sae_lens_training_version':'3.10.0'" + options));
    standard().write(weights());
    assertThat(read().config().centreInput()).isTrue();
    assertThat(read().config().assumptions()).containsExactly(CENTRED);
  }

  @Test
  void whatIsSaidOfCentringCounts() throws IOException {
    config(OLD + ",'model_from_pretrained_kwargs':{'center_writing_weights':false}");
    standard().write(weights());
    assertThat(read().config().centreInput()).isFalse();
    assertThat(read().config().assumptions()).doesNotContain(CENTRED, UNPROCESSED);
  }

  @Test
  void saeLensFoldedBiasesOfValuesBeforeItSaidSo() throws IOException {
    config(OLD.replace("hook_resid_pre", "attn.hook_z") + ",'sae_lens_training_version':'3.10.0'");
    standard().write(weights());
    assertThat(read().config().centreInput()).isFalse();
    assertThat(read().config().assumptions())
        .doesNotContain(CENTRED, UNPROCESSED)
        .contains(CENTRED.replace("center_writing_weights", "fold_value_biases"));
    assertThat(read().config().valueBiases()).isEqualTo(ValueBiases.FOLDED_WITH_LN);
    config(
        OLD.replace("hook_resid_pre", "attn.hook_z")
            + ",'sae_lens_training_version':'3.10.0',"
            + "'model_from_pretrained_kwargs':{'fold_value_biases':false}");
    assertThat(read().config().valueBiases()).isEqualTo(ValueBiases.KEPT);
    config(
        OLD.replace("hook_resid_pre", "attn.hook_z")
            + ",'sae_lens_training_version':'3.10.0',"
            + "'model_from_pretrained_kwargs':{'fold_ln':false}");
    assertThat(read().config().valueBiases()).isEqualTo(ValueBiases.FOLDED);
  }

  /** How the model was loaded: what changes nothing, what cannot be known, what is refused. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "'center_unembed':true, ",
        "'device':'cuda', ",
        "'n_ctx':128, ",
        "'refactor_factored_attn_matrices':true, ",
        "'dtype':'torch.float32', ",
        "'dtype':'bfloat16', metadata.model_from_pretrained_kwargs.dtype bfloat16: not used; the",
        "'revision':'step1000', metadata.model_from_pretrained_kwargs.revision",
        "'load_in_8bit':true, metadata.model_from_pretrained_kwargs.load_in_8bit true: not used",
      })
  void optionsOfTheModelHaveNoEffectOrAreNoted(String option, String note) throws IOException {
    config(
        "'architecture':'standard',"
            + NEW.replace(
                "'prepend_bos':false",
                "'prepend_bos':false,'model_from_pretrained_kwargs':{" + option + "}"));
    standard().write(weights());
    List<String> assumptions = read().config().assumptions();
    if (note == null) {
      assertThat(assumptions).isEmpty();
    } else {
      assertThat(assumptions).hasSize(1);
      assertThat(assumptions.get(0).replace(",", "")).startsWith(note);
    }
  }

  @Test
  void refusesHeadsThatWereRotated() throws IOException {
    config(
        "'architecture':'standard',"
            + NEW.replace("hook_resid_post", "attn.hook_z")
                .replace(
                    "'prepend_bos':false",
                    "'prepend_bos':false,'model_from_pretrained_kwargs':"
                        + "{'refactor_factored_attn_matrices':true}"));
    standard().write(weights());
    assertRefused("refactor_factored_attn_matrices (not supported): expected false at");
  }

  @Test
  void whatIsSaidAndNotUsedIsNoted() throws IOException {
    config(
        "'architecture':'standard','l1_coefficient':NaN,'lr':-Infinity,'seqpos_slice':[null],"
            + "'some_new_key':{'a':[1,2]},'decoder_init_norm':0.1,'nothing':{},"
            + NEW.replace(
                "'prepend_bos':false",
                "'prepend_bos':false,'seqpos_slice':[5,null],'exclude_special_tokens':true,"
                    + "'hook_layer':3,'training_architecture_details':{'k':4},'other':Infinity"));
    standard().write(weights());
    assertThat(read().config().assumptions())
        .containsExactly(
            "seqpos_slice [5,null]: not used; it was trained on these positions",
            "exclude_special_tokens true: not used; it was trained on no such tokens",
            "some_new_key {\"a\":[1,2]}: not used",
            "metadata.other Infinity: not used");
  }

  /** All that SAELens wrote into early configurations of GPT-2 small, with what it never used. */
  @Test
  void trainingIsNoNews() throws IOException {
    config(
        OLD
            + ",'dataset_path':'x','is_dataset_tokenized':false,'use_cached_activations':false,"
            + "'cached_activations_path':'x','n_batches_in_buffer':128,"
            + "'total_training_tokens':300000000,'store_batch_size':32,'device':'mps','seed':42,"
            + "'b_dec_init_method':'geometric_median','expansion_factor':32,'l1_coefficient':8e-05,"
            + "'from_pretrained_path':null,'lr':0.0004,'lr_scheduler_name':null,"
            + "'lr_warm_up_steps':5000,'train_batch_size':4096,'use_ghost_grads':false,"
            + "'feature_sampling_window':1000,'feature_sampling_method':null,"
            + "'resample_batches':1028,'feature_reinit_scale':0.2,'dead_feature_window':5000,"
            + "'dead_feature_estimation_method':'no_fire','dead_feature_threshold':1e-06,"
            + "'log_to_wandb':true,'wandb_project':'x','wandb_entity':null,"
            + "'wandb_log_frequency':100,'n_checkpoints':10,'checkpoint_path':'x',"
            + "'tokens_per_buffer':67108864,'run_name':'x'");
    standard().write(weights());
    assertThat(read().config().assumptions()).noneMatch(each -> each.contains("not used"));
  }

  /** The key is read, so that it has to be a number. */
  @Test
  void aNumberThatIsUsedMustBeFinite() throws IOException {
    config("'architecture':'standard'," + NEW.replace("'d_in':2", "'d_in':NaN"));
    standard().write(weights());
    assertRefused("d_in: expected a whole number from 1, found Infinity");
  }

  @Test
  void whatContradictsTheConfigurationIsNamedWithIt() throws IOException {
    config("'architecture':'standard'," + NEW.replace("'d_in':2", "'d_in':4"));
    standard().write(weights());
    assertRefused("tensor W_enc: expected shape [4, 3], as cfg.json says, found [2, 3]");
  }

  @Test
  void theCallerMayCentre() throws IOException {
    config(OLD);
    standard().write(weights());
    SaeConfig config = SaeFormats.read(folder, SaeOverrides.none().withCentred(true)).config();
    assertThat(config.centreInput()).isTrue();
    assertThat(config.assumptions())
        .contains("centred true: given by the caller, instead of what the file says or leaves out");
  }

  @Test
  void readsFlattenedHeads() throws IOException {
    config(
        "'architecture':'standard','reshape_activations':'hook_z',"
            + NEW.replace("blocks.3.hook_resid_post", "blocks.3.attn.hook_z"));
    standard().write(weights());
    assertThat(read().config().hookName()).contains("blocks.3.attn.hook_z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"batchtopk", "matryoshka_batchtopk"})
  void batchTopKIsJumpRelu(String architecture) throws IOException {
    config(
        "'k':2.5,'rescale_acts_by_decoder_norm':true,'architecture':'" + architecture + "'," + NEW);
    standard().f32("threshold", N).write(weights());
    SaeFile sae = read();
    assertThat(sae.config().activation()).isEqualTo(new Activation.JumpRelu());
    assertThat(sae.config().rescaleActsByDecoderNorm()).isTrue();
    assertThat(sae.tensor(SaeTensor.THRESHOLD).toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void checkpointOfBatchTopKHasOneThreshold() throws IOException {
    config("'architecture':'batchtopk'," + NEW);
    byte[] threshold =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(0.75).array();
    standard().tensor("topk_threshold", "F64", threshold).write(weights());
    SaeFile sae = read();
    assertThat(sae.tensor(SaeTensor.THRESHOLD).toFloats()).containsExactly(0.75f, 0.75f, 0.75f);
    assertThat(sae.config().assumptions())
        .contains("threshold 0.75 for every latent: the checkpoint's topk_threshold");
    byte[] nan = ByteBuffer.allocate(8).putLong(-1).array();
    standard().tensor("topk_threshold", "F64", nan).write(weights());
    assertRefused("tensor topk_threshold: expected a finite number, found NaN");
    standard().write(weights());
    assertRefused("tensor threshold is missing");
  }

  @Test
  void scalingFactorOfOnesIsNothing() throws IOException {
    config(OLD + ",'finetuning_scaling_factor':false");
    standard().tensor("scaling_factor", "F32", TorchFiles.bytes(1, 1, 1), N).write(weights());
    assertThat(read().tensors()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({"scaling_factor, true", "scaling_factor, false", "finetuning_scaling_factor, true"})
  void refusesOtherScalingFactors(String name, boolean flag) throws IOException {
    config(OLD + ",'finetuning_scaling_factor':" + flag);
    standard().tensor(name, "F32", TorchFiles.bytes(1, 2, 1), N).write(weights());
    assertRefused("tensor " + name + " (not supported): expected ones, found 2.0");
    standard().tensor(name, "F32", TorchFiles.bytes(1, Float.NaN, 1), N).write(weights());
    assertRefused("expected ones, found NaN");
  }

  @Test
  void refusesScalingFactorThatIsNotThere() throws IOException {
    config(OLD + ",'finetuning_scaling_factor':true");
    standard().write(weights());
    assertRefused("finetuning_scaling_factor is true, but no tensor holds it");
  }

  @Test
  void saysWhereTheDtypeIsAnother() throws IOException {
    config("'architecture':'standard'," + NEW.replace("float32", "bfloat16"));
    standard().write(weights());
    assertThat(read().config().assumptions())
        .containsExactly("dtype F32: as stored; the configuration says BF16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'architecture':'transcoder','d_out':2              | apply_b_dec_to_input of architecture"
            + " transcoder: expected false, found true",
        "'architecture':'standard','d_out':3                | d_out of architecture standard:"
            + " expected 2, found 3",
        "'architecture':'temporal'                          | architecture temporal is not supp",
        "'architecture':7                                   | architecture: expected a string",
        "'k':2                                              | architecture is missing",
        "'architecture':'standard','k':2                    | expected topk, because k is 2",
        "'architecture':'gated','k':2                       | expected topk, because k is 2",
        "'architecture':'topk','k':0                        | k: expected a whole number from 1",
        "'architecture':'topk','k':4                        | k: expected at most d_sae, 3, found"
            + " 4",
        "'architecture':'topk','k':1.5                      | found 1.5",
        "'architecture':'topk','k':'2'                      | k: expected a whole number from 1",
        "'architecture':'topk','k':2,'activation_fn_kwargs':{'k':3}  | k, given twice: expected 2",
        "'architecture':'topk','k':2,'activation_fn':'relu' | expected topk, found relu",
        "'architecture':'standard','activation_fn':'topk','activation_fn_kwargs':{'k':2} |"
            + " standard: expected relu, found topk",
        "'architecture':'jumprelu','activation_fn':'topk'   | jumprelu: expected relu, found topk",
        "'architecture':'standard','activation_fn':'tanh-relu'  | activation_fn tanh-relu is not"
            + " supp",
        "'architecture':'standard','activation_fn':'relu','activation_fn_str':'topk' | given twice",
        "'architecture':'standard','rescale_acts_by_decoder_norm':true | expected false, found"
            + " true",
        "'architecture':'standard','reshape_activations':'hook_q' | expected none or hook_z",
        "'architecture':'standard','reshape_activations':'hook_z' | expected none at"
            + " blocks.3.hook_resid",
        "'architecture':'standard','hook_head_index':0      | SAEs of a single head",
        "'architecture':'standard','hook_name':'blocks.4.hook_resid_post' | hook_name, given twice",
        "'architecture':'standard','hook_layer':4           | hook_layer: expected the layer of"
            + " blocks.3",
        "'architecture':'standard','hook_name_out':'blocks.3.hook_mlp_out' | expected a"
            + " transcoder, because hook_name_out is blocks.3.hook_mlp_out, found standard",
        "'architecture':'standard','context_size':0         | context_size: expected a whole"
            + " number",
        "'architecture':'standard','prepend_bos':true       | prepend_bos, given twice",
        "'architecture':'standard','d_in':2                 | twice",
        "'architecture':'standard','sae_lens_version':'new' | given twice",
      })
  void refusesContradictionsAndUnknowns(String keys, String problem) throws IOException {
    config(keys.strip() + "," + NEW);
    standard().write(weights());
    assertRefused(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'normalize_activations':'covariance_whitening' | covariance_whitening is not supported",
        "'normalize_activations':3                      | normalize_activations: expected a string",
        "'activation_fn_str':'topk'                     | activation_fn_kwargs.k is missing",
        "'activation_fn_str':'gelu'                     | activation_fn gelu is not supported",
        "'activation_fn_kwargs':{'k':2}                 | expected topk, because k is 2",
        "'hook_name':'blocks.2.hook_resid_pre'          | hook_name, given twice",
        "'hook_point_layer':2                           | hook_layer: expected the layer of",
        "'hook_point_head_index':5                      | SAEs of a single head",
        "'sae_lens_version':'new'                       | sae_lens_version: expected a version",
      })
  void refusesContradictionsInOldFolders(String keys, String problem) throws IOException {
    config(OLD + "," + keys.strip());
    standard().write(weights());
    assertRefused(problem);
  }

  @Test
  void newFolderHasNoBooleanNormalization() throws IOException {
    config("'architecture':'standard'," + NEW.replace("'none'", "true"));
    standard().write(weights());
    assertRefused("normalize_activations: expected a string, found true");
  }

  @Test
  void refusesShapesThatContradictTheConfiguration() throws IOException {
    config("'architecture':'standard'," + NEW);
    new SafetensorsFiles()
        .f32("W_enc", N, D)
        .f32("W_dec", N, D)
        .f32("b_enc", N)
        .f32("b_dec", D)
        .write(weights());
    assertRefused(
        weights() + ": tensor W_enc: expected shape [2, 3], as cfg.json says, found [3, 2]");
    config("'architecture':'standard'," + NEW.replace("'d_sae':3", "'d_sae':4"));
    standard().write(weights());
    assertRefused("tensor W_enc: expected shape [2, 4], as cfg.json says, found [2, 3]");
    config("'architecture':'standard'," + NEW.replace("'d_sae':3,", ""));
    assertRefused("d_sae is missing");
    config("'architecture':'standard'," + NEW.replace("'d_in':2", "'d_in':-2"));
    assertRefused("d_in: expected a whole number from 1, found -2");
  }

  @Test
  void refusesTensorsThatContradictTheArchitecture() throws IOException {
    config("'architecture':'standard'," + NEW);
    standard().f32("threshold", N).write(weights());
    assertRefused("unexpected tensor threshold in an SAE with Relu");
    standard().f32("W_skip", D, D).write(weights());
    assertRefused("unexpected tensor W_skip");
    config("'architecture':'jumprelu'," + NEW);
    standard().write(weights());
    assertRefused("tensor threshold is missing");
    standard().f32("threshold").write(weights());
    assertRefused("tensor threshold: expected shape [3], as cfg.json says, found []");
    config("'architecture':'gated'," + NEW);
    standard().write(weights());
    assertRefused("tensor b_gate is missing");
    standard().f32("b_gate", N).f32("b_mag", N).f32("r_mag", N).write(weights());
    assertRefused("unexpected tensor b_enc in an SAE with Gated");
  }

  @Test
  void refusesWeightsThatAreNoFloats() throws IOException {
    config("'architecture':'standard'," + NEW);
    new SafetensorsFiles()
        .f32("W_enc", D, N)
        .f32("W_dec", N, D)
        .f32("b_enc", N)
        .tensor("b_dec", "I32", new byte[4 * D], D)
        .write(weights());
    assertRefused("tensor b_dec: expected dtype F32, F16, BF16 or F64, found I32");
  }

  @Test
  void refusesHalfFolders() throws IOException {
    standard().write(weights());
    assertRefused(folder + ": is a SAELens folder without cfg.json");
    Files.delete(weights());
    config("'architecture':'standard'," + NEW);
    assertRefused(folder + ": is a SAELens folder without sae_weights.safetensors");
  }

  /** A transcoder of width 2 to 4. */
  private static final String TRANSCODER =
      "'d_in':2,'d_out':4,'d_sae':3,'dtype':'float32','apply_b_dec_to_input':false,"
          + "'normalize_activations':'none','metadata':{'sae_lens_version':'6.54.12',"
          + "'hook_name':'blocks.3.hook_resid_mid','hook_name_out':'blocks.3.hook_mlp_out'}";

  private static SafetensorsFiles transcoder() {
    return new SafetensorsFiles()
        .f32("W_enc", D, N)
        .f32("W_dec", N, 4)
        .f32("b_enc", N)
        .f32("b_dec", 4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transcoder",
        "skip_transcoder",
        "jumprelu_transcoder",
        "jumprelu_skip_transcoder"
      })
  void readsTranscoders(String architecture) throws IOException {
    boolean skip = architecture.contains("skip");
    boolean jump = architecture.startsWith("jumprelu");
    config("'architecture':'" + architecture + "'," + TRANSCODER);
    SafetensorsFiles tensors = transcoder();
    if (skip) {
      tensors.f32("W_skip", 4, D);
    }
    if (jump) {
      tensors.f32("threshold", N);
    }
    tensors.write(weights());
    SaeFile sae = read();
    assertThat(sae.config().dIn()).isEqualTo(D);
    assertThat(sae.config().dOut()).isEqualTo(4);
    assertThat(sae.config().activation())
        .isEqualTo(jump ? new Activation.JumpRelu() : new Activation.Relu());
    assertThat(sae.config().hookName()).contains("blocks.3.hook_resid_mid");
    assertThat(sae.config().hookNameOut()).contains("blocks.3.hook_mlp_out");
    assertThat(sae.config().applyBDecToInput()).isFalse();
    assertThat(sae.tensors().containsKey(SaeTensor.W_SKIP)).isEqualTo(skip);
    assertThat(sae.tensor(SaeTensor.W_DEC).shape()).containsExactly(3L, 4L);
  }

  private static final String BEFORE = "blocks.3.ln2.hook_standardized";
  private static final String AFTER = "blocks.3.ln2.hook_normalized";

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "6.54.12, 'fold_ln':true, before",
        "6.0.0, 'fold_ln':true, before",
        "3.18.2, , before",
        "3.19.1, 'center_writing_weights':true, before",
        "3.19.1, 'fold_ln':false, after",
        "3.19.2, 'center_writing_weights':false, after",
        "5.11.0, 'center_writing_weights':false, after",
        "6.31.0, 'center_writing_weights':false, after",
        "6.31.0rc1, 'fold_ln':false, after",
        "6.31.0, , assumed",
        "6.32.0, 'center_writing_weights':false, assumed",
        "6.54.12, 'fold_ln':false, assumed",
        "6, 'fold_ln':false, assumed",
      })
  void knowsOnWhichSideOfANormsWeightsItWasTrained(
      String trainedBy, String modelOptions, String side) throws IOException {
    standard().write(weights());
    String options =
        modelOptions == null ? "" : ",'model_from_pretrained_kwargs':{" + modelOptions + "}";
    config(
        "'architecture':'standard',"
            + NEW.replace(
                "'hook_name':'blocks.3.hook_resid_post'",
                "'sae_lens_training_version':'%s','hook_name':'blocks.3.ln2.hook_normalized'%s"
                    .formatted(trainedBy, options)));
    SaeConfig config = read().config();
    assertThat(config.hookName()).contains(side.equals("after") ? AFTER : BEFORE);
    assertThat(config.assumptions())
        .filteredOn(assumption -> assumption.contains("hook_normalized"))
        .hasSize(side.equals("assumed") ? 1 : 0)
        .allMatch(
            assumption ->
                assumption.startsWith(AFTER + ": taken before the norm's weight and bias"));
    for (HookNormalized given : HookNormalized.values()) {
      SaeConfig overridden =
          SaeFormats.read(folder, SaeOverrides.none().withHookNormalized(given)).config();
      assertThat(overridden.hookName()).contains(given == HookNormalized.AFTER ? AFTER : BEFORE);
      boolean overruled = !side.equals("assumed") && !given.key().equals(side);
      assertThat(overridden.assumptions())
          .filteredOn(assumption -> assumption.contains("hook_normalized"))
          .isEqualTo(
              overruled
                  ? List.of(
                      "%s: taken %s the norm's weight and bias: given by the caller, instead of"
                              .formatted(AFTER, given.key())
                          + " the file's "
                          + side)
                  : List.of());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.3.ln1.hook_normalized, blocks.3.ln1.hook_standardized, 1",
    "ln_final.hook_normalized, ln_final.hook_standardized, 1",
    "blocks.3.ln2.hook_out, blocks.3.ln2.hook_normalized, 0",
    "blocks.3.ln2.hook_scale, blocks.3.ln2.hook_scale, 0",
    "blocks.3.mlp.hook_out, blocks.3.mlp.hook_out, 0",
  })
  void bothHooksOfATranscoderMayBeAtLayerNorms(String name, String meant, int assumptions)
      throws IOException {
    transcoder().write(weights());
    config(
        "'architecture':'transcoder',"
            + TRANSCODER
                .replace("blocks.3.hook_resid_mid", name)
                .replace("blocks.3.hook_mlp_out", name));
    SaeConfig config = read().config();
    assertThat(config.hookName()).contains(meant);
    assertThat(config.hookNameOut()).contains(meant);
    assertThat(config.assumptions()).hasSize(assumptions);
  }

  @Test
  void refusesTranscodersThatContradictThemselves() throws IOException {
    transcoder().write(weights());
    config("'architecture':'transcoder'," + TRANSCODER.replace("'d_out':4,", ""));
    assertRefused("d_out is missing");
    config("'architecture':'transcoder'," + TRANSCODER.replace("'d_out':4", "'d_out':2"));
    assertRefused("tensor W_dec: expected shape [3, 2], as cfg.json says, found [3, 4]");
    config("'architecture':'transcoder'," + TRANSCODER.replace("'none'", "'layer_norm'"));
    assertRefused("normalize_activations of architecture transcoder: expected none");
    config("'architecture':'transcoder'," + TRANSCODER.replace("hook_name_out", "other"));
    assertRefused("metadata.hook_name_out is missing");
    config("'architecture':'transcoder','hook_head_index_out':1," + TRANSCODER);
    assertRefused("hook_head_index_out: SAEs of a single head");
    config("'architecture':'skip_transcoder'," + TRANSCODER);
    assertRefused("tensor W_skip is missing");
    transcoder().f32("W_skip", D, 4).write(weights());
    assertRefused("tensor W_skip: expected shape [4, 2], as cfg.json says, found [2, 4]");
    config("'architecture':'transcoder'," + TRANSCODER);
    assertRefused("unexpected tensor W_skip");
  }

  @Test
  void refusesMalformedConfiguration() throws IOException {
    standard().write(weights());
    for (String json : new String[] {"", "[]", "{", "{'d_in':NaN}", "{} {}", "{'a':1,'a':1}"}) {
      Files.writeString(folder.resolve("cfg.json"), json.replace('\'', '"'));
      assertRefused(folder.resolve("cfg.json") + ": ");
    }
    Files.writeString(folder.resolve("cfg.json"), "{\"a\":" + "[".repeat(1_000_000));
    assertRefused(folder.resolve("cfg.json") + ": ");
  }

  private static SaeFile fixture(String name) throws IOException {
    return SaeFormats.read(TestData.path("saes/saelens/" + name), SaeOverrides.none());
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private Path weights() {
    return folder.resolve("sae_weights.safetensors");
  }

  /** Writes a configuration of JSON members with apostrophes for quotes. */
  private void config(String members) throws IOException {
    Files.writeString(folder.resolve("cfg.json"), ("{" + members + "}").replace('\'', '"'));
  }

  private void scaler(String json) throws IOException {
    Files.writeString(folder.resolve("activation_scaler.json"), json.replace('\'', '"'));
  }

  private static SafetensorsFiles standard() {
    return new SafetensorsFiles()
        .f32("W_enc", D, N)
        .f32("W_dec", N, D)
        .f32("b_enc", N)
        .f32("b_dec", D);
  }

  private SaeFile read() throws IOException {
    return SaeFormats.read(folder, SaeOverrides.none());
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(this::read)
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContainingAll(parts);
  }
}
