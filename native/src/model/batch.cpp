#include "model/batch.h"

#include "runtime/status.h"

#include <algorithm>

namespace sae4j {

namespace {

// OpenBLAS counts in 32 bits, and so does everything that multiplies a number of rows by a width.
constexpr int64_t max_tokens = 1 << 20;

}  // namespace

Batch::Batch(const sae4j_batch & batch, const Shape & shape) :
    tokens(batch.tokens),
    offsets{ 0 },
    n_tokens(0),
    longest(0) {
    if (batch.n_sequences < 1 || !batch.tokens || !batch.lengths) {
        fail(SAE4J_BAD_ARGUMENT, "batch: expected at least one sequence, found %d", batch.n_sequences);
    }
    for (int32_t s = 0; s < batch.n_sequences; s++) {
        const int32_t length = batch.lengths[s];
        if (length < 1 || length > shape.n_ctx) {
            fail(SAE4J_BAD_ARGUMENT, "sequence %d: expected 1 to n_ctx = %d tokens, found %d", s, shape.n_ctx, length);
        }
        for (int32_t i = 0; i < length; i++) {
            const int32_t id = tokens[n_tokens + i];
            if (id < 0 || id >= shape.n_vocab) {
                fail(SAE4J_BAD_ARGUMENT, "sequence %d, position %d: expected a token id in 0 … %d, found %d", s, i,
                     shape.n_vocab - 1, id);
            }
        }
        n_tokens += length;
        longest = std::max<int64_t>(longest, length);
        offsets.push_back(n_tokens);
        if (n_tokens > max_tokens) {
            fail(SAE4J_BAD_ARGUMENT, "batch: expected at most %lld tokens in one call; run it in parts",
                 (long long) max_tokens);
        }
    }
}

}  // namespace sae4j
