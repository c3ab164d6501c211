// What happens at the hook points of one run: edits, the caller's own among them, and where activations are kept.
#pragma once

#include "sae4j.h"

#include <map>

namespace sae4j {

class Session;

class Hooks {
  public:
    Hooks() = default;
    // Checks every hook against the model.
    Hooks(const sae4j_hook * hooks, int32_t count, const sae4j_model_shape & shape);

    // NULL: nobody watches this point.
    const sae4j_hook * at(sae4j_point point) const;

    bool empty() const { return by_rank_.empty(); }

    // Fails if an activation that was kept holds a NaN or an infinity.
    void check_finite(int64_t n_tokens) const;

    // The point that is computed last. There must be hooks.
    sae4j_point last() const { return by_rank_.rbegin()->second->point; }

  private:
    sae4j_model_shape                 shape_{};
    std::map<int, const sae4j_hook *> by_rank_;
};

// Applies a hook's edits in order to x [n_tokens, width], on the calling thread and the session's pool.
void apply_edits(Session & session, const sae4j_hook & hook, float * x, int64_t n_tokens, int64_t width);

}  // namespace sae4j
