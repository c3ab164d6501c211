#include "model/pass.h"

#include "kernels/kernels.h"
#include "model/attention/attention.h"
#include "model/attention/first_attention.h"
#include "model/hook_points.h"
#include "runtime/session.h"
#include "tensor/linear.h"

#include <algorithm>
#include <cstring>

namespace sae4j {

namespace {

// One pass. Activations lie in slots, one a site and the same for every block; the stream alternates between
// "mid" and "post", so that nothing is overwritten while it is still needed.
class Pass {
  public:
    Pass(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
         sae4j_point stop, const AttentionContext & context) :
        graph_(session),
        context_(context),
        model_(model),
        shape_(model.shape()),
        batch_(batch),
        hooks_(hooks),
        start_(start),
        start_rank_(start ? rank_of(shape_, start->point) : before_first),
        stop_rank_(rank_of(shape_, stop)),
        n_tokens_(batch.n_tokens),
        end_{ stop, nullptr, nullptr } {}

    State run() {
        if (start_rank_ == stop_rank_) {
            return *start_;
        }
        ggml_tensor * x = embeddings();
        for (int l = 0; l < shape_.n_layer && !done_; l++) {
            x = block(l, x);
        }
        if (!done_) {
            ggml_tensor * standard = standardized({ SAE4J_HOOK_STANDARDIZED, 0 }, nullptr, x);
            normalized({ SAE4J_HOOK_NORMALIZED, 0 }, nullptr, x, standard, model_.ln_f());
        }
        graph_.compute();
        return end_;
    }

  private:
    // The activation at a point: NULL if it lies before the start or behind the stop, what the start gives, or what
    // compute(memory) adds to the graph, with the point's hook. residual: the stream that goes with it.
    template <typename F> ggml_tensor * at(sae4j_point point, ggml_tensor * residual, F compute) {
        const int rank = rank_of(shape_, point);
        if (done_ || rank < start_rank_) {
            return nullptr;
        }
        const int64_t width = width_of(shape_, point);
        if (rank == start_rank_) {
            return graph_.leaf(name_of(point).c_str(), start_->activation, width, n_tokens_);
        }
        const sae4j_hook * hook = hooks_.at(point);
        ggml_tensor *      x    = compute(hook && hook->activation ? hook->activation : slot(point));
        if (hook && hook->n_edits > 0) {
            graph_.compute();
            apply_edits(graph_.session(), *hook, static_cast<float *>(x->data), n_tokens_, width);
        }
        if (rank == stop_rank_) {
            done_ = true;
            end_  = { point, static_cast<const float *>(x->data),
                     residual ? static_cast<const float *>(residual->data) : nullptr };
        }
        return x;
    }

    // Somebody looks at this point, or the pass starts or stops there: it must exist by itself.
    bool visible(sae4j_point point) const {
        const int rank = rank_of(shape_, point);
        return hooks_.at(point) || rank == start_rank_ || rank == stop_rank_;
    }

    // The stream at the start of a pass that starts beside it.
    ggml_tensor * stream(sae4j_point point, ggml_tensor * x) {
        const bool start_here = start_rank_ == rank_of(shape_, point);
        return start_here ? graph_.leaf("residual", start_->residual, shape_.n_embd, n_tokens_) : x;
    }

    ggml_tensor * embeddings() {
        ggml_tensor * embed = at({ SAE4J_HOOK_EMBED, 0 }, nullptr, [&](float * out) { return token_embedding(out); });
        ggml_tensor * pos =
            at({ SAE4J_HOOK_POS_EMBED, 0 }, embed, [&](float * out) { return position_embedding(out); });
        if (done_ || !pos) {
            return nullptr;
        }
        embed = stream({ SAE4J_HOOK_POS_EMBED, 0 }, embed);
        return graph_.add("embeddings", embed, pos, slot({ SAE4J_HOOK_RESID_POST, 0 }));
    }

