// The unembedding: it gives logits, or compares runs tile by tile with the log-softmax fused in, so that only a tile of
// logits exists at a time.
#pragma once

#include "model/model.h"
#include "sae4j.h"

#include <vector>

namespace sae4j {

class Session;

// Logits [n_rows, n_vocab] of rows of ln_final.hook_normalized [n_rows, n_embd]. finite, if not NULL, tells whether there
// is neither NaN nor infinity among them.
void logits(Session & session, const Model & model, const float * normalized, int64_t n_rows, float * out,
            bool * finite = nullptr);

// One run's ln_final.hook_normalized, and the arrays [n_tokens] to fill, or NULL.
struct Run {
    const float * normalized;  // [n_tokens, n_embd], or [1, n_embd] if constant
    bool          constant;    // every token has the same distribution
    sae4j_effect  effect;      // against the first run; for the first run only ce
};

// Compares runs[1 …] with runs[0]. targets [n_tokens]: the next token, -1 for none.
void compare(Session & session, const Model & model, const std::vector<Run> & runs, const int32_t * targets,
             int64_t n_tokens);

}  // namespace sae4j
