package org.sae4j.format;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.sae4j.arch.HookNormalized;

/**
 * What a caller knows better than the file of an SAE.
 *
 * @param normalization the normalisation of the SAE's input, instead of the file's
 * @param scale the constant of {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}
 * @param hookNormalized what a SAELens configuration means by a layer norm's {@code
 *     hook_normalized}
 * @param centred whether the SAE is of a mean-centred residual stream, instead of what the file
 *     says
 * @param transcoder whether a folder of sparsify is a transcoder, instead of what the file says
 */
public record SaeOverrides(
    Optional<Normalization> normalization,
    OptionalDouble scale,
    Optional<HookNormalized> hookNormalized,
    Optional<Boolean> centred,
    Optional<Boolean> transcoder) {
  private static final SaeOverrides NONE =
      new SaeOverrides(
          Optional.empty(),
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  public SaeOverrides {
    Objects.requireNonNull(normalization, "normalization");
    Objects.requireNonNull(hookNormalized, "hookNormalized");
    Objects.requireNonNull(centred, "centred");
    Objects.requireNonNull(transcoder, "transcoder");
    if (scale.isPresent() && !(scale.getAsDouble() > 0 && Double.isFinite(scale.getAsDouble()))) {
      throw new IllegalArgumentException(
          "scale must be above zero and finite, not " + scale.getAsDouble());
    }
  }

  /** Takes everything from the file. */
  public static SaeOverrides none() {
    return NONE;
  }

  /** The same with another normalisation than the file's. */
  public SaeOverrides withNormalization(Normalization normalization) {
    return new SaeOverrides(Optional.of(normalization), scale, hookNormalized, centred, transcoder);
  }

  /** The same with the constant of {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}. */
  public SaeOverrides withScale(double scale) {
    return new SaeOverrides(
        normalization, OptionalDouble.of(scale), hookNormalized, centred, transcoder);
  }

  /** The same with {@code hook_normalized} taken for one of its two values. */
  public SaeOverrides withHookNormalized(HookNormalized hookNormalized) {
    return new SaeOverrides(normalization, scale, Optional.of(hookNormalized), centred, transcoder);
  }

  /** The same with or without the mean over the width subtracted before the SAE. */
  public SaeOverrides withCentred(boolean centred) {
    return new SaeOverrides(normalization, scale, hookNormalized, Optional.of(centred), transcoder);
  }

  /** The same with a folder of sparsify taken for a transcoder, or for an SAE. */
  public SaeOverrides withTranscoder(boolean transcoder) {
    return new SaeOverrides(normalization, scale, hookNormalized, centred, Optional.of(transcoder));
  }
}
