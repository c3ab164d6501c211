// Sequences of tokens, checked against a model.
#pragma once

#include "model/architecture.h"
#include "sae4j.h"

#include <cstdint>
#include <vector>

namespace sae4j {

struct Batch {
    const int32_t *      tokens;   // [n_tokens]
    std::vector<int64_t> offsets;  // [n_sequences + 1]
    int64_t              n_tokens;
    int64_t              longest;

    // Fails on empty sequences, ones longer than n_ctx, and ids outside the vocabulary.
    Batch(const sae4j_batch & batch, const Shape & shape);

    int64_t n_sequences() const { return static_cast<int64_t>(offsets.size()) - 1; }
};

}  // namespace sae4j
