package org.sae4j.format;

/** What an SAE does to an activation before it encodes it, and undoes after it has decoded it. */
public enum Normalization {
  /** The SAE sees the activation itself. */
  NONE("none"),
  /** Subtracts the mean over the width and divides by the standard deviation, token by token. */
  LAYER_NORM("layer_norm"),
  /** Scales every token to the norm √width. */
  CONSTANT_NORM_RESCALE("constant_norm_rescale"),
  /** Multiplies by one constant that brings the average norm over a dataset to √width. */
  EXPECTED_AVERAGE_ONLY_IN("expected_average_only_in");

  private final String key;

  Normalization(String key) {
    this.key = key;
  }

  /** The name in SAELens configurations and on the command line. */
  public String key() {
    return key;
  }
}
