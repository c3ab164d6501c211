/** Where latents fire, and what they promote. */
package org.sae4j.latents;
