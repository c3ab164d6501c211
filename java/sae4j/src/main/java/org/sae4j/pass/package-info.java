/** Passes over a corpus: progress, interrupts, checkpoints. */
package org.sae4j.pass;
