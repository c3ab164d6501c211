/** {@code ablate}: how sparse the effects of latents are. */
package org.sae4j.cli.ablate;
