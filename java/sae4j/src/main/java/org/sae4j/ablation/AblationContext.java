package org.sae4j.ablation;

/** What all runs of an ablation have at the other tokens. */
public enum AblationContext {
  /** The activation as it is. */
  CLEAN,
  /** The SAE's reconstruction. */
  RECONSTRUCTED
}
