/** What a model is before it is loaded: its shape, and the activations that have a name. */
package org.sae4j.arch;
