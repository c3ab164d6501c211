// Attention of sequences that go on from the same past and are its own continuation but for their first rows: what the
// other rows see of all keys but that one is the same for all sequences, and computed once.
#pragma once

#include "model/attention/attention.h"

namespace sae4j {

// own [n_sequences, 3·n_embd]: the sequences' first rows; past: a qkv of as many rows as the longest sequence ends at.
// -> z [n_tokens, n_embd]
ggml_tensor * first_attention(Graph & graph, const char * name, const Batch & batch, int n_head, float scale,
                              const Prefix & past, ggml_tensor * own, const Output & z);

}  // namespace sae4j
