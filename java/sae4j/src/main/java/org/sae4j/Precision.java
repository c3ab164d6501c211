package org.sae4j;

/** The arithmetic of a model's matrix products. */
public enum Precision {
  /** Weights and products in 32-bit floats, whatever the file holds. */
  F32,
  /**
   * Weights and inputs of the products rounded to bfloat16, sums in 32-bit floats. Attention, which
   * has no weights, rounds only where {@link Patches} look back at what they share. An ablation's
   * effects look denser than they are, as a base and a patched run are rounded apart.
   */
  BF16
}
