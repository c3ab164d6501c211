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
import org.sae4j.arch.ModuleHook;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.JsonFields;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.NamedTensors;

/**
 * Folders of EleutherAI's {@code sparsify}: SAEs and transcoders, with or without a skip
 * connection.
 *
 * <p>The folder is named after the module that it is for, and nothing in it says so again.
 */
final class SparsifySae {
  private static final String FORMAT = "sparsify";
  private static final String CONFIG = "cfg.json";
  private static final String WEIGHTS = "sae.safetensors";
  private static final String TRANSCODE = "transcode";

  /** How it was trained, and what stands for the number of latents where that is not given. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("expansion_factor", "multi_topk", "normalize_decoder");

  private static final int DEFAULT_K = 32;
  private static final int DEFAULT_EXPANSION = 32;

  private final Path folder;
  private final JsonFields config;
  private final NamedTensors weights;
  private final List<String> assumptions = new ArrayList<>();

  private SparsifySae(Path folder) throws IOException {
    this.folder = folder;
    this.config = JsonFields.read(present(CONFIG));
    Path file = present(WEIGHTS);
    this.weights = new NamedTensors(file, Safetensors.read(file).tensors(), CONFIG);
  }

  /** Tells whether a path is such a folder, or one of its two files. */
  static boolean recognises(SaeSource source) {
    Path path = source.path();
    Path name = path.getFileName();
    boolean named = name != null && (name.endsWith(WEIGHTS) || name.endsWith(CONFIG));
    return Files.isDirectory(path)
        ? Files.exists(path.resolve(WEIGHTS))
        : named && Files.exists(path.resolveSibling(WEIGHTS));
  }

  static SaeFile read(SaeSource source, SaeOverrides overrides) throws IOException {
    Path path = source.path();
    Path folder = Files.isDirectory(path) ? path : path.resolveSibling("");
    return new SparsifySae(folder).canonical(path, overrides);
  }

