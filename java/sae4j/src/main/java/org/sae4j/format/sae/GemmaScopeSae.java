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
import org.sae4j.format.container.NpzArchive;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.NamedTensors;

/**
 * Google's Gemma Scope: {@code params.npz}, and since its second edition {@code config.json} with
 * {@code params.safetensors}.
 *
 * <p>All are JumpReLU, and the encoder sees x itself.
 */
final class GemmaScopeSae {
  private static final String FORMAT = "Gemma Scope";
  private static final String ARRAYS = "params.npz";
  private static final String WEIGHTS = "params.safetensors";
  private static final String CONFIG = "config.json";

  /** [d_in, d_out], where everyone else's skip connection is [d_out, d_in]. */
  private static final String SKIP = "affine_skip_connection";

  /** What it was trained for. */
  private static final Set<String> WITHOUT_EFFECT = Set.of("l0");

  private final Path file;
  private final NamedTensors weights;
  private final Optional<JsonFields> config;
  private final List<Path> files = new ArrayList<>();
  private final List<String> assumptions = new ArrayList<>();

  private GemmaScopeSae(Path file) throws IOException {
    this.file = file;
    files.add(file);
    boolean arrays = isNpz(file);
    this.weights =
        new NamedTensors(file, arrays ? NpzArchive.read(file) : Safetensors.read(file).tensors());
    this.config = arrays ? Optional.empty() : Optional.of(readConfig());
  }

  /** Tells whether a path is an {@code .npz} file, or a folder or file of this format. */
  static boolean recognises(SaeSource source) {
    Path path = source.path();
    if (Files.isDirectory(path)) {
      return Files.exists(path.resolve(ARRAYS)) || Files.exists(path.resolve(WEIGHTS));
    }
    return isNpz(path)
        || path.endsWith(WEIGHTS)
        || path.endsWith(CONFIG) && Files.exists(path.resolveSibling(WEIGHTS));
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    return new GemmaScopeSae(weightsFile(source.path())).canonical(source.path(), overrides);
  }

  private static boolean isNpz(Path path) {
    return path.toString().endsWith(".npz");
  }

  private static Path weightsFile(Path path) throws FormatException {
    if (!Files.isDirectory(path)) {
      return path.endsWith(CONFIG) ? path.resolveSibling(WEIGHTS) : path;
    }
    Path arrays = path.resolve(ARRAYS);
    Path weights = path.resolve(WEIGHTS);
    if (Files.exists(arrays) && Files.exists(weights)) {
      throw FormatException.of(path, "holds both " + ARRAYS + " and " + WEIGHTS + ": name one");
    }
    return Files.exists(arrays) ? arrays : weights;
  }

  private JsonFields readConfig() throws IOException {
    Path json = file.resolveSibling(CONFIG);
    if (!Files.exists(json)) {
      throw FormatException.of(file, "has no " + CONFIG + " beside it");
    }
    files.add(json);
    return JsonFields.read(json);
  }

  private SaeFile canonical(Path path, SaeOverrides overrides) throws IOException {
    int dOut = (int) weights.vector("b_dec").dim(0);
    int n = (int) weights.vector("b_enc").dim(0);
    StoredTensor encoder = weights.any(name("W_enc", "w_enc"));
    if (encoder.rank() != 2) {
      throw FormatException.mismatch(file, "tensor " + encoder.name(), "a matrix", encoder.shape());
    }
    GemmaScopeHook hook = hook();
    int d = hook.output().isPresent() ? width(encoder) : dOut;
    boolean skip = checkConfig(d, n);
    Map<SaeTensor, StoredTensor> tensors = tensors(d, dOut, n, skip);
    SaeConfig.Builder sae = SaeConfig.builder(FORMAT, d, n, new Activation.JumpRelu()).dOut(dOut);
    InputNormalization.of(file, InputNormalization.NONE, overrides, assumptions).addTo(sae);
    hook.input().ifPresent(sae::hookName);
    hook.output().ifPresent(sae::hookNameOut);
    hook.assumption().ifPresent(assumptions::add);
    if (config.isPresent()) {
      config.get().string("model_name").ifPresent(sae::modelName);
      assumptions.addAll(config.get().unused(WITHOUT_EFFECT));
    }
    sae.centreInput(Centring.of(false, overrides, assumptions));
    SaeConfig canonical = sae.assumptions(assumptions).build();
    return new SaeFile(path, canonical, tensors, files, List.of());
  }

  private int width(StoredTensor encoder) throws FormatException {
    if (encoder.dim(0) < 1 || encoder.dim(0) > Integer.MAX_VALUE) {
      throw FormatException.mismatch(file, "tensor " + encoder.name(), "a width", encoder.shape());
    }
    return (int) encoder.dim(0);
  }

  /** The two editions differ in the case of two names; a file must not have both. */
  private String name(String first, String second) throws FormatException {
    if (weights.has(first) && weights.has(second)) {
      throw FormatException.of(file, "has both tensor " + first + " and tensor " + second);
    }
    return weights.has(second) ? second : first;
  }

  private Map<SaeTensor, StoredTensor> tensors(int d, int dOut, int n, boolean skip)
      throws IOException {
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    tensors.put(SaeTensor.W_ENC, weights.weights(name("W_enc", "w_enc"), d, n).transposed());
    tensors.put(SaeTensor.W_DEC, weights.weights(name("W_dec", "w_dec"), n, dOut));
    tensors.put(SaeTensor.B_ENC, weights.vector("b_enc"));
    tensors.put(SaeTensor.B_DEC, weights.vector("b_dec"));
    tensors.put(SaeTensor.THRESHOLD, weights.weights("threshold", n));
    if (skip) {
      tensors.put(SaeTensor.W_SKIP, weights.weights(SKIP, d, dOut).transposed());
    }
    boolean without = config.isPresent() && !skip;
    weights.requireAllTaken(
        Set.of(),
        "an SAE of Gemma Scope" + (without ? " without affine_connection in " + CONFIG : ""));
    return tensors;
  }

  /** Checks what the configuration says against the tensors; tells whether there is a skip. */
  private boolean checkConfig(int d, int n) throws FormatException {
    if (config.isEmpty()) {
      return false;
    }
    JsonFields json = config.get();
    String architecture =
        json.string("architecture").orElseThrow(() -> json.missing("architecture"));
    if (!architecture.equals("jump_relu")) {
      throw json.mismatch("architecture", "jump_relu", architecture);
    }
    Optional<Integer> width = json.integer("width", 1);
    if (width.isPresent() && width.get() != n) {
      throw json.mismatch("width", n + ", the latents of " + file.getFileName(), width.get());
    }
    if (json.bool("apply_b_dec_to_input").orElse(false)) {
      throw json.mismatch("apply_b_dec_to_input", false, true);
    }
    return json.bool("affine_connection").orElse(false);
  }

  private GemmaScopeHook hook() throws FormatException {
    return config.isPresent() ? GemmaScopeHook.of(config.get()) : GemmaScopeHook.of(file);
  }
}
