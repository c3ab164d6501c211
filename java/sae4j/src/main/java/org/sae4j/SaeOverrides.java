package org.sae4j;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a caller knows better than the file of an SAE.
 *
 * @param normalization the normalisation of the SAE's input, instead of the file's
 * @param scale the constant of {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}
 */
public record SaeOverrides(Optional<Normalization> normalization, OptionalDouble scale) {
  private static final SaeOverrides NONE =
      new SaeOverrides(Optional.empty(), OptionalDouble.empty());

  public SaeOverrides {
    Objects.requireNonNull(normalization, "normalization");
    if (scale.isPresent() && !(scale.getAsDouble() > 0 && Double.isFinite(scale.getAsDouble()))) {
      throw new IllegalArgumentException(
          "scale must be above zero and finite, not " + scale.getAsDouble());
    }
  }

  /** Takes everything from the file. */
  public static SaeOverrides none() {
    return NONE;
  }
}
