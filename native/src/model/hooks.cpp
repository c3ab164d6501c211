#include "model/hooks.h"

#include "model/hook_points.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "sae/latents.h"
#include "sae/sae.h"
#include "tensor/finite.h"

#include <algorithm>
#include <cstring>

namespace sae4j {

namespace {

void check(const sae4j_edit & edit, const std::string & name, int64_t width) {
    switch (edit.kind) {
        case SAE4J_EDIT_CALL:
            if (!edit.call) {
                fail(SAE4J_BAD_ARGUMENT, "hook %s: a function to call is missing", name.c_str());
            }
            return;
        case SAE4J_EDIT_ZERO:
            return;
        case SAE4J_EDIT_ROW:
        case SAE4J_EDIT_ROWS:
        case SAE4J_EDIT_ADD:
            if (!edit.value) {
                fail(SAE4J_BAD_ARGUMENT, "hook %s: the value to put there is missing", name.c_str());
            }
            return;
        case SAE4J_EDIT_RECONSTRUCT:
            if (!edit.sae) {
                fail(SAE4J_BAD_ARGUMENT, "hook %s: the SAE is missing", name.c_str());
            }
            check_sae(*reinterpret_cast<const Sae *>(edit.sae), name, width, name, width);
            return;
    }
    fail(SAE4J_BAD_ARGUMENT, "hook %s: unknown edit %d", name.c_str(), static_cast<int>(edit.kind));
}

// Calls put(token) for the tokens that the edit is for.
template <typename F> void for_tokens(const sae4j_edit & edit, int64_t n_tokens, F put) {
    for (int64_t t = 0; t < n_tokens; t++) {
        if (!edit.tokens || edit.tokens[t]) {
            put(t);
        }
    }
}

void apply_reconstruction(Session & session, const sae4j_edit & edit, float * x, int64_t n_tokens, int64_t width) {
    const Arena::Mark mark(session.arena());
    float *           x_hat = session.arena().take<float>(n_tokens * width);
    reconstruct(session, *reinterpret_cast<const Sae *>(edit.sae), x, n_tokens, x_hat);
    for_tokens(edit, n_tokens, [&](int64_t t) { memcpy(x + t * width, x_hat + t * width, width * sizeof(float)); });
}

void apply(Session & session, const sae4j_edit & edit, sae4j_point point, float * x, int64_t n_tokens, int64_t width) {
    switch (edit.kind) {
        case SAE4J_EDIT_CALL:
            if (edit.call(edit.user_data, x, n_tokens, width) != 0) {
                fail(SAE4J_STOPPED, "hook %s: stopped the run", name_of(point).c_str());
            }
            return;
        case SAE4J_EDIT_ZERO:
            for_tokens(edit, n_tokens, [&](int64_t t) { std::fill_n(x + t * width, width, 0.0f); });
            return;
        case SAE4J_EDIT_ROW:
            for_tokens(edit, n_tokens, [&](int64_t t) { std::copy_n(edit.value, width, x + t * width); });
            return;
        case SAE4J_EDIT_ROWS:
            for_tokens(edit, n_tokens, [&](int64_t t) { std::copy_n(edit.value + t * width, width, x + t * width); });
            return;
        case SAE4J_EDIT_ADD:
            for_tokens(edit, n_tokens, [&](int64_t t) {
                for (int64_t i = 0; i < width; i++) {
                    x[t * width + i] += edit.value[i];
                }
            });
            return;
        case SAE4J_EDIT_RECONSTRUCT:
            apply_reconstruction(session, edit, x, n_tokens, width);
            return;
    }
}

}  // namespace

Hooks::Hooks(const sae4j_hook * hooks, int32_t count, const sae4j_model_shape & shape) : shape_(shape) {
    if (count < 0 || (count > 0 && !hooks)) {
        fail(SAE4J_BAD_ARGUMENT, "expected %d hooks, found none", count);
    }
    for (int32_t i = 0; i < count; i++) {
        const sae4j_hook & hook = hooks[i];
        const int          rank = rank_of(shape, hook.point);
        const std::string  name = name_of(hook.point);
        if (!by_rank_.emplace(rank, &hook).second) {
            fail(SAE4J_BAD_ARGUMENT, "hook %s: given twice", name.c_str());
        }
        if (hook.n_edits < 0 || (hook.n_edits > 0 && !hook.edits)) {
            fail(SAE4J_BAD_ARGUMENT, "hook %s: expected %d edits, found none", name.c_str(), hook.n_edits);
        }
        for (int32_t e = 0; e < hook.n_edits; e++) {
            check(hook.edits[e], name, width_of(shape, hook.point));
        }
    }
}

const sae4j_hook * Hooks::at(sae4j_point point) const {
    if (by_rank_.empty()) {
        return nullptr;
    }
    const auto found = by_rank_.find(rank_of(shape_, point));
    return found == by_rank_.end() ? nullptr : found->second;
}

void Hooks::check_finite(int64_t n_tokens) const {
    for (const auto & [rank, hook] : by_rank_) {
        const int64_t row =
            hook->activation ? first_not_finite(hook->activation, n_tokens, width_of(shape_, hook->point)) : n_tokens;
        if (row < n_tokens) {
            fail(SAE4J_NOT_FINITE, "%s of token %lld: expected finite numbers, found NaN or infinity",
                 name_of(hook->point).c_str(), (long long) row);
        }
    }
}

void apply_edits(Session & session, const sae4j_hook & hook, float * x, int64_t n_tokens, int64_t width) {
    for (int32_t e = 0; e < hook.n_edits; e++) {
        apply(session, hook.edits[e], hook.point, x, n_tokens, width);
    }
}

}  // namespace sae4j
