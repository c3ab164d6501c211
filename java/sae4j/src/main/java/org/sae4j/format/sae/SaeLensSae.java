package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.JsonFields;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.NamedTensors;

/** SAELens folders, of every version. */
final class SaeLensSae {
  private static final String FORMAT = "SAELens";
  static final String CONFIG = "cfg.json";
  static final String WEIGHTS = "sae_weights.safetensors";
  private static final String SCALER = "activation_scaler.json";

  /** What EleutherAI's sparsify has beside its own cfg.json. */
  private static final String SPARSIFY_WEIGHTS = "sae.safetensors";

  /** A factor on the latents, from a way of finetuning that SAELens has given up. */
  private static final Set<String> SCALING_FACTORS =
      Set.of("scaling_factor", "finetuning_scaling_factor");

  private final Path folder;
  private final SaeLensConfig config;
  private final NamedTensors weights;
  private final List<Path> files = new ArrayList<>();
  private final List<String> assumptions = new ArrayList<>();

  private SaeLensSae(Path folder) throws IOException {
    this.folder = folder;
    this.config = SaeLensConfig.read(present(CONFIG));
    Path file = present(WEIGHTS);
    this.weights = new NamedTensors(file, Safetensors.read(file).tensors(), CONFIG);
  }

  /** Tells whether a path is such a folder, or one of its two files. */
  static boolean recognises(SaeSource source) {
    Path path = source.path();
    if (!Files.isDirectory(path)) {
      String name = path.getFileName().toString();
      boolean sparsify = Files.exists(path.resolveSibling(SPARSIFY_WEIGHTS));
      return name.equals(WEIGHTS) || name.equals(CONFIG) && !sparsify;
    }
    return Files.exists(path.resolve(WEIGHTS))
        || Files.exists(path.resolve(CONFIG)) && !Files.exists(path.resolve(SPARSIFY_WEIGHTS));
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    Path path = source.path();
    Path folder = Files.isDirectory(path) ? path : path.resolveSibling("");
    return new SaeLensSae(folder).canonical(path, overrides);
  }

  private SaeFile canonical(Path path, SaeOverrides overrides) throws IOException {
    Activation activation = config.activation();
    Map<SaeTensor, StoredTensor> tensors = tensors(activation);
    checkScalingFactor();
    noteOtherDtype(tensors.get(SaeTensor.W_ENC));
    InputNormalization declared = declaredNormalization();
    SaeConfig.Builder sae =
        SaeConfig.builder(FORMAT, config.dIn(), config.dSae(), activation)
            .dOut(config.dOut())
            .applyBDecToInput(config.applyBDecToInput())
            .rescaleActsByDecoderNorm(config.rescaleActsByDecoderNorm());
    SaeLensModelOptions model = config.modelOptions();
    sae.centreInput(Centring.of(model.centreInput(), overrides, assumptions));
    sae.valueBiases(model.valueBiases());
    model.refuseRefactoring();
    config.prependBos().ifPresent(sae::prependBos);
    SaeLensLayerNorms norms = new SaeLensLayerNorms(config, overrides.hookNormalized());
    config.hookName().map(norms::named).ifPresent(sae::hookName);
    config.hookNameOut().map(norms::named).ifPresent(sae::hookNameOut);
    config.contextSize().ifPresent(sae::contextSize);
    config.modelName().ifPresent(sae::modelName);
    assumptions.addAll(config.assumptions());
    assumptions.addAll(model.assumptions());
    assumptions.addAll(norms.assumptions());
    assumptions.addAll(config.unused());
    InputNormalization.of(folder.resolve(CONFIG), declared, overrides, assumptions).addTo(sae);
    SaeConfig canonical = sae.assumptions(assumptions).build();
    return new SaeFile(path, canonical, tensors, files, List.of());
  }

