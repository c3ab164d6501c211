package org.sae4j.format.sae;

import java.lang.module.ModuleDescriptor.Version;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sae4j.arch.HookNormalized;
import org.sae4j.format.FormatException;

/**
 * The hooks of layer norms in a SAELens configuration.
 *
 * <p>What TransformerLens has at {@code hook_normalized} depends on its version and on {@code
 * fold_ln}; see {@link HookNormalized}. A configuration tells it by {@code fold_ln}, or by the
 * version of SAELens that trained the SAE: before 3.19.2 it folded unless told not to, since then
 * it folds only if told to, and up to 6.31 it wanted a TransformerLens before 3. That SAELens
 * trained it, rather than wrote what others had trained, shows in that there are options for the
 * model.
 */
final class SaeLensLayerNorms {
  private static final Version TAKES_TRANSFORMER_LENS_3 = Version.parse("6.32.0");

  private static final String NORMALIZED = "hook_normalized";
  private static final String STANDARDIZED = "hook_standardized";

  /**
   * What follows the norm's weight and bias in TransformerLens 3, where its names have no doubt.
   */
  private static final String OUT = "hook_out";

  private static final Pattern NORM =
      Pattern.compile("(?<norm>(?:blocks\\.\\d+\\.ln[12]|ln_final)\\.)(?<hook>\\w+)");

  private final Optional<HookNormalized> told;
  private final Optional<HookNormalized> given;
  private final Set<String> assumptions = new LinkedHashSet<>();

  /**
   * Takes a configuration's word.
   *
   * @param given the caller's word, which wins
   */
  SaeLensLayerNorms(SaeLensConfig config, Optional<HookNormalized> given) throws FormatException {
    this.told = told(config);
    this.given = given;
  }

  private static Optional<HookNormalized> told(SaeLensConfig config) throws FormatException {
    SaeLensModelOptions options = config.modelOptions();
    if (options.foldLn().orElse(options.isTrainedOnProcessed())) {
      return Optional.of(HookNormalized.BEFORE);
    }
    boolean isOfBefore3 =
        options.given()
            && config
                .trainingVersion()
                .filter(version -> version.compareTo(TAKES_TRANSFORMER_LENS_3) < 0)
                .isPresent();
    return isOfBefore3 ? Optional.of(HookNormalized.AFTER) : Optional.empty();
  }

  /** sae4j's name of a hook. */
  String named(String hook) {
    Matcher matcher = NORM.matcher(hook);
    if (!matcher.matches()) {
      return hook;
    }
    return matcher.group("norm")
        + switch (matcher.group("hook")) {
          case NORMALIZED -> meant(hook) == HookNormalized.BEFORE ? STANDARDIZED : NORMALIZED;
          case OUT -> NORMALIZED;
          default -> matcher.group("hook");
        };
  }

  private HookNormalized meant(String hook) {
    HookNormalized meant = given.or(() -> told).orElse(HookNormalized.BEFORE);
    String taken = hook + ": taken " + meant.key() + " the norm's weight and bias";
    if (given.isEmpty() && told.isEmpty()) {
      assumptions.add(taken + ", as TransformerLens 3 has it, and others with fold_ln");
    }
    if (told.isPresent() && told.get() != meant) {
      assumptions.add(taken + ": given by the caller, instead of the file's " + told.get().key());
    }
    return meant;
  }

  /** What {@link #named} has assumed. */
  Set<String> assumptions() {
    return assumptions;
  }

  /**
   * Tells whether a hook of sae4j's is what TransformerLens calls hook_normalized after folding.
   */
  static boolean needsFolding(String hook) {
    return hook.endsWith("." + STANDARDIZED);
  }

  /**
   * The name in TransformerLens of one of sae4j's hooks; of what follows weight and bias the one
   * that only version 3 has, so that no other value can be taken for it.
   */
  static String transformerLensName(String hook) {
    Matcher matcher = NORM.matcher(hook);
    if (!matcher.matches()) {
      return hook;
    }
    return matcher.group("norm")
        + switch (matcher.group("hook")) {
          case STANDARDIZED -> NORMALIZED;
          case NORMALIZED -> OUT;
          default -> matcher.group("hook");
        };
  }
}