  private Path present(String name) throws FormatException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      throw FormatException.of(folder, "is a folder of sparsify without " + name);
    }
    return file;
  }

  private SaeFile canonical(Path path, SaeOverrides overrides) throws IOException {
    refuseSigned();
    int d = config.integer("d_in", 1).orElseThrow(() -> config.missing("d_in"));
    int n = latents(d);
    Activation activation = activation(n);
    boolean skip = flag("skip_connection");
    boolean transcode = transcode(skip, overrides);
    // What code from before the key wrote subtracts the bias whatever it is.
    boolean subtracts = !transcode || !config.has(TRANSCODE);
    Map<SaeTensor, StoredTensor> tensors = tensors(d, n, skip);
    Optional<ModuleHook> hook = hook();
    if (transcode && hook.isEmpty()) {
      throw FormatException.of(
          folder,
          "is a transcoder, and its name does not say of which module: expected one such as h.3"
              + " or h.3.mlp");
    }
    SaeConfig.Builder sae = SaeConfig.builder(FORMAT, d, n, activation).applyBDecToInput(subtracts);
    InputNormalization.of(folder, InputNormalization.NONE, overrides, assumptions).addTo(sae);
    assumptions.addAll(config.unused(WITHOUT_EFFECT));
    sae.centreInput(Centring.of(false, overrides, assumptions));
    if (transcode) {
      hook.flatMap(ModuleHook::input).ifPresent(sae::hookName);
      hook.map(ModuleHook::output).ifPresent(sae::hookNameOut);
    } else {
      hook.map(ModuleHook::output).ifPresent(sae::hookName);
    }
    SaeConfig canonical = sae.assumptions(assumptions).build();
    List<Path> files = List.of(folder.resolve(CONFIG), folder.resolve(WEIGHTS));
    return new SaeFile(path, canonical, tensors, files, List.of());
  }

  /** Early versions could keep the largest magnitudes instead. */
  private void refuseSigned() throws FormatException {
    if (config.bool("signed").orElse(false)) {
      throw FormatException.of(folder.resolve(CONFIG), "signed: true is not supported");
    }
  }

  /** Zero latents stand for a multiple of the width. */
  private int latents(int d) throws FormatException {
    int given = config.integer("num_latents", 0).orElse(0);
    if (given > 0) {
      return given;
    }
    Optional<Integer> factor = config.integer("expansion_factor", 1);
    if (factor.isEmpty()) {
      assumptions.add("expansion_factor: absent, taken as " + DEFAULT_EXPANSION);
    }
    long latents = (long) d * factor.orElse(DEFAULT_EXPANSION);
    if (latents > Integer.MAX_VALUE) {
      throw config.mismatch("expansion_factor", "fewer than 2³¹ latents", latents);
    }
    return (int) latents;
  }

  private Activation activation(int n) throws FormatException {
    Optional<Integer> given = config.integer("k", 1);
    if (given.isEmpty()) {
      assumptions.add("k: absent, taken as " + DEFAULT_K);
    }
    int k = given.orElse(DEFAULT_K);
    if (k > n) {
      throw config.mismatch("k", "at most the number of latents, " + n, k);
    }
    Optional<String> name = config.string("activation");
    if (name.isEmpty()) {
      assumptions.add("activation: absent, taken as topk");
    }
    switch (name.orElse("topk")) {
      case "topk":
        return new Activation.TopK(k);
      case "groupmax":
        if (n % k != 0) {
          throw config.mismatch("k", "a divisor of the number of latents, " + n, k);
        }
        return new Activation.GroupMax(k);
      default:
        throw config.mismatch("activation", "topk or groupmax", name.get());
    }
  }

  /**
   * Tells whether it is a transcoder, which for some months of 2024 and 2025 was not written down
   * although there were skip connections, which transcoders have.
   */
  private boolean transcode(boolean skip, SaeOverrides overrides) throws FormatException {
    Optional<Boolean> declared = config.bool(TRANSCODE);
    if (overrides.transcoder().isPresent()) {
      boolean given = overrides.transcoder().get();
      if (!declared.equals(overrides.transcoder())) {
        assumptions.add(
            "transcode "
                + given
                + ": given by the caller, instead of "
                + (declared.isPresent() ? "the file's " + declared.get() : "nothing in the file"));
      }
      return given;
    }
    if (declared.isEmpty() && skip) {
      throw FormatException.of(
          folder.resolve(CONFIG),
          "transcode: expected true or false beside skip_connection true, found nothing: sparsify"
              + " did not write it before February 2025; say whether it is a transcoder"
              + " (--transcoder or --no-transcoder)");
    }
    return flag(TRANSCODE);
  }

  private boolean flag(String key) throws FormatException {
    Optional<Boolean> value = config.bool(key);
    if (value.isEmpty()) {
      assumptions.add(key + ": absent, taken as false");
    }
    return value.orElse(false);
  }

  private Map<SaeTensor, StoredTensor> tensors(int d, int n, boolean skip) throws FormatException {
    Map<SaeTensor, StoredTensor> tensors = new EnumMap<>(SaeTensor.class);
    tensors.put(SaeTensor.W_ENC, weights.weights("encoder.weight", n, d));
    tensors.put(SaeTensor.B_ENC, weights.weights("encoder.bias", n));
    tensors.put(SaeTensor.W_DEC, weights.weights("W_dec", n, d));
    tensors.put(SaeTensor.B_DEC, weights.weights("b_dec", d));
    if (skip) {
      tensors.put(SaeTensor.W_SKIP, weights.weights("W_skip", d, d));
    }
    weights.requireAllTaken(
        Set.of(), skip ? "an SAE with skip_connection" : "an SAE without skip_connection");
    return tensors;
  }

  private Optional<ModuleHook> hook() {
    Optional<String> name =
        Optional.ofNullable(folder.toAbsolutePath().normalize().getFileName())
            .map(Path::toString)
            .filter(last -> !last.matches("seed\\d+"))
            .or(this::parentName);
    Optional<ModuleHook> hook = name.flatMap(ModuleHook::of);
    hook.ifPresent(
        found ->
            assumptions.add(
                "hook " + found.output() + ": taken from the name of the folder, " + name.get()));
    return hook;
  }

  /** Of several seeds each has a folder in the module's. */
  private Optional<String> parentName() {
    return Optional.ofNullable(folder.toAbsolutePath().normalize().getParent())
        .map(Path::getFileName)
        .map(Path::toString);
  }
}
