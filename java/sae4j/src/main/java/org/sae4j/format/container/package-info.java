/** Containers of tensors and settings: safetensors, NumPy, GGUF, zip, JSON. */
package org.sae4j.format.container;