    // One transformer block; x is the stream before it. [n_tokens, n_embd]
    ggml_tensor * block(int l, ggml_tensor * x) {
        const Block &     b = model_.block(l);
        const sae4j_point pre{ SAE4J_HOOK_RESID_PRE, l }, ln1_standard{ SAE4J_HOOK_LN1_STANDARDIZED, l },
            ln1{ SAE4J_HOOK_LN1, l }, z_point{ SAE4J_HOOK_Z, l }, attn_out{ SAE4J_HOOK_ATTN_OUT, l },
            mid{ SAE4J_HOOK_RESID_MID, l }, ln2_standard{ SAE4J_HOOK_LN2_STANDARDIZED, l }, ln2{ SAE4J_HOOK_LN2, l },
            mlp_post{ SAE4J_HOOK_MLP_POST, l }, mlp_out{ SAE4J_HOOK_MLP_OUT, l }, post{ SAE4J_HOOK_RESID_POST, l };

        x = at(pre, nullptr, [&](float * out) { return hooks_.at(pre) ? copy("resid_pre", x, out) : x; });
        ggml_tensor * standard = standardized(ln1_standard, x, x);
        x                      = stream(ln1_standard, x);
        ggml_tensor * normed   = normalized(ln1, x, x, standard, b.ln_1);
        x                      = stream(ln1, x);
        ggml_tensor * z        = at(z_point, x, [&](float * out) {  // [n_tokens, n_embd]
            const bool first = context_.past && !attended_;
            attended_        = true;
            const Output both{ out, rounded(z_point) };
            return first ? first_attention(l, input(ln1, normed), both) : attention(l, input(ln1, normed), both);
        });
        x                      = stream(z_point, x);
        x               = plus_linear(attn_out, mid, stream(attn_out, x), z_point, z, *b.attn_output, b.attn_output_b);
        standard        = standardized(ln2_standard, x, x);
        x               = stream(ln2_standard, x);
        normed          = normalized(ln2, x, x, standard, b.ln_2);
        x               = stream(ln2, x);
        ggml_tensor * u = at(mlp_post, x, [&](float * out) {  // [n_tokens, n_ff]
            const Epilogue epilogue{ b.ffn_up_b, nullptr, mlp_activation() };
            return linear(graph_, "mlp_post", *b.ffn_up, input(ln2, normed), epilogue, { out, rounded(mlp_post) });
        });
        x               = stream(mlp_post, x);
        return plus_linear(mlp_out, post, stream(mlp_out, x), mlp_post, u, *b.ffn_down, b.ffn_down_b);
    }

    // (x − mean) / std of a layer norm, NULL if nobody looks at it.
    ggml_tensor * standardized(sae4j_point point, ggml_tensor * residual, ggml_tensor * x) {
        return visible(point) ? at(point, residual, [&](float * out) { return norm("standard", x, {}, { out }); }) :
                                nullptr;
    }

    // A layer norm's output, of what is standardized if that is there, else of x; the same to the bit.
    ggml_tensor * normalized(sae4j_point point, ggml_tensor * residual, ggml_tensor * x, ggml_tensor * standard,
                             const LayerNorm & weights) {
        return at(point, residual, [&](float * out) {
            const Output both{ out, rounded(point) };
            return standard ? affine("ln", standard, weights, both) : norm("ln", x, weights, both);
        });
    }

    ggml_tensor * attention(int l, const Input & normed, const Output & z) {
        const Block & b      = model_.block(l);
        float *       memory = context_.keep ? context_.keep->layers[l] : slot("qkv", 3 * shape_.n_embd);
        ggml_tensor * qkv    = linear(graph_, "qkv", *b.attn_qkv, normed, { b.attn_qkv_b }, { memory });
        const int64_t d_head = shape_.n_embd / shape_.n_head;
        float *       scratch =
            slot_of("scores", attention_scratch(batch_, context_.length, d_head, graph_.session().n_threads()));
        return sae4j::attention(graph_, "z", batch_, shape_.n_head, scale(l), past(l), model_.precision(), qkv, scratch,
                                z);
    }

