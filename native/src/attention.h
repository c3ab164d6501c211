// Causal multi-head attention over whole sequences, or over sequences that go on from a common beginning.
#pragma once

#include "batch.h"
#include "graph.h"

namespace sae4j {

// The common beginning: rows 0 … length − 1 of a qkv [≥ length, 3·n_embd] whose keys and values every sequence sees.
struct Prefix {
    const float * qkv    = nullptr;
    int64_t       length = 0;
};

// Floats of scratch that attention needs.
int64_t attention_scratch(const Batch & batch, int64_t prefix_length, int64_t d_head, int n_threads);

// qkv [n_tokens, 3·n_embd] -> z [n_tokens, n_embd], the heads side by side.
ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, const Prefix & prefix,
                        ggml_tensor * qkv, float * scratch, float * z);

}  // namespace sae4j
