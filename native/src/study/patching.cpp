#include "study/patching.h"

#include "runtime/session.h"
#include "runtime/status.h"
#include "study/patch_effects.h"
#include "tensor/finite.h"

#include <algorithm>
#include <cstring>

namespace sae4j {

namespace {

constexpr int64_t rows_at_once = 1024;  // of a tail: the products are at full speed, the memory is bounded

// What a layer's attention computes: keys and values come before it.
const HookPoint & attention_of(const Model & model, int layer) {
    return model.points().at(layer, "attn.hook_z");
}

sae4j_batch batch_of(const std::vector<int32_t> & tokens, const int32_t * length) {
    return { tokens.data(), length, 1 };
}

}  // namespace

Patching::Patching(Session & session, const Model & model, std::vector<int32_t> tokens, const HookPoint & point) :
    model_(model),
    tokens_(std::move(tokens)),
    length_(static_cast<int32_t>(tokens_.size())),
    batch_(batch_of(tokens_, &length_), model.shape()),
    point_(point),
    width_(point.width) {
    const State front = forward(session, model, batch_, Hooks(), nullptr, point);
    clean_            = Buffer<float>(length_ * width_);
    std::copy_n(front.activation, length_ * width_, clean_.data());
    if (front.residual) {
        residual_ = Buffer<float>(length_ * model.shape().n_embd);
        std::copy_n(front.residual, length_ * model.shape().n_embd, residual_.data());
    }
    for (int l = 0; l < model.shape().n_layer; l++) {
        const bool behind = attention_of(model, l).rank > point.rank;
        qkv_.push_back(behind ? Buffer<float>(length_ * model.shape().n_qkv) : Buffer<float>());
        past_.layers.push_back(qkv_.back().data());
    }
    set_context(session, nullptr);
}

void Patching::set_context(Session & session, const float * activation) {
    if (activation) {
        if (!context_) {
            context_ = Buffer<float>(length_ * width_);
        }
        std::copy_n(activation, length_ * width_, context_.data());
    } else {
        context_ = Buffer<float>();
    }
    const HookPoint & stop = attention_of(model_, model_.shape().n_layer - 1);
    if (point_.rank < stop.rank) {  // the last keys and values are all that is wanted
        const State start{ &point_, context_ ? context_.data() : clean_.data(), residual_.data() };
        forward(session, model_, batch_, Hooks(), &start, stop, { &past_, nullptr, 0 });
    }
}

void Patching::check(const sae4j_patches & p) const {
    if (p.future < 1 || p.position < 0 || p.position > length_ - p.future) {
        fail(SAE4J_BAD_ARGUMENT, "patches: expected positions t … t + T − 1 within 0 … %d, found t = %d, T = %d",
             length_ - 1, p.position, p.future);
    }
    if (!p.base || (p.n > 0 && !p.values) || p.n < 0 || !p.seen) {
        fail(SAE4J_BAD_ARGUMENT, "patches: a base, values and a function to call are needed");
    }
    if (!all_finite(p.base, width_)) {
        fail(SAE4J_NOT_FINITE, "base at position %d: expected finite numbers, found NaN or infinity", p.position);
    }
    const int64_t bad = first_not_finite(p.values, p.n, width_);
    if (bad < p.n) {
        fail(SAE4J_NOT_FINITE, "patch %lld at position %d: expected finite numbers, found NaN or infinity",
             (long long) bad, p.position);
    }
    if (p.n_top < 0 || p.n_top > model_.shape().n_vocab) {
        fail(SAE4J_BAD_ARGUMENT, "patches: expected n_top in 0 … %d, found %d", model_.shape().n_vocab, p.n_top);
    }
}

void Patching::tails(Session & session, const sae4j_patches & p, const float * const * values, int64_t count,
                     float * normalized) const {
    const Arena::Mark          mark(session.arena());
    const int64_t              d = model_.shape().n_embd, rows = count * p.future;
    const float *              context    = (context_ ? context_.data() : clean_.data()) + p.position * width_;
    float *                    activation = session.arena().take<float>(rows * width_);
    float *                    residual   = residual_ ? session.arena().take<float>(rows * d) : nullptr;
    const std::vector<int32_t> lengths(count, p.future);
    std::vector<int32_t>       tokens;
    for (int64_t i = 0; i < count; i++) {
        float * rows_i = activation + i * p.future * width_;
        std::copy_n(context, p.future * width_, rows_i);
        std::copy_n(values[i], width_, rows_i);
        if (residual) {
            std::copy_n(residual_.data() + p.position * d, p.future * d, residual + i * p.future * d);
        }
        tokens.insert(tokens.end(), tokens_.begin() + p.position, tokens_.begin() + p.position + p.future);
    }
    const Batch batch({ tokens.data(), lengths.data(), static_cast<int32_t>(count) }, model_.shape());
    const State start{ &point_, activation, residual };
    const State end =
        forward(session, model_, batch, Hooks(), &start, model_.points().last(), { nullptr, &past_, p.position });
    std::copy_n(end.activation, rows * d, normalized);
}

void Patching::run(Session & session, const sae4j_patches & p) const {
    check(p);
    std::vector<const float *> values{ p.base };
    for (int64_t i = 0; i < p.n; i++) {
        values.push_back(p.values + i * width_);
    }
    const int64_t count      = static_cast<int64_t>(values.size());
    const int64_t step       = std::max<int64_t>(1, rows_at_once / p.future);
    float *       normalized = session.arena().take<float>(std::min(step, count) * p.future * model_.shape().n_embd);
    PatchEffects  effects(session, model_, p, tokens_.data() + p.position, length_ - p.position);
    for (int64_t first = 0; first < count; first += step) {
        const int64_t some = std::min(step, count - first);
        tails(session, p, values.data() + first, some, normalized);
        effects.add(normalized, some);
    }
}

}  // namespace sae4j
