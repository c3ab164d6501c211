package org.sae4j.format.model;

import org.sae4j.format.container.StoredTensor;

/**
 * A weight of a model under the name that GGUF files give it.
 *
 * @param ggufName such as {@code blk.0.attn_qkv.weight}
 * @param tensor where it lies; matrices are viewed as [outputs, inputs], however they are stored
 */
public record GgufWeight(String ggufName, StoredTensor tensor) {}