  private Path present(String name) throws FormatException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      throw FormatException.of(folder, "is a SAELens folder without " + name);
    }
    files.add(file);
    return file;
  }

  private Map<SaeTensor, StoredTensor> tensors(Activation activation) throws IOException {
    int d = config.dIn();
    int dOut = config.dOut();
    int n = config.dSae();
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    tensors.put(SaeTensor.W_ENC, take("W_enc", d, n).transposed());
    tensors.put(SaeTensor.W_DEC, take("W_dec", n, dOut));
    tensors.put(SaeTensor.B_DEC, take("b_dec", dOut));
    if (config.hasSkip()) {
      tensors.put(SaeTensor.W_SKIP, take("W_skip", dOut, d));
    }
    if (activation instanceof Activation.Gated) {
      tensors.put(SaeTensor.B_GATE, take("b_gate", n));
      tensors.put(SaeTensor.B_MAG, take("b_mag", n));
      tensors.put(SaeTensor.R_MAG, take("r_mag", n));
    } else {
      tensors.put(SaeTensor.B_ENC, take("b_enc", n));
    }
    if (activation instanceof Activation.JumpRelu) {
      tensors.put(SaeTensor.THRESHOLD, threshold(n));
    }
    weights.requireAllTaken(
        SCALING_FACTORS, "an SAE with " + activation + (config.hasSkip() ? " and a skip" : ""));
    return tensors;
  }

  private StoredTensor take(String name, long... shape) throws FormatException {
    return weights.weights(name, shape);
  }

  private StoredTensor threshold(int n) throws IOException {
    boolean checkpoint =
        config.isBatchTopK() && !weights.has("threshold") && weights.has("topk_threshold");
    if (!checkpoint) {
      return take("threshold", n);
    }
    // What SAELens itself makes of it when it saves a checkpoint for inference.
    StoredTensor scalar = take("topk_threshold");
    double value = scalar.scalar();
    if (!Double.isFinite(value)) {
      throw FormatException.mismatch(
          scalar.file(), "tensor topk_threshold", "a finite number", value);
    }
    assumptions.add("threshold " + value + " for every latent: the checkpoint's topk_threshold");
    return scalar.repeated(n);
  }

  /** Accepts a factor of ones, which early versions always wrote, and refuses every other. */
  private void checkScalingFactor() throws IOException {
    boolean found = false;
    for (String name : SCALING_FACTORS) {
      if (weights.has(name)) {
        found = true;
        for (float factor : take(name, config.dSae()).toFloats()) {
          // SAELens's own tolerance; written so that a NaN fails as well.
          if (!(Math.abs(factor - 1) <= 1e-5)) {
            throw FormatException.mismatch(
                folder.resolve(WEIGHTS), "tensor " + name + " (not supported)", "ones", factor);
          }
        }
      }
    }
    if (config.finetuningScalingFactor() && !found) {
      throw FormatException.of(
          folder.resolve(CONFIG), "finetuning_scaling_factor is true, but no tensor holds it");
    }
  }

  private void noteOtherDtype(StoredTensor weight) throws FormatException {
    String stored = weight.dtype().safetensorsName();
    Optional<String> wanted = config.dtype();
    if (wanted.isPresent() && !wanted.get().equals(stored)) {
      assumptions.add("dtype " + stored + ": as stored; the configuration says " + wanted.get());
    }
  }

  private InputNormalization declaredNormalization() throws IOException {
    Normalization kind = config.normalization();
    OptionalDouble scale = OptionalDouble.empty();
    if (Files.exists(folder.resolve(SCALER))) {
      scale = scale(present(SCALER));
    }
    if (scale.isPresent() && kind != Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      throw FormatException.mismatch(
          folder.resolve(SCALER),
          "scaling_factor",
          "null, because normalize_activations of " + CONFIG + " is " + kind.key(),
          scale.getAsDouble());
    }
    return new InputNormalization(kind, scale);
  }

  private OptionalDouble scale(Path file) throws IOException {
    JsonFields scaler = JsonFields.read(file);
    if (scaler.bool("has_whitening").orElse(false)) {
      throw FormatException.of(file, "whitened activations are not supported");
    }
    OptionalDouble factor = scaler.number("scaling_factor");
    if (factor.isPresent() && factor.getAsDouble() <= 0) {
      throw scaler.mismatch("scaling_factor", "a number above zero", factor.getAsDouble());
    }
    assumptions.addAll(scaler.unused(Set.of()));
    return factor;
  }
}
