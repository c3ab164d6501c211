package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.NamedTensors;
import org.sae4j.format.torch.TorchArchive;

/**
 * The {@code ae.pt} files of {@code dictionary_learning}, with or without the {@code config.json}
 * beside them.
 */
final class DictionaryLearningSae {
  private static final String FORMAT = "dictionary_learning";
  private static final String WEIGHTS = "ae.pt";
  private static final String CONFIG = "config.json";
  private static final String CHECKPOINTS = "checkpoints";

  private final Path file;
  private final NamedTensors weights;
  private final Optional<DictionaryLearningConfig> config;
  private final DictionaryClass dictionary;
  private final List<Path> files = new ArrayList<>();
  private final List<String> assumptions = new ArrayList<>();

  private DictionaryLearningSae(Path file, TorchArchive archive) throws IOException {
    this.file = file;
    this.weights = NamedTensors.of(file, archive);
    files.add(file);
    Path json = configOf(file);
    if (Files.exists(json)) {
      files.add(json);
      this.config = Optional.of(DictionaryLearningConfig.read(json));
    } else {
      this.config = Optional.empty();
    }
    this.dictionary = dictionary();
  }

  /** Beside the file; checkpoints lie in a folder beside it. */
  private static Path configOf(Path file) {
    Path beside = file.resolveSibling(CONFIG);
    Path folder = file.toAbsolutePath().normalize().getParent();
    boolean checkpoint = Files.notExists(beside) && folder != null && folder.endsWith(CHECKPOINTS);
    return checkpoint ? folder.resolveSibling(CONFIG) : beside;
  }

  /** Tells whether a path is a folder with such a file, or a torch archive with its names. */
  static boolean recognises(SaeSource source) throws IOException {
    Path path = source.path();
    if (Files.isDirectory(path)) {
      return Files.exists(path.resolve(WEIGHTS));
    }
    if (path.endsWith(CONFIG)) {
      return Files.exists(path.resolveSibling(WEIGHTS));
    }
    return source.isArchive() && DictionaryClass.mayHave(source.archive().entries().keySet());
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    Path path = source.path();
    Path file = path;
    if (Files.isDirectory(path)) {
      file = path.resolve(WEIGHTS);
    } else if (path.endsWith(CONFIG)) {
      file = path.resolveSibling(WEIGHTS);
    }
    return new DictionaryLearningSae(file, source.archive(file)).canonical(path, overrides);
  }

  private SaeFile canonical(Path path, SaeOverrides overrides) throws IOException {
    int d = (int) weights.vector(dictionary.decoderBias()).dim(0);
    int n = (int) weights.vector(dictionary.latentVector()).dim(0);
    if (config.isPresent()) {
      config.get().requireSizes(d, n, file);
    }
    Optional<Integer> k = k(n);
    Activation activation = activation(k);
    Map<SaeTensor, StoredTensor> tensors = tensors(d, n);
    checkGroups(n);
    List<String> ignored =
        weights.requireAllTaken(dictionary.ignored(), "an SAE of class " + dictionary.className());
    SaeConfig.Builder sae =
        SaeConfig.builder(FORMAT, d, n, activation).applyBDecToInput(dictionary.subtractsBias());
    InputNormalization.of(file, InputNormalization.NONE, overrides, assumptions).addTo(sae);
    if (config.isPresent()) {
      config.get().hook(assumptions).ifPresent(sae::hookName);
      config.get().contextSize().ifPresent(sae::contextSize);
      config.get().modelName().ifPresent(sae::modelName);
    }
    sae.centreInput(Centring.of(false, overrides, assumptions));
    config.ifPresent(said -> assumptions.addAll(said.unused()));
    assumptions.addAll(weights.others(dictionary.hasK() ? Set.of("k") : Set.of()));
    SaeConfig canonical = sae.assumptions(assumptions).build();
    return new SaeFile(path, canonical, tensors, files, ignored);
  }

  private DictionaryClass dictionary() throws FormatException {
    Optional<String> named = config.isPresent() ? config.get().dictionaryClass() : Optional.empty();
    if (named.isPresent()) {
      return DictionaryClass.ofName(named.get(), names())
          .orElseThrow(
              () ->
                  FormatException.of(
                      configOf(file), "trainer.dict_class " + named.get() + " is not supported"));
    }
    List<DictionaryClass> fitting = DictionaryClass.ofTensors(names());
    if (fitting.size() != 1) {
      throw FormatException.of(
          file,
          "no %s says which class it is of, and its tensors are those of %s: %s"
              .formatted(
                  CONFIG,
                  fitting.isEmpty() ? "none" : "several",
                  fitting.isEmpty() ? weights.names() : fitting));
    }
    assumptions.add("class " + fitting.get(0) + ": told by the names of its tensors");
    return fitting.get(0);
  }

