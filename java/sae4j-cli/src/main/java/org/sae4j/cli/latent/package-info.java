/** {@code latent}: what latents respond to, and what they do to the logits. */
package org.sae4j.cli.latent;
