// Attention of sequences that continue one past as it itself goes on, and differ from it only in their first rows. What
// the later rows see of all other keys is the same for every sequence and is computed once.
#pragma once

#include "model/attention/attention.h"

namespace sae4j {

// own [n_sequences, 3·n_embd]: the sequences' first rows; past: a qkv of as many rows as the longest sequence ends at.
// -> z [n_tokens, n_embd]
ggml_tensor * first_attention(Graph & graph, const char * name, const Batch & batch, int n_head, float scale,
                              const Prefix & past, ggml_tensor * own, const Output & z);

}  // namespace sae4j
