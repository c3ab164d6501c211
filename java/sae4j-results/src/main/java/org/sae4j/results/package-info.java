/**
 * Results as JSON documents: what was run, on which inputs, and what came of it.
 *
 * <p>A {@link org.sae4j.results.JsonDocument} takes options, inputs and results; the classes named
 * after results write those. Keys are a promise to scripts.
 */
package org.sae4j.results;
