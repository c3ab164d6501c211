/**
 * The command line. Each command has a package, of which only the command is seen from outside.
 *
 * <p>Commands stand on {@code study} (what eval, ablate and latent share), {@code options}, {@code
 * files} and {@code terminal}, each of which knows only those after it. Results go to standard
 * output or to a JSON document, progress and complaints to standard error. No arithmetic happens
 * here: commands say what to do in terms of {@link org.sae4j}.
 */
package org.sae4j.cli;
