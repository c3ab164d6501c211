package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.JsonFields;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.NamedTensors;

/**
 * {@code NAME.pt} with {@code NAME_cfg.json} beside it, as the code for SAEs of one-layer models
 * has them, and after it that for the attention of GPT-2 small.
 *
 * <p>All are ReLU, and the encoder sees x less the decoder's bias.
 */
final class OneLayerSae {
  private static final String FORMAT = "1L-Sparse-Autoencoder";
  private static final String ARCHIVE = ".pt";
  private static final String CONFIG = "_cfg.json";

  /** How it was trained. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          """
          batch_size beta1 beta2 buffer_batches buffer_mult buffer_size d_mlp device dict_mult
          enc_dtype l1_coeff lr model_batch_size name num_tokens remove_rare_dir save_dir seed site
          """
              .strip()
              .split("\\s+"));

  private final Path file;
  private final NamedTensors weights;
  private final JsonFields config;
  private final List<String> assumptions = new ArrayList<>();

  private OneLayerSae(SaeSource source) throws IOException {
    this.file = source.path();
    this.weights = NamedTensors.of(file, source.archive());
    this.config = JsonFields.read(configOf(file));
  }

  /** Tells whether a path is such a file, by its name and that of its configuration. */
  static boolean recognises(SaeSource source) {
    Path path = source.path();
    return Files.isRegularFile(path)
        && path.toString().endsWith(ARCHIVE)
        && Files.isRegularFile(configOf(path));
  }

  private static Path configOf(Path file) {
    String name = file.getFileName().toString();
    return file.resolveSibling(name.substring(0, name.length() - ARCHIVE.length()) + CONFIG);
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    return new OneLayerSae(source).canonical(overrides);
  }

  private SaeFile canonical(SaeOverrides overrides) throws IOException {
    int d = size("act_size", weights.vector("b_dec"));
    int n = size("dict_size", weights.vector("b_enc"));
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    tensors.put(SaeTensor.W_ENC, weights.weights("W_enc", d, n).transposed());
    tensors.put(SaeTensor.W_DEC, weights.weights("W_dec", n, d));
    tensors.put(SaeTensor.B_ENC, weights.weights("b_enc", n));
    tensors.put(SaeTensor.B_DEC, weights.weights("b_dec", d));
    weights.requireAllTaken(Set.of(), "an SAE of " + FORMAT);
    SaeConfig.Builder sae =
        SaeConfig.builder(FORMAT, d, n, new Activation.Relu())
            .applyBDecToInput(true)
            .prependBos(true);
    InputNormalization.of(file, InputNormalization.NONE, overrides, assumptions).addTo(sae);
    Optional<String> hook = config.string("act_name");
    hook.ifPresent(sae::hookName);
    checkLayer(hook);
    assumptions.add("prepend_bos: not written by this project, taken as true");
    if (hook.filter(name -> name.endsWith("hook_z")).isPresent()) {
      assumptions.add(
          "value biases: taken as a part of hook_z; nothing says whether the model had them folded");
    }
    sae.centreInput(Centring.of(false, overrides, assumptions));
    config.integer("seq_len", 1).ifPresent(sae::contextSize);
    config.string("model_name").ifPresent(sae::modelName);
    assumptions.addAll(config.unused(WITHOUT_EFFECT));
    assumptions.addAll(weights.others(Set.of()));
    SaeConfig canonical = sae.assumptions(assumptions).build();
    return new SaeFile(file, canonical, tensors, List.of(file, configOf(file)), List.of());
  }

  private int size(String key, StoredTensor vector) throws FormatException {
    int size = (int) vector.dim(0);
    Optional<Integer> declared = config.integer(key, 1);
    if (declared.isPresent() && declared.get() != size) {
      throw config.mismatch(
          key,
          "%d, as %s of %s has".formatted(size, vector.name(), file.getFileName()),
          declared.get());
    }
    return size;
  }

  private void checkLayer(Optional<String> hook) throws FormatException {
    Optional<Integer> layer = config.integer("layer", 0);
    boolean other =
        layer.isPresent()
            && hook.filter(
                    name ->
                        name.startsWith("blocks.")
                            && !name.startsWith("blocks." + layer.get() + "."))
                .isPresent();
    if (other) {
      throw config.mismatch("layer", "that of act_name " + hook.get(), layer.get());
    }
  }
}
