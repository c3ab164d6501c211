package org.sae4j.format.sae;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sae4j.format.Activation;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.container.JsonFields;

/**
 * The {@code cfg.json} of a SAELens folder: one method per question, in either layout.
 *
 * <p>Since version 6 what concerns the model lies in {@code metadata}; before, everything lay flat
 * and had more defaults. Where a key is missing, the answer is SAELens's default, and {@link
 * #assumptions} says so. Where two keys answer differently, the file is refused.
 */
final class SaeLensConfig {
  private static final int FIRST_NEW_VERSION = 6;
  private static final int DEFAULT_K = 100;
  private static final Set<String> BATCH_TOP_K = Set.of("batchtopk", "matryoshka_batchtopk");
  private static final Set<String> TRANSCODERS =
      Set.of("transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder");
  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})(\\..*)?");
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4}\\.\\d{1,4}\\.\\d{1,4}).*");
  private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d{1,4})\\..*");

  private final Path file;
  private final JsonFields json;
  private final JsonFields metadata;
  private final boolean flat;
  private final List<String> assumptions = new ArrayList<>();

  private SaeLensConfig(Path file, JsonFields json) throws FormatException {
    this.file = file;
    this.json = json;
    this.metadata = json.objectOrEmpty("metadata");
    this.flat = isFlat();
  }

  static SaeLensConfig read(Path file) throws IOException {
    SaeLensConfig config = new SaeLensConfig(file, JsonFields.read(file));
    config.refuseOtherHooks();
    return config;
  }

  /** What the methods called so far have assumed. */
  List<String> assumptions() {
    return Collections.unmodifiableList(assumptions);
  }

  int dIn() throws FormatException {
    return json.integer("d_in", 1).orElseThrow(() -> json.missing("d_in"));
  }

  int dSae() throws FormatException {
    return json.integer("d_sae", 1).orElseThrow(() -> json.missing("d_sae"));
  }

  /** The width of the output: that of the input unless this is a transcoder. */
  int dOut() throws FormatException {
    Optional<Integer> width = json.integer("d_out", 1);
    if (isTranscoder()) {
      return width.orElseThrow(() -> json.missing("d_out"));
    }
    if (width.isPresent() && width.get() != dIn()) {
      throw json.mismatch("d_out of architecture " + architecture(), dIn(), width.get());
    }
    return dIn();
  }

  /** Tells whether the output replaces another activation than the one that is read. */
  boolean isTranscoder() throws FormatException {
    return TRANSCODERS.contains(architecture());
  }

  /** Tells whether the input is added to the output, through a matrix. */
  boolean hasSkip() throws FormatException {
    return isTranscoder() && architecture().contains("skip");
  }

  /** Resolves architecture and activation function together. */
  Activation activation() throws FormatException {
    String architecture = architecture();
    String function = activationFunction().orElse(architecture.equals("topk") ? "topk" : "relu");
    // Before version 6, TopK was an activation function of the standard architecture.
    boolean topK =
        function.equals("topk")
            && (architecture.equals("topk") || flat && architecture.equals("standard"));
    String expected = architecture.equals("topk") ? "topk" : "relu";
    if (!topK && !function.equals(expected)) {
      throw json.mismatch("activation_fn of architecture " + architecture, expected, function);
    }
    return switch (architecture) {
      case "topk", "standard" -> topK ? new Activation.TopK(k(architecture)) : relu(architecture);
      case "transcoder", "skip_transcoder" -> relu(architecture);
      case "gated" -> gated(architecture);
      case "batchtopk", "matryoshka_batchtopk" -> {
        json.value("k"); // an average in training, which need not be whole
        yield new Activation.JumpRelu();
      }
      case "jumprelu", "jumprelu_transcoder", "jumprelu_skip_transcoder" ->
          new Activation.JumpRelu();
      default ->
          throw FormatException.of(file, "architecture " + architecture + " is not supported");
    };
  }

  /** Tells whether this was trained with BatchTopK, which becomes JumpReLU for inference. */
  boolean isBatchTopK() throws FormatException {
    return BATCH_TOP_K.contains(architecture());
  }

  /** SAELens undoes no normalisation of a transcoder's input, so that there must be none. */
  Normalization normalization() throws FormatException {
    Normalization normalization = declaredNormalization();
    if (isTranscoder() && normalization != Normalization.NONE) {
      throw json.mismatch(
          "normalize_activations of architecture " + architecture(), "none", normalization.key());
    }
    return normalization;
  }

  private Normalization declaredNormalization() throws FormatException {
    Optional<JsonElement> value = json.value("normalize_activations");
    if (value.isEmpty()) {
      return assume("normalize_activations", Normalization.NONE, "none");
    }
    if (flat && value.get() instanceof JsonPrimitive p && p.isBoolean()) {
      return p.getAsBoolean() ? Normalization.EXPECTED_AVERAGE_ONLY_IN : Normalization.NONE;
    }
    String key = json.string("normalize_activations").orElseThrow();
    for (Normalization normalization : Normalization.values()) {
      if (normalization.key().equals(key)) {
        return normalization;
      }
    }
    throw FormatException.of(file, "normalize_activations " + key + " is not supported");
  }

  boolean applyBDecToInput() throws FormatException {
    Optional<Boolean> value = json.bool("apply_b_dec_to_input");
    if (isTranscoder() && value.orElse(true)) {
      // SAELens has no transcoder with it: the bias is of another width.
      throw json.mismatch("apply_b_dec_to_input of architecture " + architecture(), false, true);
    }
    return value.isPresent() ? value.get() : assume("apply_b_dec_to_input", true, "true");
  }

  boolean rescaleActsByDecoderNorm() throws FormatException {
    boolean rescale = json.bool("rescale_acts_by_decoder_norm").orElse(false);
    boolean defined = activation() instanceof Activation.TopK || isBatchTopK();
    if (rescale && !defined) {
      throw json.mismatch(
          "rescale_acts_by_decoder_norm of architecture " + architecture(), false, true);
    }
    return rescale;
  }

  boolean finetuningScalingFactor() throws FormatException {
    return json.bool("finetuning_scaling_factor").orElse(false);
  }

  /** How the model was loaded that the SAE was trained on. */
  SaeLensModelOptions modelOptions() throws FormatException {
    String key = SaeLensModelOptions.KWARGS;
    return new SaeLensModelOptions(
        metadata.has(key) ? metadata : json, !flat, trainingVersion(), hookName(), hookNameOut());
  }

  /** What is said and not used, unless it has no effect. */
  List<String> unused() throws FormatException {
    List<String> unused = new ArrayList<>();
    for (JsonFields config : List.of(metadata, json)) {
      Optional<JsonElement> slice = config.value("seqpos_slice").filter(SaeLensConfig::isSlice);
      slice.ifPresent(
          positions ->
              unused.add(
                  "seqpos_slice "
                      + JsonFields.shown(positions)
                      + ": not used; it was trained on these positions"));
      Optional<JsonElement> special =
          config.value("exclude_special_tokens").filter(value -> !isFalse(value));
      special.ifPresent(
          tokens ->
              unused.add(
                  "exclude_special_tokens "
                      + JsonFields.shown(tokens)
                      + ": not used; it was trained on no such tokens"));
    }
    unused.addAll(json.unused(SaeLensKeys.WITHOUT_EFFECT));
    return unused;
  }

  private static boolean isFalse(JsonElement value) {
    return value instanceof JsonPrimitive p && p.isBoolean() && !p.getAsBoolean();
  }

  /** One null stands for all positions. */
  private static boolean isSlice(JsonElement value) {
    return !value.isJsonArray()
        || value.getAsJsonArray().asList().stream().anyMatch(each -> !each.isJsonNull());
  }

  /** The version of SAELens that trained the SAE, or else the one that wrote it. */
  Optional<Version> trainingVersion() throws FormatException {
    String key = "sae_lens_training_version";
    Optional<String> trained = agreed(key, metadata.string(key), json.string(key));
    return (trained.isPresent() ? trained : version())
        .map(RELEASE::matcher)
        .filter(Matcher::matches)
        .map(release -> Version.parse(release.group(1)));
  }

  Optional<String> hookName() throws FormatException {
    return agreed(
        "hook_name",
        metadata.string("hook_name"),
        json.string("hook_name"),
        json.string("hook_point"));
  }

  /** The activation that a transcoder's output replaces; empty for an SAE. */
  Optional<String> hookNameOut() throws FormatException {
    Optional<String> out = declaredHookNameOut();
    if (isTranscoder() && out.isEmpty()) {
      throw metadata.missing("hook_name_out");
    }
    return isTranscoder() ? out : Optional.empty();
  }

  private Optional<String> declaredHookNameOut() throws FormatException {
    return agreed("hook_name_out", metadata.string("hook_name_out"), json.string("hook_name_out"));
  }

  Optional<Integer> contextSize() throws FormatException {
    return agreed(
        "context_size", metadata.integer("context_size", 1), json.integer("context_size", 1));
  }

  Optional<Boolean> prependBos() throws FormatException {
    Optional<Boolean> value =
        agreed("prepend_bos", metadata.bool("prepend_bos"), json.bool("prepend_bos"));
    return value.isEmpty() && flat ? Optional.of(assume("prepend_bos", true, "true")) : value;
  }

  Optional<String> modelName() throws FormatException {
    return agreed("model_name", metadata.string("model_name"), json.string("model_name"));
  }

  /** The dtype that SAELens would convert the weights to, in safetensors' spelling. */
  Optional<String> dtype() throws FormatException {
    return json.string("dtype")
        .map(
            name ->
                switch (name.replaceFirst("^torch\\.", "")) {
                  case "float64" -> "F64";
                  case "float32" -> "F32";
                  case "float16" -> "F16";
                  case "bfloat16" -> "BF16";
                  default -> name;
                });
  }

  private boolean isFlat() throws FormatException {
    Optional<String> version = version();
    if (version.isEmpty()) {
      return !json.has("metadata");
    }
    Matcher matcher = VERSION.matcher(version.get());
    if (!matcher.matches()) {
      throw json.mismatch("sae_lens_version", "a version such as 6.0.0", version.get());
    }
    return Integer.parseInt(matcher.group(1)) < FIRST_NEW_VERSION;
  }

  private Optional<String> version() throws FormatException {
    String key = "sae_lens_version";
    return agreed(key, metadata.string(key), json.string(key));
  }

  /** Refuses what reads or writes anything but one whole activation. */
  private void refuseOtherHooks() throws FormatException {
    for (JsonFields config : List.of(metadata, json)) {
      for (String key :
          List.of("hook_head_index", "hook_point_head_index", "hook_head_index_out")) {
        if (config.has(key)) {
          throw FormatException.of(file, key + ": SAEs of a single head are not supported");
        }
      }
    }
    Optional<String> out = declaredHookNameOut();
    if (!isTranscoder() && out.isPresent() && !out.equals(hookName())) {
      throw json.mismatch(
          "architecture", "a transcoder, because hook_name_out is " + out.get(), architecture());
    }
    checkLayer();
    checkReshaping();
  }

  private void checkLayer() throws FormatException {
    Optional<Integer> layer =
        agreed(
            "hook_layer",
            metadata.integer("hook_layer", 0),
            json.integer("hook_layer", 0),
            json.integer("hook_point_layer", 0));
    Matcher matcher = BLOCK.matcher(hookName().orElse(""));
    if (layer.isPresent()
        && matcher.matches()
        && layer.get() != Integer.parseInt(matcher.group(1))) {
      throw json.mismatch("hook_layer", "the layer of " + hookName().get(), layer.get());
    }
  }

  /** Flattened heads are how sae4j sees hook_z anyway; elsewhere there is nothing to reshape. */
  private void checkReshaping() throws FormatException {
    String reshaping = json.string("reshape_activations").orElse("none");
    if (!reshaping.equals("none") && !reshaping.equals("hook_z")) {
      throw json.mismatch("reshape_activations", "none or hook_z", reshaping);
    }
    if (reshaping.equals("hook_z") && !hookName().orElse("hook_z").endsWith("_z")) {
      throw json.mismatch("reshape_activations", "none at " + hookName().get(), reshaping);
    }
  }

  private String architecture() throws FormatException {
    Optional<String> architecture = json.string("architecture");
    if (architecture.isEmpty() && !flat) {
      throw json.missing("architecture");
    }
    return architecture.isPresent()
        ? architecture.get()
        : assume("architecture", "standard", "standard");
  }

  private Optional<String> activationFunction() throws FormatException {
    Optional<String> function =
        agreed("activation_fn", json.string("activation_fn_str"), json.string("activation_fn"));
    if (function.isPresent() && !Set.of("relu", "topk").contains(function.get())) {
      throw FormatException.of(file, "activation_fn " + function.get() + " is not supported");
    }
    if (function.isEmpty() && flat && architecture().equals("standard")) {
      assume("activation_fn", "relu", "relu");
    }
    return function;
  }

  private Optional<Integer> declaredK() throws FormatException {
    JsonFields arguments = json.objectOrEmpty("activation_fn_kwargs");
    return agreed("k", json.integer("k", 1), arguments.integer("k", 1));
  }

  private int k(String architecture) throws FormatException {
    Optional<Integer> k = declaredK();
    if (k.isEmpty() && architecture.equals("standard")) {
      throw json.missing("activation_fn_kwargs.k");
    }
    int value = k.isPresent() ? k.get() : assume("k", DEFAULT_K, String.valueOf(DEFAULT_K));
    if (value > dSae()) {
      throw json.mismatch("k", "at most d_sae, " + dSae(), value);
    }
    return value;
  }

  private Activation relu(String architecture) throws FormatException {
    refuseK(architecture);
    return new Activation.Relu();
  }

  private Activation gated(String architecture) throws FormatException {
    refuseK(architecture);
    return new Activation.Gated();
  }

  private void refuseK(String architecture) throws FormatException {
    Optional<Integer> k = declaredK();
    if (k.isPresent()) {
      throw json.mismatch("architecture", "topk, because k is " + k.get(), architecture);
    }
  }

  private <T> T assume(String key, T value, String spelling) {
    String assumption = key + ": absent, taken as " + spelling;
    if (!assumptions.contains(assumption)) {
      assumptions.add(assumption);
    }
    return value;
  }

  @SafeVarargs
  private <T> Optional<T> agreed(String key, Optional<T>... answers) throws FormatException {
    Optional<T> agreed = Optional.empty();
    for (Optional<T> answer : answers) {
      if (agreed.isPresent() && answer.isPresent() && !agreed.equals(answer)) {
        throw json.mismatch(key + ", given twice", agreed.get(), answer.get());
      }
      agreed = agreed.or(() -> answer);
    }
    return agreed;
  }
}
