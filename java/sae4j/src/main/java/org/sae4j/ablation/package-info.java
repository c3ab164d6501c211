/**
 * Ablation of single latents, and how sparse the effects on later logits are: Gao et al. 2024,
 * §4.5.
 */
package org.sae4j.ablation;
