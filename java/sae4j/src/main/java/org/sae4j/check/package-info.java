/** The self-test of an SAE: whether it fits the model, and what is probably the matter if not. */
package org.sae4j.check;
