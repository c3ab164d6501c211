#include "study/patching.h"

#include "model/hook_points.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "study/patch_effects.h"
#include "tensor/finite.h"

#include <algorithm>
#include <cstring>

namespace sae4j {

namespace {

constexpr sae4j_point normalized_point{ SAE4J_HOOK_NORMALIZED, 0 };

constexpr int64_t rows_at_once = 1024;  // of a tail: the products are at full speed, the memory is bounded

sae4j_batch batch_of(const std::vector<int32_t> & tokens, const int32_t * length) {
    return { tokens.data(), length, 1 };
}

}  // namespace

Patching::Patching(Session & session, const Model & model, std::vector<int32_t> tokens, sae4j_point point) :
    model_(model),
    tokens_(std::move(tokens)),
    length_(static_cast<int32_t>(tokens_.size())),
    batch_(batch_of(tokens_, &length_), model.shape()),
    point_(point),
    width_(width_of(model.shape(), point)) {
    const State front = forward(session, model, batch_, Hooks(), nullptr, point);
    clean_            = Buffer<float>(length_ * width_);
    std::copy_n(front.activation, length_ * width_, clean_.data());
    if (front.residual) {
        residual_ = Buffer<float>(length_ * model.shape().n_embd);
        std::copy_n(front.residual, length_ * model.shape().n_embd, residual_.data());
    }
    for (int l = 0; l < model.shape().n_layer; l++) {
        const bool behind = rank_of(model.shape(), { SAE4J_HOOK_Z, l }) > rank_of(model.shape(), point);
        qkv_.push_back(behind ? Buffer<float>(int64_t{ 3 } * length_ * model.shape().n_embd) : Buffer<float>());
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
    const sae4j_point stop{ SAE4J_HOOK_Z, model_.shape().n_layer - 1 };
    if (rank_of(model_.shape(), point_) <
        rank_of(model_.shape(), stop)) {  // the last keys and values are all that is wanted
        const State start{ point_, context_ ? context_.data() : clean_.data(), residual_.data() };
        forward(session, model_, batch_, Hooks(), &start, stop, { &past_, nullptr, 0 });
    }
}

void Patching::check(const sae4j_variants & v) const {
    if (v.future < 1 || v.position < 0 || v.position > length_ - v.future) {
        fail(SAE4J_BAD_ARGUMENT, "variants: expected positions t … t + T − 1 within 0 … %d, found t = %d, T = %d",
             length_ - 1, v.position, v.future);
    }
    if (!v.base || (v.n > 0 && !v.values) || v.n < 0 || !v.seen) {
        fail(SAE4J_BAD_ARGUMENT, "variants: a base, values and a function to call are needed");
    }
    if (!all_finite(v.base, width_)) {
        fail(SAE4J_NOT_FINITE, "base at position %d: expected finite numbers, found NaN or infinity", v.position);
    }
    const int64_t bad = first_not_finite(v.values, v.n, width_);
    if (bad < v.n) {
        fail(SAE4J_NOT_FINITE, "variant %lld at position %d: expected finite numbers, found NaN or infinity",
             (long long) bad, v.position);
    }
    if (v.n_top < 0 || v.n_top > model_.shape().n_vocab) {
        fail(SAE4J_BAD_ARGUMENT, "variants: expected n_top in 0 … %d, found %d", model_.shape().n_vocab, v.n_top);
    }
}

void Patching::tails(Session & session, const sae4j_variants & v, const float * const * values, int64_t count,
                     float * normalized) const {
    const Arena::Mark          mark(session.arena());
    const int64_t              d = model_.shape().n_embd, rows = count * v.future;
    const float *              context    = (context_ ? context_.data() : clean_.data()) + v.position * width_;
    float *                    activation = session.arena().take<float>(rows * width_);
    float *                    residual   = residual_ ? session.arena().take<float>(rows * d) : nullptr;
    const std::vector<int32_t> lengths(count, v.future);
    std::vector<int32_t>       tokens;
    for (int64_t i = 0; i < count; i++) {
        float * rows_i = activation + i * v.future * width_;
        std::copy_n(context, v.future * width_, rows_i);
        std::copy_n(values[i], width_, rows_i);
        if (residual) {
            std::copy_n(residual_.data() + v.position * d, v.future * d, residual + i * v.future * d);
        }
        tokens.insert(tokens.end(), tokens_.begin() + v.position, tokens_.begin() + v.position + v.future);
    }
    const Batch batch({ tokens.data(), lengths.data(), static_cast<int32_t>(count) }, model_.shape());
    const State start{ point_, activation, residual };
    const State end =
        forward(session, model_, batch, Hooks(), &start, normalized_point, { nullptr, &past_, v.position });
    std::copy_n(end.activation, rows * d, normalized);
}

void Patching::run(Session & session, const sae4j_variants & v) const {
    check(v);
    std::vector<const float *> values{ v.base };
    for (int64_t i = 0; i < v.n; i++) {
        values.push_back(v.values + i * width_);
    }
    const int64_t count      = static_cast<int64_t>(values.size());
    const int64_t step       = std::max<int64_t>(1, rows_at_once / v.future);
    float *       normalized = session.arena().take<float>(std::min(step, count) * v.future * model_.shape().n_embd);
    PatchEffects  effects(session, model_, v, tokens_.data() + v.position, length_ - v.position);
    for (int64_t first = 0; first < count; first += step) {
        const int64_t some = std::min(step, count - first);
        tails(session, v, values.data() + first, some, normalized);
        effects.add(normalized, some);
    }
}

}  // namespace sae4j
