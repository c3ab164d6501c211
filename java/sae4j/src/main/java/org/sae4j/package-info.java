/**
 * GPT-2 with hooks, sparse autoencoders in its residual stream, and what they do to its
 * predictions.
 *
 * <p>{@link org.sae4j.Model} and {@link org.sae4j.Sae} hold weights, a {@link org.sae4j.Session}
 * runs them over {@link org.sae4j.tokens.Sequences} of tokens, and {@link org.sae4j.Edit}s and
 * hooks at {@link org.sae4j.arch.HookPoint}s read and replace activations on the way. {@link
 * org.sae4j.eval.Evaluation} does all of it at once and returns the numbers that say how good an
 * SAE is, {@link org.sae4j.ablation.Ablation} those that say how sparse the effects of its latents
 * are; a {@link org.sae4j.Patching} runs any other patches of one activation.
 */
package org.sae4j;
