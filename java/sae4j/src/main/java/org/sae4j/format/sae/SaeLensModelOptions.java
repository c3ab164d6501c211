package org.sae4j.format.sae;

import java.lang.module.ModuleDescriptor.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;
import org.sae4j.format.ValueBiases;
import org.sae4j.format.container.JsonFields;

/**
 * How the model was loaded that an SAE of SAELens was trained on, as far as it makes a difference
 * to the activations of its hooks.
 *
 * <p>TransformerLens can process weights such that predictions stay the same. Until 3.19.2 SAELens
 * let it do so unless told not to, and wrote down neither; since then it loads models as they are
 * stored, and writes what it was told to do.
 */
final class SaeLensModelOptions {
  static final String KWARGS = "model_from_pretrained_kwargs";

  /** Since then SAELens loads models as they are stored, and writes {@link #KWARGS}. */
  private static final Version UNPROCESSED = Version.parse("3.19.2");

  /**
   * What changes no activation of a model: how and where it is loaded, how text becomes tokens, and
   * what is done behind the last norm.
   */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "attn_implementation",
          "cache_dir",
          "center_unembed",
          "default_padding_side",
          "default_prepend_bos",
          "device",
          "device_map",
          "first_n_layers",
          "force_download",
          "local_files_only",
          "low_cpu_mem_usage",
          "move_to_device",
          "n_ctx",
          "n_devices",
          "proxies",
          "resume_download",
          "token",
          "tokenizer",
          "trust_remote_code",
          "use_auth_token");

  private static final Set<String> DTYPES = Set.of("dtype", "torch_dtype");

  /**
   * Hooks whose activations are sums or terms of the residual stream, by the names of every version
   * of TransformerLens.
   */
  private static final Pattern RESIDUAL =
      Pattern.compile(
          "(.*\\.)?hook_(resid_pre|resid_mid|resid_post|attn_out|mlp_out|embed|pos_embed)"
              + "|blocks\\.\\d+\\.hook_(in|out)"
              + "|(.*\\.)?(attn|attn\\.o|mlp|mlp\\.out|embed|pos_embed)\\.hook_out");

  private static final Pattern OF_HEADS = Pattern.compile("(.*\\.)?attn\\.hook_[qkvz]");
  private static final Pattern VALUES = Pattern.compile("(.*\\.)?attn\\.hook_[vz]");

  private final JsonFields options;
  private final boolean told;
  private final Optional<Version> trainedBy;
  private final Optional<String> hookIn;
  private final List<String> hooks;
  private final List<String> assumptions = new ArrayList<>();

  /**
   * Takes a configuration's word.
   *
   * @param config where the options are, if anywhere
   * @param written whether the layout is one that always has them
   * @param trainedBy the version of SAELens that trained the SAE
   * @param in what the SAE reads, if that is said
   * @param out what a transcoder replaces
   */
  SaeLensModelOptions(
      JsonFields config,
      boolean written,
      Optional<Version> trainedBy,
      Optional<String> in,
      Optional<String> out)
      throws FormatException {
    this.options = config.objectOrEmpty(KWARGS);
    this.told = written || config.has(KWARGS);
    this.trainedBy = trainedBy;
    this.hookIn = in;
    this.hooks = Stream.concat(in.stream(), out.stream()).toList();
  }

  /** Tells whether anything was said. */
  boolean given() {
    return !options.keys().isEmpty();
  }

  /** Whether the model's layer norms were folded, if it was said. */
  Optional<Boolean> foldLn() throws FormatException {
    return options.bool("fold_ln");
  }

  /**
   * Tells whether it was trained by a SAELens that let TransformerLens process the model's weights
   * unless it was told not to, and that wrote down neither.
   */
  boolean isTrainedOnProcessed() {
    return trainedBy.filter(version -> version.compareTo(UNPROCESSED) < 0).isPresent();
  }

  /** Tells whether the SAE was trained on a model with a mean-centred residual stream. */
  boolean centreInput() throws FormatException {
    Optional<Boolean> centred = options.bool("center_writing_weights");
    boolean matters = hookIn.map(hook -> RESIDUAL.matcher(hook).matches()).orElse(true);
    if (!isTrainedOnProcessed() && !told) {
      assumptions.add(KWARGS + ": absent, taken as a model whose weights are unprocessed");
    }
    if (matters && centred.isEmpty() && isTrainedOnProcessed()) {
      assumeTrue("center_writing_weights");
    }
    return matters && centred.orElse(isTrainedOnProcessed());
  }

  /** Where the value biases are, if the SAE has to do with heads' results. */
  ValueBiases valueBiases() throws FormatException {
    Optional<Boolean> folded = options.bool("fold_value_biases");
    boolean matters = hooks.stream().anyMatch(hook -> VALUES.matcher(hook).matches());
    if (matters && folded.isEmpty() && isTrainedOnProcessed()) {
      assumeTrue("fold_value_biases");
    }
    if (!matters || !folded.orElse(isTrainedOnProcessed())) {
      return ValueBiases.KEPT;
    }
    return foldLn().orElse(isTrainedOnProcessed())
        ? ValueBiases.FOLDED_WITH_LN
        : ValueBiases.FOLDED;
  }

  /** Refuses a rotation within heads, which nothing could undo without the model's own weights. */
  void refuseRefactoring() throws FormatException {
    String key = "refactor_factored_attn_matrices";
    boolean refactored = options.bool(key).orElse(false);
    if (refactored && hooks.stream().anyMatch(hook -> OF_HEADS.matcher(hook).matches())) {
      throw options.mismatch(key + " (not supported)", "false at " + hooks.get(0), true);
    }
  }

  private void assumeTrue(String key) {
    assumptions.add(
        KWARGS + "." + key + ": absent, taken as true, as SAELens before 3.19.2 had it");
  }

  /** What the methods called so far have assumed, and what was said and is not used. */
  List<String> assumptions() throws FormatException {
    List<String> all = new ArrayList<>(assumptions);
    for (String key : DTYPES) {
      Optional<String> dtype = options.string(key);
      if (dtype.isPresent() && !dtype.get().replaceFirst("^torch\\.", "").equals("float32")) {
        all.add(options.path(key) + " " + dtype.get() + ": not used; the model runs as it is");
      }
    }
    all.addAll(options.unused(WITHOUT_EFFECT));
    return Collections.unmodifiableList(all);
  }
}
