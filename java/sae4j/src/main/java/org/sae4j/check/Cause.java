package org.sae4j.check;

import java.util.Objects;

/**
 * What is probably wrong with how an SAE is used, because without it the SAE reconstructs well.
 *
 * @param kind what has to change
 * @param setting what to change it to: a normalisation's key, a hook's name, {@code with} or {@code
 *     without}, a {@link org.sae4j.arch.HookNormalized}'s key
 * @param explainedVariance what it would be then
 */
public record Cause(Kind kind, String setting, double explainedVariance) {

  /** What may be wrong; where two explain it equally well, the first of these is suspected. */
  public enum Kind {
    /** Whether sequences begin with the beginning-of-sequence token. */
    BOS,
    /** The first token of each sequence, whose activation is unlike all others. */
    FIRST_POSITION,
    /** Whether a layer norm's value is taken before the norm's weight and bias or after. */
    LAYER_NORM,
    /** The normalisation of the SAE's input. */
    NORMALIZATION,
    /** The layer. */
    HOOK,
    /** Whether each token's mean over the width is subtracted, as some models have it. */
    CENTRING
  }

  public Cause {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(setting, "setting");
  }

  /** The change in words. */
  String text() {
    return switch (kind) {
      case BOS -> setting + " the beginning-of-sequence token before each sequence";
      case FIRST_POSITION -> setting + " the first token of each sequence";
      case NORMALIZATION -> "with normalisation " + setting;
      case LAYER_NORM -> "at a layer norm " + setting + " its weight and bias";
      case HOOK -> "at " + setting;
      case CENTRING -> setting + " each token's mean over the width";
    };
  }
}
