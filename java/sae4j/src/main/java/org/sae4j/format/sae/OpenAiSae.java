package org.sae4j.format.sae;

import java.io.IOException;
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
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.PickleDict;
import org.sae4j.format.torch.PickleNone;

/** The {@code .pt} files of OpenAI's {@code sparse_autoencoder}. */
final class OpenAiSae {
  private static final String FORMAT = "OpenAI";

  /** Keys that say nothing about what the SAE computes. */
  private static final Set<String> STATISTICS =
      Set.of("stats_last_nonzero", "latents_activation_frequency", "latents_mean_square");

  private static final Set<String> PARAMETERS =
      Set.of("pre_bias", "latent_bias", "encoder.weight", "decoder.weight");

  /** The activation's state once more, where torch has flattened it into the main dict. */
  private static final Set<String> ACTIVATION =
      Set.of("activation", "activation_state_dict", "activation.k", "activation.postact_fn");

  private final Path file;
  private final Map<String, Object> entries;
  private final List<String> assumptions = new ArrayList<>();

  private OpenAiSae(Path file, Map<String, Object> entries) {
    this.file = file;
    this.entries = entries;
  }

  /** Tells whether a path is a torch archive with names that only this format has. */
  static boolean recognises(SaeSource source) throws IOException {
    if (!source.isArchive()) {
      return false;
    }
    Set<String> keys = source.archive().entries().keySet();
    return keys.contains("pre_bias") || keys.contains("latent_bias");
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    return new OpenAiSae(source.path(), source.archive().entries()).canonical(overrides);
  }

  private SaeFile canonical(SaeOverrides overrides) throws IOException {
    refuseUnknownKeys();
    Map<SaeTensor, StoredTensor> tensors = tensors();
    int d = (int) tensors.get(SaeTensor.B_DEC).dim(0);
    int n = (int) tensors.get(SaeTensor.B_ENC).dim(0);
    Activation activation = activation(n);
    InputNormalization normalization =
        InputNormalization.of(file, declaredNormalization(activation), overrides, assumptions);
    if (overrides.normalization().isEmpty()) {
      assumptions.add(
          "normalization "
              + normalization.kind().key()
              + ": not stored in the file, taken from its activation as OpenAI's loader does");
    }
    SaeConfig.Builder sae =
        SaeConfig.builder(FORMAT, d, n, activation)
            .applyBDecToInput(true)
            .centreInput(Centring.of(false, overrides, assumptions));
    normalization.addTo(sae);
    hookName().ifPresent(sae::hookName);
    SaeConfig config = sae.assumptions(assumptions).build();
    List<String> ignored = entries.keySet().stream().filter(STATISTICS::contains).toList();
    return new SaeFile(file, config, tensors, List.of(file), ignored);
  }

  private void refuseUnknownKeys() throws FormatException {
    for (String key : entries.keySet()) {
      if (!PARAMETERS.contains(key) && !STATISTICS.contains(key) && !ACTIVATION.contains(key)) {
        throw FormatException.of(file, "unexpected key " + key);
      }
    }
  }

  private Map<SaeTensor, StoredTensor> tensors() throws FormatException {
    StoredTensor preBias = vector("pre_bias"); // [d]
    StoredTensor latentBias = vector("latent_bias"); // [n]
    long d = preBias.dim(0);
    long n = latentBias.dim(0);
    StoredTensor encoder = parameter("encoder.weight").requireShape(n, d).requireDense();
    StoredTensor decoder = parameter("decoder.weight").requireShape(d, n).requireDense();
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    tensors.put(SaeTensor.W_ENC, encoder);
    tensors.put(SaeTensor.W_DEC, decoder.transposed());
    tensors.put(SaeTensor.B_ENC, latentBias);
    tensors.put(SaeTensor.B_DEC, preBias);
    return tensors;
  }

  private StoredTensor vector(String key) throws FormatException {
    StoredTensor tensor = parameter(key);
    if (tensor.rank() != 1 || tensor.dim(0) < 1 || tensor.dim(0) > Integer.MAX_VALUE) {
      throw FormatException.mismatch(file, "tensor " + key, "a vector", "shape " + tensor.shape());
    }
    return tensor;
  }

  private StoredTensor parameter(String key) throws FormatException {
    Object value = entries.get(key);
    if (!(value instanceof StoredTensor tensor)) {
      String problem = value == null ? " is missing" : " is not a tensor";
      throw FormatException.of(file, "tensor " + key + problem);
    }
    return tensor.requireFloating();
  }

  private Activation activation(int n) throws FormatException {
    if (!entries.containsKey("activation")) {
      refuseActivationState();
      assumptions.add("activation ReLU: the file names none");
      return new Activation.Relu();
    }
    String name = String.valueOf(entries.get("activation"));
    return switch (name) {
      case "ReLU" -> {
        refuseActivationState();
        yield new Activation.Relu();
      }
      case "TopK" -> topK(n);
      case "Identity" ->
          throw FormatException.of(file, "activation Identity is not supported: no latent is zero");
      default -> throw FormatException.mismatch(file, "activation", "ReLU or TopK", name);
    };
  }

  /** An activation without parameters must not come with any: the file would mean TopK. */
  private void refuseActivationState() throws FormatException {
    boolean stateful =
        entries.get("activation_state_dict") instanceof PickleDict state
            && !state.entries().isEmpty();
    if (stateful || entries.containsKey("activation.k")) {
      throw FormatException.of(file, "has the state of a TopK activation, but does not name TopK");
    }
  }

  private Activation topK(int n) throws FormatException {
    if (!(entries.get("activation_state_dict") instanceof PickleDict state)) {
      throw FormatException.of(file, "activation TopK without activation_state_dict");
    }
    for (Object key : state.entries().keySet()) {
      if (!key.equals("k") && !key.equals("postact_fn")) {
        throw FormatException.of(file, "unexpected key activation_state_dict." + key);
      }
    }
    requireAgreement(state, "k");
    requireAgreement(state, "postact_fn");
    Object after = state.get("postact_fn").orElse("ReLU");
    if (!after.equals("ReLU")) {
      throw FormatException.mismatch(file, "activation_state_dict.postact_fn", "ReLU", after);
    }
    Object k = state.get("k").orElse(PickleNone.NONE);
    if (!(k instanceof Long number) || number < 1 || number > n) {
      throw FormatException.mismatch(
          file, "activation_state_dict.k", "a whole number from 1 to " + n, k);
    }
    return new Activation.TopK(number.intValue());
  }

  private void requireAgreement(PickleDict state, String key) throws FormatException {
    Object flattened = entries.get("activation." + key);
    if (flattened != null && !flattened.equals(state.get(key).orElse(PickleNone.NONE))) {
      throw FormatException.mismatch(
          file, "activation." + key, state.get(key).orElse(PickleNone.NONE), flattened);
    }
  }

  /** OpenAI's own loader, too, takes the normalisation from the activation. */
  private static InputNormalization declaredNormalization(Activation activation) {
    boolean normalised = activation instanceof Activation.TopK;
    Normalization kind = normalised ? Normalization.LAYER_NORM : Normalization.NONE;
    return new InputNormalization(kind, OptionalDouble.empty());
  }

  private Optional<String> hookName() {
    Optional<String> hook = OpenAiHook.of(file);
    hook.ifPresent(name -> assumptions.add("hook " + name + ": taken from the path of the file"));
    return hook;
  }
}
