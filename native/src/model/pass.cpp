#include "model/pass.h"

#include "kernels/kernels.h"
#include "model/attention/attention.h"
#include "model/attention/first_attention.h"
#include "runtime/session.h"

#include <algorithm>
#include <cstring>

namespace sae4j {

namespace {

constexpr int before_first = -1;

}  // namespace

State forward(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
              const HookPoint & stop, const AttentionContext & context) {
    return Pass(session, model, batch, hooks, start, stop, context).run();
}

Pass::Pass(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
           const HookPoint & stop, const AttentionContext & context) :
    graph_(session),
    context_(context),
    model_(model),
    d_(model.shape().n_embd),
    batch_(batch),
    hooks_(hooks),
    start_(start),
    start_rank_(start ? start->point->rank : before_first),
    stop_rank_(stop.rank),
    n_tokens_(batch.n_tokens),
    end_{ &stop, nullptr, nullptr } {}

State Pass::run() {
    if (start_rank_ == stop_rank_) {
        return *start_;
    }
    model_.architecture().build(*this);
    graph_.compute();
    return end_;
}

// The activation at a point: NULL if it lies before the start or behind the stop, what the start gives, or what
// compute(memory) adds to the graph, with the point's hook.
template <typename F> ggml_tensor * Pass::at(const HookPoint & point, ggml_tensor *& stream, F compute) {
    if (done_ || point.rank < start_rank_) {
        return nullptr;
    }
    if (point.rank == start_rank_) {
        if (start_->residual) {
            stream = graph_.leaf("residual", start_->residual, d_, n_tokens_);
        }
        return graph_.leaf(point.name.c_str(), start_->activation, point.width, n_tokens_);
    }
    const sae4j_hook * hook = hooks_.at(point);
    ggml_tensor *      x    = compute(hook && hook->activation ? hook->activation : slot(point));
    if (hook && hook->n_edits > 0) {
        graph_.compute();
        apply_edits(graph_.session(), *hook, point, static_cast<float *>(x->data), n_tokens_);
    }
    if (point.rank == stop_rank_) {
        done_         = true;
        const bool on = !point.beside_stream() || !stream;
        end_ = { &point, static_cast<const float *>(x->data), on ? nullptr : static_cast<const float *>(stream->data) };
    }
    return x;
}

// Somebody looks at this point, or the pass starts or stops there: it must exist by itself.
bool Pass::visible(const HookPoint & point) const {
    return hooks_.at(point) || point.rank == start_rank_ || point.rank == stop_rank_;
}

Activation Pass::token_embedding(const HookPoint & point, const Weights & table, ggml_tensor *& stream) {
    return { &point, at(point, stream, [&](float * out) {
                return graph_.node("embed", {}, out, d_, n_tokens_, [=, this, &table](int ith, int nth) {
                    const Slab s = slab(n_tokens_, ith, nth);
                    for (int64_t t = s.begin; t < s.end; t++) {
                        table.row(batch_.tokens[t], out + t * d_);
                    }
                });
            }) };
}

Activation Pass::position_embedding(const HookPoint & point, const float * table, ggml_tensor *& stream) {
    return { &point, at(point, stream, [&](float * out) {
                return graph_.node("pos_embed", {}, out, d_, n_tokens_, [=, this](int ith, int nth) {
                    const Slab s = slab(batch_.n_sequences(), ith, nth);
                    for (int64_t i = s.begin; i < s.end; i++) {
                        const int64_t first = batch_.offsets[i], length = batch_.offsets[i + 1] - first;
                        memcpy(out + first * d_, table + context_.length * d_, length * d_ * sizeof(float));
                    }
                });
            }) };
}

void Pass::stream_at(const HookPoint & point, ggml_tensor *& stream) {
    ggml_tensor * none = nullptr;
    stream = at(point, none, [&](float * out) { return hooks_.at(point) ? copy("stream", stream, out) : stream; });
}

Activation Pass::layer_norm(const HookPoint & standardized, const HookPoint & normalized, const LayerNorm & weights,
                            ggml_tensor *& stream) {
    // (x − mean) / std is only there if somebody looks at it; what comes of it is the same to the bit.
    ggml_tensor * standard = nullptr;
    if (visible(standardized)) {
        standard = at(standardized, stream, [&](float * out) {
            return norm("standard", stream, { nullptr, nullptr, weights.eps }, { out });
        });
    }
    return { &normalized, at(normalized, stream, [&](float * out) {
                const Output both{ out, rounded(normalized) };
                return standard ? affine("ln", standard, weights, both) : norm("ln", stream, weights, both);
            }) };
}

Activation Pass::attention(const HookPoint & z, const Attention & attention, const Activation & x,
                           ggml_tensor *& stream) {
    return { &z, at(z, stream, [&](float * out) {
                const bool first = context_.past && !attended_;
                attended_        = true;
                const Output both{ out, rounded(z) };
                return first ? first_qkv_attention(z.layer, attention, input(x), both) :
                               qkv_attention(z.layer, attention, input(x), both);
            }) };
}

Activation Pass::linear(const HookPoint & point, const Weights & w, const float * bias,
                        void (*activation)(float *, size_t), const Activation & x, ggml_tensor *& stream) {
    return { &point, at(point, stream, [&](float * out) {
                return sae4j::linear(graph_, "linear", w, input(x), { bias, nullptr, activation },
                                     { out, rounded(point) });
            }) };
}

void Pass::add_linear(const HookPoint & out, const HookPoint & sum, const Weights & w, const float * bias,
                      const Activation & x, ggml_tensor *& stream) {
    if (!visible(out)) {
        stream = at(sum, stream, [&](float * memory) {
            return sae4j::linear(graph_, "stream", w, input(x), { bias, stream }, { memory });
        });
        return;
    }
    ggml_tensor * y = at(
        out, stream, [&](float * memory) { return sae4j::linear(graph_, "added", w, input(x), { bias }, { memory }); });
    stream = at(sum, stream, [&](float * memory) { return graph_.add("stream", stream, y, memory); });
}

ggml_tensor * Pass::add(const char * name, ggml_tensor * a, ggml_tensor * b, const HookPoint & memory) {
    return graph_.add(name, a, b, slot(memory));
}

ggml_tensor * Pass::qkv_attention(int layer, const Attention & attention, const Input & x, const Output & z) {
    const int64_t n_qkv   = model_.shape().n_qkv;
    float *       memory  = context_.keep ? context_.keep->layers[layer] : slot_of("qkv", n_tokens_ * n_qkv);
    ggml_tensor * qkv     = sae4j::linear(graph_, "qkv", *attention.qkv, x, { attention.bias }, { memory });
    float *       scratch = slot_of(
              "scores", attention_scratch(batch_, context_.length, d_ / attention.n_head, graph_.session().n_threads()));
    return sae4j::attention(graph_, "z", batch_, attention.n_head, attention.scale, past(layer), model_.precision(),
                            qkv, scratch, z);
}

// The first attention of a pass behind a past, whose rows are the past's but for each sequence's first.
ggml_tensor * Pass::first_qkv_attention(int layer, const Attention & attention, const Input & x, const Output & z) {
    float *       memory = slot_of("first_qkv", batch_.n_sequences() * model_.shape().n_qkv);
    ggml_tensor * qkv    = sae4j::linear(graph_, "qkv", *attention.qkv, firsts(x), { attention.bias }, { memory });
    return first_attention(graph_, "first_z", batch_, attention.n_head, attention.scale, past(layer), qkv, z);
}

Prefix Pass::past(int layer) const {
    return context_.past ? Prefix{ context_.past->layers[layer], context_.length } : Prefix{};
}

// Each sequence's first row. [n_sequences, n_embd]
Input Pass::firsts(const Input & x) {
    const int64_t n_sequences = batch_.n_sequences();
    float *       f32         = slot_of("firsts", n_sequences * d_);
    uint16_t *    bf16        = x.bf16 ? bf16_slot("firsts", n_sequences * d_) : nullptr;
    auto          gather      = [=, this](int ith, int nth) {
        const Slab s = slab(n_sequences, ith, nth);
        for (int64_t i = s.begin; i < s.end; i++) {
            const Input row = x.from(batch_.offsets[i], d_);
            std::copy_n(row.f32, d_, f32 + i * d_);
            if (bf16) {
                std::copy_n(row.bf16, d_, bf16 + i * d_);
            }
        }
    };
    return { graph_.node("firsts", { x.tensor }, f32, d_, n_sequences, gather), f32, bf16 };
}

// An activation as a product needs it.
Input Pass::input(const Activation & x) {
    uint16_t * bf16 = rounded(*x.point);
    if (bf16 || model_.precision() == SAE4J_PRECISION_F32) {
        return { x.tensor, static_cast<const float *>(x.tensor->data), bf16 };
    }
    const std::string width = std::to_string(x.point->width);
    return input_for(graph_, model_.precision(), x.tensor, bf16_slot("rows " + width, n_tokens_ * x.point->width));
}

// Where an activation is left rounded as soon as it is computed; NULL if it need not be, or may still be changed.
uint16_t * Pass::rounded(const HookPoint & point) {
    if (model_.precision() == SAE4J_PRECISION_F32 || visible(point)) {
        return nullptr;
    }
    return bf16_slot(point.site, n_tokens_ * point.width);
}

ggml_tensor * Pass::norm(const char * name, ggml_tensor * x, const LayerNorm & norm, const Output & out) {
    return rows(name, x, out, [=, d = d_](const float * row, float * y) {
        kernels().layer_norm(row, norm.weight, norm.bias, norm.eps, d, y);
    });
}

ggml_tensor * Pass::affine(const char * name, ggml_tensor * x, const LayerNorm & norm, const Output & out) {
    return rows(name, x, out,
                [=, d = d_](const float * row, float * y) { kernels().affine(row, norm.weight, norm.bias, d, y); });
}

// compute(row, row of out) for each row of x [n_tokens, n_embd].
template <typename F> ggml_tensor * Pass::rows(const char * name, ggml_tensor * x, const Output & out, F compute) {
    const int64_t d  = d_;
    const auto *  in = static_cast<const float *>(x->data);
    return graph_.node(name, { x }, out.f32, d, x->ne[1], [=, rows = x->ne[1]](int ith, int nth) {
        const Slab s = slab(rows, ith, nth);
        for (int64_t t = s.begin; t < s.end; t++) {
            compute(in + t * d, out.f32 + t * d);
            out.round(t * d, d);
        }
    });
}

ggml_tensor * Pass::copy(const char * name, ggml_tensor * x, float * out) {
    const int64_t bytes = x->ne[0] * x->ne[1] * static_cast<int64_t>(sizeof(float));
    const void *  in    = x->data;
    return graph_.node(name, { x }, out, x->ne[0], x->ne[1], [=](int ith, int nth) {
        const Slab s = slab(bytes, ith, nth);
        memcpy(reinterpret_cast<char *>(out) + s.begin, static_cast<const char *>(in) + s.begin, s.end - s.begin);
    });
}

// Memory that every block uses for the same thing.
float * Pass::slot_of(const std::string & name, int64_t count) {
    float *& memory = slots_[name];
    if (!memory) {
        memory = graph_.session().arena().take<float>(count);
    }
    return memory;
}

// [n_tokens, width]
float * Pass::slot(const HookPoint & point) {
    return slot_of(point.site, n_tokens_ * point.width);
}

uint16_t * Pass::bf16_slot(const std::string & name, int64_t count) {
    return reinterpret_cast<uint16_t *>(slot_of("bf16 " + name, (count + 1) / 2));
}

}  // namespace sae4j
