// Causal multi-head attention over whole sequences, or over sequences that continue a common beginning.
#pragma once

#include "model/batch.h"
#include "runtime/graph.h"
#include "tensor/linear.h"

namespace sae4j {

// The common beginning: rows 0 … length − 1 of a qkv [≥ length, 3·n_embd] whose keys and values every sequence sees.
struct Prefix {
    const float * qkv    = nullptr;
    int64_t       length = 0;
};

// Queries, keys and values of one head: the first rows of a qkv whose rows lie ld apart.
struct Head {
    const float * q;
    const float * k;
    const float * v;
    int64_t       ld;
    int64_t       d_head;
    float         scale;  // of the scores

    Head(const float * qkv, int64_t ld, int64_t d_head, int64_t head, float scale) :
        q(qkv + head * d_head),
        k(q + ld / 3),
        v(k + ld / 3),
        ld(ld),
        d_head(d_head),
        scale(scale) {}

    // The same from this row on.
    Head from(int64_t row) const {
        Head rest = *this;
        rest.q += row * ld;
        rest.k += row * ld;
        rest.v += row * ld;
        return rest;
    }
};

// Floats of scratch that attention needs.
int64_t attention_scratch(const Batch & batch, int64_t prefix_length, int64_t d_head, int n_threads);

// qkv [n_tokens, 3·n_embd] -> z [n_tokens, n_embd], the heads side by side. scale: of the scores.
ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, float scale,
                        const Prefix & prefix, sae4j_precision precision, ggml_tensor * qkv, float * scratch,
                        const Output & z);

}  // namespace sae4j