    // The first attention of a pass behind a past, whose rows are the past's but each sequence's first.
    ggml_tensor * first_attention(int l, const Input & normed, const Output & z) {
        const Block & b      = model_.block(l);
        float *       memory = slot_of("first_qkv", batch_.n_sequences() * 3 * shape_.n_embd);
        ggml_tensor * qkv    = linear(graph_, "qkv", *b.attn_qkv, firsts(normed), { b.attn_qkv_b }, { memory });
        return sae4j::first_attention(graph_, "first_z", batch_, shape_.n_head, scale(l), past(l), qkv, z);
    }

    // What a block's scores are multiplied with.
    float scale(int l) const { return shape_.attn_scale / static_cast<float>(shape_.attn_scale_by_layer ? l + 1 : 1); }

    // Each sequence's first row. [n_sequences, n_embd]
    Input firsts(const Input & x) {
        const int64_t d = shape_.n_embd, n_sequences = batch_.n_sequences();
        float *       f32    = slot_of("firsts", n_sequences * d);
        uint16_t *    bf16   = x.bf16 ? bf16_slot("firsts", n_sequences * d) : nullptr;
        auto          gather = [=, this](int ith, int nth) {
            const Slab s = slab(n_sequences, ith, nth);
            for (int64_t i = s.begin; i < s.end; i++) {
                const Input row = x.from(batch_.offsets[i], d);
                std::copy_n(row.f32, d, f32 + i * d);
                if (bf16) {
                    std::copy_n(row.bf16, d, bf16 + i * d);
                }
            }
        };
        return { graph_.node("firsts", { x.tensor }, f32, d, n_sequences, gather), f32, bf16 };
    }

    // y = W·u + b at the point out, u being what is at from; then x + y at the point sum. One node unless somebody
    // looks at y; either way the sums are the same to the bit.
    ggml_tensor * plus_linear(sae4j_point out, sae4j_point sum, ggml_tensor * x, sae4j_point from, ggml_tensor * u,
                              const Weights & w, const float * bias) {
        if (!visible(out)) {
            return at(sum, nullptr, [&](float * memory) {
                return linear(graph_, "resid", w, input(from, u), { bias, x }, { memory });
            });
        }
        ggml_tensor * y = at(
            out, x, [&](float * memory) { return linear(graph_, "delta", w, input(from, u), { bias }, { memory }); });
        return at(sum, nullptr, [&](float * memory) { return graph_.add("resid", x, y, memory); });
    }

    void (*mlp_activation() const)(float *, size_t) {
        switch (shape_.mlp_activation) {
            case SAE4J_MLP_GELU_ERF:
                return kernels().gelu_erf;
            case SAE4J_MLP_QUICK_GELU:
                return kernels().quick_gelu;
            case SAE4J_MLP_SILU:
                return kernels().silu;
            case SAE4J_MLP_RELU:
                return kernels().relu;
            case SAE4J_MLP_TANH:
                return kernels().tanh;
            default:
                return kernels().gelu;
        }
    }

    // The activation x of a point as a product needs it.
    Input input(sae4j_point point, ggml_tensor * x) {
        uint16_t * bf16 = rounded(point);
        if (bf16 || model_.precision() == SAE4J_PRECISION_F32) {
            return { x, static_cast<const float *>(x->data), bf16 };
        }
        return input_for(graph_, model_.precision(), x,
                         bf16_slot("rows", n_tokens_ * std::max(shape_.n_embd, shape_.n_ff)));
    }

    // Where an activation is left rounded as soon as it is computed; NULL if it need not be, or may still be changed.
    uint16_t * rounded(sae4j_point point) {
        if (model_.precision() == SAE4J_PRECISION_F32 || visible(point)) {
            return nullptr;
        }
        point.layer = 0;
        return bf16_slot(name_of(point), n_tokens_ * width_of(shape_, point));
    }

