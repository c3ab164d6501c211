// A forward pass as a ggml graph, which an architecture fills: from any hook point to any later one, every named
// activation a point.
#pragma once

#include "model/attention/attention.h"
#include "model/batch.h"
#include "model/hooks.h"
#include "model/model.h"
#include "runtime/graph.h"

#include <map>
#include <string>
#include <vector>

namespace sae4j {

// Where a pass stands: the activation at a point, and the residual stream that goes past it (NULL where the point is on
// the stream itself).
struct State {
    const HookPoint * point;
    const float *     activation;  // [n_tokens, width]
    const float *     residual;    // [n_tokens, n_embd]
};

// Queries, keys and values [n_tokens, n_qkv] of each layer of one sequence; NULL for layers that a pass does not go
// through.
struct KeyValues {
    std::vector<float *> layers;
};

// How the attention of a pass is tied to another pass of the same model.
struct AttentionContext {
    KeyValues *       keep   = nullptr;  // where this pass leaves its queries, keys and values
    const KeyValues * past   = nullptr;  // whose first length rows come before every sequence of this pass,
    int64_t           length = 0;  // which starts at that position and differs from the past's sequence there only
};

// Runs the model from behind start (NULL: from the tokens) up to and including stop, and the hooks on the way. The
// state's memory is the session's arena, or the caller's where a hook keeps its activation.
State forward(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
              const HookPoint & stop, const AttentionContext & context = {});

// What is at a point of a pass; the tensor is NULL where the pass does not go there.
struct Activation {
    const HookPoint * point;
    ggml_tensor *     tensor;
};

// The pieces that architectures' graphs are made of. Activations lie in slots, one for each site and the same for every
// block. The stream alternates between two of them, so that nothing is overwritten while it is still needed.
//
// stream is the residual stream before and after a piece, NULL before the start and behind the stop of the pass. A pass
// that starts beside the stream finds it there.
class Pass {
  public:
    Pass(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
         const HookPoint & stop, const AttentionContext & context);

    // The architecture's graph, computed.
    State run();

    // The stop has been reached. Add nothing more.
    bool done() const { return done_; }

    // Rows of a table, one for each token. table [n_vocab, n_embd]
    Activation token_embedding(const HookPoint & point, const Weights & table, ggml_tensor *& stream);
    // The same by position. table [n_ctx, n_embd]
    Activation position_embedding(const HookPoint & point, const float * table, ggml_tensor *& stream);

    // The stream as it comes to a block.
    void stream_at(const HookPoint & point, ggml_tensor *& stream);

    // A layer norm's output, before and after its weight and bias.
    Activation layer_norm(const HookPoint & standardized, const HookPoint & normalized, const LayerNorm & norm,
                          ggml_tensor *& stream);

    struct Attention {
        const Weights * qkv;   // [n_qkv, n_embd]
        const float *   bias;  // [n_qkv]
        int             n_head;
        float           scale;  // of the scores
    };

    // The heads' results side by side. [n_tokens, n_embd]
    Activation attention(const HookPoint & z, const Attention & attention, const Activation & x, ggml_tensor *& stream);

    // activation(x·Wᵀ + bias)
    Activation linear(const HookPoint & point, const Weights & w, const float * bias,
                      void (*activation)(float *, size_t), const Activation & x, ggml_tensor *& stream);

    // y = x·Wᵀ + bias at the point out, then stream + y at the point sum. This is one node unless somebody looks
    // at y. The sums are the same to the bit either way.
    void add_linear(const HookPoint & out, const HookPoint & sum, const Weights & w, const float * bias,
                    const Activation & x, ggml_tensor *& stream);

    // a + b, in the memory of a point on the stream.
    ggml_tensor * add(const char * name, ggml_tensor * a, ggml_tensor * b, const HookPoint & memory);

  private:
    template <typename F> ggml_tensor * at(const HookPoint & point, ggml_tensor *& stream, F compute);

    bool          visible(const HookPoint & point) const;
    ggml_tensor * qkv_attention(int layer, const Attention & attention, const Input & x, const Output & z);
    ggml_tensor * first_qkv_attention(int layer, const Attention & attention, const Input & x, const Output & z);
    Prefix        past(int layer) const;
    Input         firsts(const Input & x);
    Input         input(const Activation & x);
    uint16_t *    rounded(const HookPoint & point);
    ggml_tensor * norm(const char * name, ggml_tensor * x, const LayerNorm & norm, const Output & out);
    ggml_tensor * affine(const char * name, ggml_tensor * x, const LayerNorm & norm, const Output & out);
    template <typename F> ggml_tensor * rows(const char * name, ggml_tensor * x, const Output & out, F compute);
    ggml_tensor *                       copy(const char * name, ggml_tensor * x, float * out);

    float *    slot_of(const std::string & name, int64_t count);
    float *    slot(const HookPoint & point);
    uint16_t * bf16_slot(const std::string & name, int64_t count);

    Graph                          graph_;
    const AttentionContext &       context_;
    const Model &                  model_;
    int64_t                        d_;
    const Batch &                  batch_;
    const Hooks &                  hooks_;
    const State *                  start_;
    int                            start_rank_;
    int                            stop_rank_;
    int64_t                        n_tokens_;
    std::map<std::string, float *> slots_;
    bool                           done_     = false;
    bool                           attended_ = false;  // an attention is behind us
    State                          end_;
};

}  // namespace sae4j
