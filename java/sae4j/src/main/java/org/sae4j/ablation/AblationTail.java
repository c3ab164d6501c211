package org.sae4j.ablation;

/** What happens at tokens with fewer than T positions from them to the end of their sequence. */
public enum AblationTail {
  /** They are skipped, and counted. */
  SKIP,
  /** The positions that are there stand for T, in the divisor too. */
  SHORTEN
}