    uint16_t * bf16_slot(const std::string & name, int64_t count) {
        return reinterpret_cast<uint16_t *>(slot_of("bf16 " + name, (count + 1) / 2));
    }

    Prefix past(int l) const { return context_.past ? Prefix{ context_.past->layers[l], context_.length } : Prefix{}; }

    ggml_tensor * token_embedding(float * out) {
        const int64_t d = shape_.n_embd;
        return graph_.node("embed", {}, out, d, n_tokens_, [=, this](int ith, int nth) {
            const Slab s = slab(n_tokens_, ith, nth);
            for (int64_t t = s.begin; t < s.end; t++) {
                model_.wte().row(batch_.tokens[t], out + t * d);
            }
        });
    }

    ggml_tensor * position_embedding(float * out) {
        const int64_t d = shape_.n_embd;
        return graph_.node("pos_embed", {}, out, d, n_tokens_, [=, this](int ith, int nth) {
            const Slab s = slab(batch_.n_sequences(), ith, nth);
            for (int64_t i = s.begin; i < s.end; i++) {
                const int64_t first = batch_.offsets[i], length = batch_.offsets[i + 1] - first;
                memcpy(out + first * d, model_.wpe() + context_.length * d, length * d * sizeof(float));
            }
        });
    }

    ggml_tensor * norm(const char * name, ggml_tensor * x, const LayerNorm & weights, const Output & out) {
        return rows(name, x, out, [=, this](const float * row, float * y) {
            kernels().layer_norm(row, weights.weight, weights.bias, shape_.layer_norm_eps, shape_.n_embd, y);
        });
    }

    ggml_tensor * affine(const char * name, ggml_tensor * x, const LayerNorm & weights, const Output & out) {
        return rows(name, x, out, [=, this](const float * row, float * y) {
            kernels().affine(row, weights.weight, weights.bias, shape_.n_embd, y);
        });
    }

    // compute(row, row of out) for each row of x [n_tokens, n_embd].
    template <typename F> ggml_tensor * rows(const char * name, ggml_tensor * x, const Output & out, F compute) {
        const int64_t d  = shape_.n_embd;
        const auto *  in = static_cast<const float *>(x->data);
        return graph_.node(name, { x }, out.f32, d, x->ne[1], [=, rows = x->ne[1]](int ith, int nth) {
            const Slab s = slab(rows, ith, nth);
            for (int64_t t = s.begin; t < s.end; t++) {
                compute(in + t * d, out.f32 + t * d);
                out.round(t * d, d);
            }
        });
    }

    ggml_tensor * copy(const char * name, ggml_tensor * x, float * out) {
        const int64_t bytes = x->ne[0] * x->ne[1] * static_cast<int64_t>(sizeof(float));
        const void *  in    = x->data;
        return graph_.node(name, { x }, out, x->ne[0], x->ne[1], [=](int ith, int nth) {
            const Slab s = slab(bytes, ith, nth);
            memcpy(reinterpret_cast<char *>(out) + s.begin, static_cast<const char *>(in) + s.begin, s.end - s.begin);
        });
    }

    // Memory that every block uses for the same thing.
    float * slot_of(const std::string & name, int64_t count) {
        float *& memory = slots_[name];
        if (!memory) {
            memory = graph_.session().arena().take<float>(count);
        }
        return memory;
    }

    // [n_tokens, width]
    float * slot(const std::string & name, int64_t width) { return slot_of(name, n_tokens_ * width); }

    float * slot(sae4j_point point) {
        point.layer = 0;
        return slot(name_of(point), width_of(shape_, point));
    }

    Graph                          graph_;
    const AttentionContext &       context_;
    const Model &                  model_;
    const sae4j_model_shape &      shape_;
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

}  // namespace

State forward(Session & session, const Model & model, const Batch & batch, const Hooks & hooks, const State * start,
              sae4j_point stop, const AttentionContext & context) {
    return Pass(session, model, batch, hooks, start, stop, context).run();
}

}  // namespace sae4j
