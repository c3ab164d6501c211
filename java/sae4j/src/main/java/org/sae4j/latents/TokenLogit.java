package org.sae4j.latents;

/**
 * A token, and how much something changes its logit.
 *
 * @param token its id
 * @param logit the change
 */
public record TokenLogit(int token, float logit) {}
