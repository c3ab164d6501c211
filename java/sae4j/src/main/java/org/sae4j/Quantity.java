package org.sae4j;

/** What is summed up over the counted tokens. The means and ratios are made of these sums alone. */
enum Quantity {
  /** The counted tokens. */
  TOKENS,
  /** Those whose next-token distributions are compared. */
  COMPARED,
  /** Those with a next token. */
  TARGETED,
  CE_CLEAN,
  /** ‖x‖² */
  X_SQUARED,
  KL_ZERO,
  CE_ZERO,
  KL_MEAN,
  CE_MEAN,
  KL,
  CE,
  /** Whether the likeliest next token stays the same. */
  SAME_TOP,
  /** ‖x − x̂‖² */
  SQUARED_ERROR,
  /** ‖x̂‖² */
  X_HAT_SQUARED,
  /** x·x̂ */
  X_DOT_X_HAT,
  COSINE,
  L2_RATIO,
  L1,
  L0;

  static final int COUNT = values().length;
}
