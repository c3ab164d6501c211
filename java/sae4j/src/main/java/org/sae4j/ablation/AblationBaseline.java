package org.sae4j.ablation;

/** What the base run of an ablation has at the token whose latents are ablated. */
public enum AblationBaseline {
  /** The SAE's reconstruction x̂. */
  RECONSTRUCTION,
  /** The activation x as it is: what the SAE does not explain is kept in all runs. */
  ERROR_PRESERVING
}
