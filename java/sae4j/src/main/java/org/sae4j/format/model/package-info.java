/** Models in Hugging Face's folders: weights, tokenizers, and their conversion to GGUF. */
package org.sae4j.format.model;
