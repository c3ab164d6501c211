/** The steps that eval, ablate and latent share, from options to what is written. */
package org.sae4j.cli.study;
