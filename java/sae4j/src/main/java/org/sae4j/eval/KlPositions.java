package org.sae4j.eval;

/** Which of the counted tokens the comparison of next-token distributions is over. */
public enum KlPositions {
  /** Every token. */
  ALL,
  /** Only those with a next token in their sequence, as for cross-entropy. */
  WITH_TARGET
}
