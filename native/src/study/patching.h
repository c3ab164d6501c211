// One sequence at one hook point, ready to be continued from any position with any activation there.
#pragma once

#include "model/batch.h"
#include "model/model.h"
#include "model/pass.h"
#include "runtime/memory.h"
#include "sae4j.h"

namespace sae4j {

class Session;

class Patching {
  public:
    Patching(Session & session, const Model & model, std::vector<int32_t> tokens, const HookPoint & point);

    const float * activation() const { return clean_.data(); }

    // Other positions hold activation [n_tokens, width] from now on; NULL: the clean one.
    void set_context(Session & session, const float * activation);

    void run(Session & session, const sae4j_patches & patches) const;

  private:
    void check(const sae4j_patches & patches) const;
    // ln_final.hook_normalized of count runs, whose activations at the position are values. [count · future, n_embd]
    void tails(Session & session, const sae4j_patches & patches, const float * const * values, int64_t count,
               float * normalized) const;

    const Model &              model_;
    std::vector<int32_t>       tokens_;
    int32_t                    length_;
    Batch                      batch_;
    const HookPoint &          point_;
    int64_t                    width_;
    Buffer<float>              clean_;     // [n_tokens, width]
    Buffer<float>              context_;   // [n_tokens, width], empty: clean
    Buffer<float>              residual_;  // [n_tokens, n_embd], empty: the point is on the stream
    std::vector<Buffer<float>> qkv_;       // of the layers behind the point
    KeyValues                  past_;
};

}  // namespace sae4j
