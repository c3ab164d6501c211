package org.sae4j.format.sae;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.sae4j.format.FormatException;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;

/**
 * The normalisation of an SAE's input once the file and the caller have been heard.
 *
 * @param kind what is done
 * @param scale the constant, present only for {@link Normalization#EXPECTED_AVERAGE_ONLY_IN}
 */
record InputNormalization(Normalization kind, OptionalDouble scale) {
  /** What a file declares whose format has no normalisation. */
  static final InputNormalization NONE =
      new InputNormalization(Normalization.NONE, OptionalDouble.empty());

  /** Lets the caller's word win over the file's, and notes it where it does. */
  static InputNormalization of(
      Path file, InputNormalization declared, SaeOverrides overrides, List<String> assumptions)
      throws FormatException {
    Normalization kind = overrides.normalization().orElse(declared.kind());
    if (kind != declared.kind()) {
      assumptions.add(
          "normalization "
              + kind.key()
              + ": given by the caller, instead of the file's "
              + declared.kind().key());
    }
    if (kind != Normalization.EXPECTED_AVERAGE_ONLY_IN) {
      if (overrides.scale().isPresent()) {
        throw FormatException.of(
            file, "a scale was given, but normalization " + kind.key() + " has none");
      }
      return new InputNormalization(kind, OptionalDouble.empty());
    }
    if (overrides.scale().isPresent()) {
      assumptions.add("scale " + overrides.scale().getAsDouble() + ": given by the caller");
      return new InputNormalization(kind, overrides.scale());
    }
    return new InputNormalization(kind, declared.scale());
  }

  /** Puts it into a configuration. */
  void addTo(SaeConfig.Builder sae) {
    sae.normalization(kind);
    scale.ifPresent(sae::scale);
  }
}
