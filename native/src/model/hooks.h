// What happens at the hook points of one run: edits, the caller's own among them, and where activations are kept.
#pragma once

#include "model/hook_points.h"
#include "sae4j.h"

#include <map>

namespace sae4j {

class Session;

class Hooks {
  public:
    // A point and what happens there.
    struct Hook {
        const HookPoint *  point;
        const sae4j_hook * what;
    };

    Hooks() = default;
    // Finds every hook's point and checks the edits against it.
    Hooks(const sae4j_hook * hooks, int32_t count, const HookPoints & points);

    // NULL: nobody watches this point.
    const sae4j_hook * at(const HookPoint & point) const;

    bool empty() const { return by_rank_.empty(); }

    // Fails if an activation that was kept holds a NaN or an infinity.
    void check_finite(int64_t n_tokens) const;

    // The point that is computed last. There must be hooks.
    const HookPoint & last() const { return *by_rank_.rbegin()->second.point; }

  private:
    std::map<int, Hook> by_rank_;
};

// Applies a hook's edits in order to x [n_tokens, width of the point], on the calling thread and the session's pool.
void apply_edits(Session & session, const sae4j_hook & hook, const HookPoint & point, float * x, int64_t n_tokens);

}  // namespace sae4j
