// What sets one family of models apart from another: its sizes, tensors, hook points and graph. Each has a file in arch/.
#pragma once

#include "model/hook_points.h"
#include "model/hyperparameters.h"
#include "model/tensors.h"

#include <memory>

namespace sae4j {

class Pass;

// The sizes that are looked at outside an architecture's own file.
struct Shape {
    int32_t n_layer;
    int32_t n_embd;  // d, width of the residual stream
    int32_t n_ctx;   // longest sequence
    int32_t n_vocab;
    int64_t n_qkv;  // floats per token of a block's queries, keys and values
};

// y = (x − mean) / √(variance + eps) · weight + bias
struct LayerNorm {
    const float * weight;  // [n_embd]
    const float * bias;    // [n_embd]
    float         eps;
};

class Architecture {
  public:
    virtual ~Architecture()                        = default;
    Architecture(const Architecture &)             = delete;
    Architecture & operator=(const Architecture &) = delete;

    const Shape & shape() const { return shape_; }

    const HookPoints & points() const { return points_; }

    // Says which tensors a model has.
    virtual void declare(Tensors & tensors) const = 0;
    // Takes them. Fails if one is missing.
    virtual void link(const Tensors & tensors) = 0;
    // Adds everything to a pass, from the tokens to the last hook point.
    virtual void build(Pass & pass) const = 0;

    const Weights & unembedding() const { return *unembedding_; }  // [n_vocab, n_embd]

    const LayerNorm & final_norm() const { return final_norm_; }

  protected:
    Architecture() = default;

    Shape           shape_{};
    HookPoints      points_;
    const Weights * unembedding_ = nullptr;
    LayerNorm       final_norm_{};
};

// The architecture that a GGUF header names. Fails if there is none such.
std::unique_ptr<Architecture> new_architecture(Hyperparameters & numbers);

}  // namespace sae4j
