/** {@code convert}: a model to GGUF, or an SAE to a SAELens folder. */
package org.sae4j.cli.convert;
