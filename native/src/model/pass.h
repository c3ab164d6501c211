// GPT-2's forward pass as a ggml graph: block by block, every named activation a hook point, from any point to any
// later one.
#pragma once

#include "model/batch.h"
#include "model/hooks.h"
#include "model/model.h"
#include "runtime/graph.h"

namespace sae4j {

// Where a pass stands: the activation at a point, and the residual stream that it will be added to (NULL where the
// point is on the stream itself).
struct State {
    sae4j_point   point;
    const float * activation;  // [n_tokens, width]
    const float * residual;    // [n_tokens, n_embd]
};

// The qkv [n_tokens, 3·n_embd] of the layers of one sequence, NULL for layers that a pass does not go through.
struct KeyValues {
    std::vector<float *> layers;
};

// How the attention of a pass is tied to another pass of the same model.
struct AttentionContext {
    KeyValues *       keep   = nullptr;  // where this pass leaves its qkv
    const KeyValues * past   = nullptr;  // whose first length rows come before every sequence of this pass,
    int64_t           length = 0;  // which starts at that position and differs from the past's sequence there only
};

// Runs the model from behind start (NULL: from the tokens) up to and including stop, and the hooks on the way. The
// state's memory is the session's arena, or the caller's where a hook keeps its activation.
State forward(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
              sae4j_point stop, const AttentionContext & context = {});

}  // namespace sae4j
