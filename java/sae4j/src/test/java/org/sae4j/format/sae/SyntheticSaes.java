package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.format.container.RandomTensors;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.torch.TorchTensors;

/** SAEs and transcoders of kinds that no fixture is of, with random weights. */
final class SyntheticSaes {
  private static final int LATENTS = 96;
  private static final String HOOK_IN = "blocks.3.hook_resid_mid";
  private static final String HOOK_OUT = "blocks.3.hook_mlp_out";

  private final Path folder;
  private final int width;
  private final RandomTensors random = new RandomTensors(6);

  private SyntheticSaes(Path folder, int width) {
    this.folder = folder;
    this.width = width;
  }

  /** Writes one of each kind that SAELens can express. */
  static List<Path> write(Path folder, int width) throws IOException {
    SyntheticSaes saes = new SyntheticSaes(folder, width);
    List<Path> paths = new ArrayList<>();
    for (DictionaryClass dictionary : DictionaryClass.values()) {
      paths.add(saes.dictionary(dictionary));
    }
    for (String kind : List.of("transcoder", "skip_transcoder")) {
      paths.add(saes.transcoder(kind, width));
      paths.add(saes.transcoder("jumprelu_" + kind, width / 2));
    }
    paths.add(saes.gemmaTranscoder());
    paths.add(saes.scaled());
    paths.add(saes.rescaled());
    return paths;
  }

  private Path newFolder(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  private Path dictionary(DictionaryClass dictionary) throws IOException {
    Path target = newFolder(dictionary.name());
    boolean hasK = dictionary.hasK();
    config(
        target.resolve("config.json"),
        "{'trainer':{'dict_class':'" + dictionary + "'" + (hasK ? ",'k':8" : "") + "}}");
    TorchTensors tensors = new TorchTensors();
    if (dictionary.isLinear()) {
      matrix(tensors, "encoder.weight", LATENTS, width);
      matrix(tensors, "decoder.weight", width, LATENTS);
    } else {
      matrix(tensors, "W_enc", width, LATENTS);
      matrix(tensors, "W_dec", LATENTS, width);
    }
    vector(tensors, dictionary.decoderBias(), width);
    vector(tensors, dictionary.latentVector(), LATENTS);
    switch (dictionary) {
      case AUTO_ENCODER, AUTO_ENCODER_NEW, BENCH_RELU -> {}
      case GATED, BENCH_GATED -> {
        vector(tensors, dictionary == DictionaryClass.GATED ? "mag_bias" : "b_mag", LATENTS);
        vector(tensors, "r_mag", LATENTS);
      }
      case BENCH_TOP_K -> tensors.integer("k", 8);
      case JUMP_RELU ->
          tensors.tensor("threshold", "FloatStorage", random.positive(2, LATENTS), LATENTS);
      case TOP_K, BATCH_TOP_K, BENCH_BATCH_TOP_K ->
          tensors.integer("k", 8).scalar("threshold", 0.75f);
      case MATRYOSHKA ->
          tensors.integer("k", 8).scalar("threshold", 0.75f).longs("group_sizes", 32, LATENTS - 32);
    }
    tensors.write(target.resolve("ae.pt"));
    return target;
  }

  private void matrix(TorchTensors tensors, String name, long rows, long columns) {
    tensors.tensor(name, "FloatStorage", random.f32(0.2, rows, columns), rows, columns);
  }

  private void vector(TorchTensors tensors, String name, long length) {
    tensors.tensor(name, "FloatStorage", random.f32(0.5, length), length);
  }

  private Path transcoder(String kind, int dOut) throws IOException {
    Path target = newFolder(kind);
    config(
        target.resolve("cfg.json"),
        """
        {'architecture':'%s','d_in':%d,'d_out':%d,'d_sae':%d,'dtype':'float32',
         'apply_b_dec_to_input':false,'normalize_activations':'none',
         'metadata':{'sae_lens_version':'6.54.12','hook_name':'%s','hook_name_out':'%s'}}
        """
            .formatted(kind, width, dOut, LATENTS, HOOK_IN, HOOK_OUT));
    SafetensorsFiles tensors = sae("W_enc", "W_dec", dOut);
    if (kind.contains("skip")) {
      tensors.tensor("W_skip", "F32", random.f32(0.1, dOut, width), dOut, width);
    }
    if (kind.startsWith("jumprelu")) {
      tensors.tensor("threshold", "F32", random.positive(2, LATENTS), LATENTS);
    }
    tensors.write(target.resolve("sae_weights.safetensors"));
    return target;
  }

  private Path gemmaTranscoder() throws IOException {
    Path target = newFolder("gemma_transcoder");
    config(
        target.resolve("config.json"),
        """
        {'architecture':'jump_relu','affine_connection':true,
         'hf_hook_point_in':'model.layers.3.pre_feedforward_layernorm.output',
         'hf_hook_point_out':'model.layers.3.post_feedforward_layernorm.output'}
        """);
    sae("w_enc", "w_dec", width / 3)
        .tensor("threshold", "F32", random.positive(2, LATENTS), LATENTS)
        .tensor(
            "affine_skip_connection", "F32", random.f32(0.1, width, width / 3), width, width / 3)
        .write(target.resolve("params.safetensors"));
    return target;
  }

  /** With the constant of expected_average_only_in, which is to be folded into the weights. */
  private Path scaled() throws IOException {
    Path target = newFolder("scaled");
    config(target.resolve("activation_scaler.json"), "{'scaling_factor':0.125}");
    return saeLens(target, "expected_average_only_in", false);
  }

  /** With latents that compete by what they add to the output. */
  private Path rescaled() throws IOException {
    return saeLens(newFolder("rescaled"), "constant_norm_rescale", true);
  }

  private Path saeLens(Path target, String normalization, boolean rescale) throws IOException {
    config(
        target.resolve("cfg.json"),
        """
        {'architecture':'topk','k':8,'d_in':%d,'d_sae':%d,'dtype':'float32',
         'apply_b_dec_to_input':true,'normalize_activations':'%s',
         'rescale_acts_by_decoder_norm':%s,
         'metadata':{'sae_lens_version':'6.54.12','hook_name':'%s'}}
        """
            .formatted(width, LATENTS, normalization, rescale, HOOK_IN));
    sae("W_enc", "W_dec", width).write(target.resolve("sae_weights.safetensors"));
    return target;
  }

  private SafetensorsFiles sae(String encoder, String decoder, int dOut) {
    return new SafetensorsFiles()
        .tensor(encoder, "F32", random.f32(0.2, width, LATENTS), width, LATENTS)
        .tensor(decoder, "F32", random.f32(0.2, LATENTS, dOut), LATENTS, dOut)
        .tensor("b_enc", "F32", random.f32(0.5, LATENTS), LATENTS)
        .tensor("b_dec", "F32", random.f32(0.5, dOut), dOut);
  }

  private static void config(Path file, String json) throws IOException {
    Files.writeString(file, json.replace('\'', '"'));
  }
}
