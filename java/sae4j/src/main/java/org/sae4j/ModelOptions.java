package org.sae4j;

import java.util.Objects;

/**
 * How a model is held in memory.
 *
 * @param precision the arithmetic of the matrix products
 */
public record ModelOptions(Precision precision) {
  private static final ModelOptions DEFAULTS = new ModelOptions(Precision.F32);

  public ModelOptions {
    Objects.requireNonNull(precision, "precision");
  }

  /** Computes in 32-bit floats. */
  public static ModelOptions defaults() {
    return DEFAULTS;
  }

  /** The same options with another precision. */
  public ModelOptions withPrecision(Precision precision) {
    return new ModelOptions(precision);
  }
}
