// Causal multi-head attention over whole sequences.
#pragma once

#include "batch.h"
#include "graph.h"

namespace sae4j {

// Floats of scratch that attention needs.
int64_t attention_scratch(const Batch & batch, int n_threads);

// qkv [n_tokens, 3·n_embd] -> z [n_tokens, n_embd], the heads side by side.
ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, ggml_tensor * qkv,
                        float * scratch, float * z);

}  // namespace sae4j
