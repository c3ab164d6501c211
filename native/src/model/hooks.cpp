#include "model/hooks.h"

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

void apply(Session & session, const sae4j_edit & edit, const HookPoint & point, float * x, int64_t n_tokens) {
    const int64_t width = point.width;
    switch (edit.kind) {
        case SAE4J_EDIT_CALL:
            if (edit.call(edit.user_data, x, n_tokens, width) != 0) {
                fail(SAE4J_STOPPED, "hook %s: stopped the run", point.name.c_str());
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

Hooks::Hooks(const sae4j_hook * hooks, int32_t count, const HookPoints & points) {
    if (count < 0 || (count > 0 && !hooks)) {
        fail(SAE4J_BAD_ARGUMENT, "expected %d hooks, found none", count);
    }
    for (int32_t i = 0; i < count; i++) {
        const sae4j_hook & hook  = hooks[i];
        const HookPoint &  point = points.named(hook.point);
        if (!by_rank_.emplace(point.rank, Hook{ &point, &hook }).second) {
            fail(SAE4J_BAD_ARGUMENT, "hook %s: given twice", point.name.c_str());
        }
        if (hook.n_edits < 0 || (hook.n_edits > 0 && !hook.edits)) {
            fail(SAE4J_BAD_ARGUMENT, "hook %s: expected %d edits, found none", point.name.c_str(), hook.n_edits);
        }
        for (int32_t e = 0; e < hook.n_edits; e++) {
            check(hook.edits[e], point.name, point.width);
        }
    }
}

const sae4j_hook * Hooks::at(const HookPoint & point) const {
    const auto found = by_rank_.find(point.rank);
    return found == by_rank_.end() ? nullptr : found->second.what;
}

void Hooks::check_finite(int64_t n_tokens) const {
    for (const auto & [rank, hook] : by_rank_) {
        const float * kept = hook.what->activation;
        const int64_t row  = kept ? first_not_finite(kept, n_tokens, hook.point->width) : n_tokens;
        if (row < n_tokens) {
            fail(SAE4J_NOT_FINITE, "%s of token %lld: expected finite numbers, found NaN or infinity",
                 hook.point->name.c_str(), (long long) row);
        }
    }
}

void apply_edits(Session & session, const sae4j_hook & hook, const HookPoint & point, float * x, int64_t n_tokens) {
    for (int32_t e = 0; e < hook.n_edits; e++) {
        apply(session, hook.edits[e], point, x, n_tokens);
    }
}

}  // namespace sae4j