  /** The number of active latents, which file and configuration have to agree on. */
  private Optional<Integer> k(int n) throws IOException {
    Optional<Integer> declared = config.isPresent() ? config.get().k() : Optional.empty();
    if (!dictionary.hasK()) {
      if (declared.isPresent()) {
        throw FormatException.of(
            configOf(file),
            "trainer.k is %d, but %s has no k".formatted(declared.get(), dictionary));
      }
      return Optional.empty();
    }
    Optional<Integer> stored = storedK(n);
    if (stored.isPresent() && declared.isPresent() && !stored.equals(declared)) {
      throw FormatException.mismatch(
          file, "tensor k", declared.get() + ", trainer.k of " + CONFIG, stored.get());
    }
    int k =
        stored
            .or(() -> declared)
            .orElseThrow(() -> FormatException.of(file, "neither it nor its config.json says k"));
    if (k > n) {
      throw FormatException.mismatch(file, "k", "at most the number of latents, " + n, k);
    }
    return Optional.of(k);
  }

  /** As a tensor, or as a plain number. */
  private Optional<Integer> storedK(int n) throws IOException {
    Optional<Long> k =
        weights.has("k") ? Optional.of(weights.any("k").longScalar()) : weights.number("k");
    if (k.isPresent() && (k.get() < 1 || k.get() > n)) {
      throw FormatException.mismatch(file, "tensor k", "a whole number from 1 to " + n, k.get());
    }
    return k.map(Long::intValue);
  }

  /** The names that tell a class: of tensors, and of numbers that may stand for one. */
  private Set<String> names() {
    Set<String> names = new HashSet<>(weights.names());
    weights.number("k").ifPresent(k -> names.add("k"));
    return names;
  }

  private Activation activation(Optional<Integer> k) {
    return switch (dictionary) {
      case AUTO_ENCODER, AUTO_ENCODER_NEW, BENCH_RELU -> new Activation.Relu();
      case GATED, BENCH_GATED -> new Activation.Gated();
      case TOP_K, BENCH_TOP_K -> new Activation.TopK(k.orElseThrow());
      case JUMP_RELU, BATCH_TOP_K, MATRYOSHKA, BENCH_BATCH_TOP_K -> new Activation.JumpRelu();
    };
  }

  private Map<SaeTensor, StoredTensor> tensors(int d, int n) throws IOException {
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    if (dictionary.isLinear()) {
      tensors.put(SaeTensor.W_ENC, weights.weights("encoder.weight", n, d));
      tensors.put(SaeTensor.W_DEC, weights.weights("decoder.weight", d, n).transposed());
    } else {
      tensors.put(SaeTensor.W_ENC, weights.weights("W_enc", d, n).transposed());
      tensors.put(SaeTensor.W_DEC, weights.weights("W_dec", n, d));
    }
    tensors.put(SaeTensor.B_DEC, weights.weights(dictionary.decoderBias(), d));
    switch (dictionary) {
      case GATED, BENCH_GATED -> {
        String magnitudes = dictionary == DictionaryClass.GATED ? "mag_bias" : "b_mag";
        tensors.put(SaeTensor.B_GATE, weights.weights("gate_bias", n));
        tensors.put(SaeTensor.B_MAG, weights.weights(magnitudes, n));
        tensors.put(SaeTensor.R_MAG, weights.weights("r_mag", n));
      }
      case JUMP_RELU -> {
        tensors.put(SaeTensor.B_ENC, weights.weights("b_enc", n));
        tensors.put(SaeTensor.THRESHOLD, weights.weights("threshold", n));
      }
      case BATCH_TOP_K, MATRYOSHKA, BENCH_BATCH_TOP_K -> {
        tensors.put(SaeTensor.B_ENC, weights.weights(dictionary.latentVector(), n));
        tensors.put(SaeTensor.THRESHOLD, batchThreshold(n));
      }
      default -> tensors.put(SaeTensor.B_ENC, weights.weights(dictionary.latentVector(), n));
    }
    return tensors;
  }

  /** One threshold for all latents, learnt in training so that k of them are active on average. */
  private StoredTensor batchThreshold(int n) throws IOException {
    StoredTensor threshold = weights.weights("threshold");
    double value = threshold.scalar();
    if (!Double.isFinite(value)) {
      throw FormatException.mismatch(file, "tensor threshold", "a finite number", value);
    }
    if (value < 0 && dictionary == DictionaryClass.BENCH_BATCH_TOP_K) {
      throw FormatException.mismatch(
          file, "tensor threshold", "a number from 0, which SAEBench needs", value);
    }
    assumptions.add(
        value < 0
            ? "threshold "
                + value
                + ": never set in training, so that every latent above zero is active, as in"
                + " dictionary_learning itself"
            : "threshold " + value + " for every latent, as dictionary_learning has it by default");
    return threshold.repeated(n);
  }

  private void checkGroups(int n) throws IOException {
    if (dictionary != DictionaryClass.MATRYOSHKA) {
      return;
    }
    StoredTensor groups = weights.any("group_sizes");
    double sum = 0;
    if (groups.rank() != 1 || groups.dtype().isFloating() || !groups.dtype().isConvertible()) {
      throw FormatException.mismatch(
          file, "tensor group_sizes", "a vector of whole numbers", groups.shape());
    }
    for (float size : groups.toFloats()) {
      if (size < 1) {
        throw FormatException.mismatch(file, "tensor group_sizes", "sizes above zero", size);
      }
      sum += size;
    }
    if (sum != n) {
      throw FormatException.mismatch(
          file, "tensor group_sizes", "a sum of " + n + ", the number of latents", sum);
    }
  }
}
