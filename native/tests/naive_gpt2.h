// GPT-2 as its paper writes it down, in f64, one token and one number at a time; and tiny random models for it.
#pragma once

#include "gguf_header.h"

#include <functional>
#include <map>
#include <set>

namespace test {

// [rows, columns] in f64
struct Matrix {
    int64_t             rows, columns;
    std::vector<double> values;

    Matrix(int64_t rows, int64_t columns) : rows(rows), columns(columns), values(rows * columns) {}

    double * row(int64_t r) { return values.data() + r * columns; }

    const double * row(int64_t r) const { return values.data() + r * columns; }
};

// Sequences of tokens, and the C header's view of them.
struct Tokens {
    std::vector<int32_t> ids, lengths;

    sae4j_batch view() const { return { ids.data(), lengths.data(), static_cast<int32_t>(lengths.size()) }; }

    int64_t size() const { return static_cast<int64_t>(ids.size()); }
};

inline Tokens random_tokens(const std::vector<int32_t> & lengths, int32_t n_vocab, uint32_t seed) {
    Random random(seed);
    Tokens tokens{ {}, lengths };
    for (int32_t length : lengths) {
        for (int32_t i = 0; i < length; i++) {
            tokens.ids.push_back(random.below(n_vocab));
        }
    }
    return tokens;
}

enum MlpActivation { MLP_GELU, MLP_GELU_ERF, MLP_QUICK_GELU, MLP_SILU, MLP_RELU, MLP_TANH };

// GPT-2's own numbers.
struct Gpt2Shape {
    int32_t       n_layer, n_head, n_embd, n_ff, n_ctx, n_vocab, tied;
    float         layer_norm_eps;
    MlpActivation mlp_activation;
    float         attn_scale;  // 0: the usual
    int32_t       attn_scale_by_layer;
};

// How a GGUF file would say it.
inline std::string header_of(const Gpt2Shape & shape) {
    constexpr const char * activations[] = { "gelu", "gelu_erf", "quick_gelu", "silu", "relu", "tanh" };
    GgufHeader             header;
    gguf_context *         keys = header.keys;
    gguf_set_val_str(keys, "general.architecture", "gpt2");
    gguf_set_val_i32(keys, "gpt2.block_count", shape.n_layer);
    gguf_set_val_i32(keys, "gpt2.context_length", shape.n_ctx);
    gguf_set_val_i32(keys, "gpt2.embedding_length", shape.n_embd);
    gguf_set_val_i32(keys, "gpt2.feed_forward_length", shape.n_ff);
    gguf_set_val_i32(keys, "gpt2.attention.head_count", shape.n_head);
    gguf_set_val_f32(keys, "gpt2.attention.layer_norm_epsilon", shape.layer_norm_eps);
    gguf_set_val_str(keys, "gpt2.mlp_activation", activations[shape.mlp_activation]);
    if (shape.attn_scale != 0) {
        gguf_set_val_f32(keys, "gpt2.attention.scale", shape.attn_scale);
    }
    gguf_set_val_bool(keys, "gpt2.attention.scale_by_layer", shape.attn_scale_by_layer != 0);
    header.add_tensor("token_embd.weight", shape.n_vocab, 1);
    header.add_tensor("position_embd.weight", shape.n_ctx, 1);
    if (!shape.tied) {
        header.add_tensor("output.weight", shape.n_vocab, 1);
    }
    return header.bytes();
}

inline int32_t number(const sae4j_model * model, const char * key) {
    return static_cast<int32_t>(sae4j_model_get_number(model, key));
}

enum Site {
    HOOK_EMBED,
    HOOK_POS_EMBED,
    HOOK_RESID_PRE,
    HOOK_LN1_STANDARDIZED,
    HOOK_LN1,
    HOOK_Z,
    HOOK_ATTN_OUT,
    HOOK_RESID_MID,
    HOOK_LN2_STANDARDIZED,
    HOOK_LN2,
    HOOK_MLP_POST,
    HOOK_MLP_OUT,
    HOOK_RESID_POST,
    HOOK_STANDARDIZED,
    HOOK_NORMALIZED
};

inline bool has_layer(Site site) {
    return site >= HOOK_RESID_PRE && site <= HOOK_RESID_POST;
}

// A hook point; to the engine it is a name.
struct Point {
    Site    site;
    int32_t layer;

    std::string name() const {
        constexpr const char * names[] = { "hook_embed",
                                           "hook_pos_embed",
                                           "hook_resid_pre",
                                           "ln1.hook_standardized",
                                           "ln1.hook_normalized",
                                           "attn.hook_z",
                                           "hook_attn_out",
                                           "hook_resid_mid",
                                           "ln2.hook_standardized",
                                           "ln2.hook_normalized",
                                           "mlp.hook_post",
                                           "hook_mlp_out",
                                           "hook_resid_post",
                                           "ln_final.hook_standardized",
                                           "ln_final.hook_normalized" };
        return has_layer(site) ? "blocks." + std::to_string(layer) + "." + names[site] : names[site];
    }

    operator const char *() const {
        static std::set<std::string> names;  // which stay where they are
        return names.insert(name()).first->c_str();
    }
};

// Every hook point of a model, in the order of computation.
inline std::vector<Point> all_points(const Gpt2Shape & shape) {
    std::vector<Point> points{ { HOOK_EMBED, 0 }, { HOOK_POS_EMBED, 0 } };
    for (int32_t l = 0; l < shape.n_layer; l++) {
        for (int site = HOOK_RESID_PRE; site <= HOOK_RESID_POST; site++) {
            points.push_back({ static_cast<Site>(site), l });
        }
    }
    points.push_back({ HOOK_STANDARDIZED, 0 });
    points.push_back({ HOOK_NORMALIZED, 0 });
    return points;
}

inline std::string name_of(Point point) {
    return point.name();
}

inline int64_t width_at(const Gpt2Shape & shape, Point point) {
    return point.site == HOOK_MLP_POST ? shape.n_ff : shape.n_embd;
}

class NaiveGpt2 {
  public:
    // Sees each activation [n_tokens, width] as it is computed, and may change it.
    using Tap = std::function<void(Point, Matrix &)>;

    NaiveGpt2(const Gpt2Shape & shape, uint32_t seed) : shape(shape) {
        Random        random(seed);
        const int64_t d = shape.n_embd, ff = shape.n_ff;
        const double  into_d = 1 / std::sqrt(d), into_ff = 1 / std::sqrt(ff);
        const auto    vector = [&](const std::string & name, int64_t n, double deviation, double mean) {
            tensors[name] = random.normals(n, deviation, mean);
        };
        vector("token_embd.weight", shape.n_vocab * d, 1, 0);
        vector("position_embd.weight", shape.n_ctx * d, 0.5, 0);
        for (int l = 0; l < shape.n_layer; l++) {
            vector(blk(l, "attn_norm.weight"), d, 0.2, 1);
            vector(blk(l, "attn_norm.bias"), d, 0.2, 0);
            vector(blk(l, "attn_qkv.weight"), 3 * d * d, into_d, 0);
            vector(blk(l, "attn_qkv.bias"), 3 * d, 0.2, 0);
            vector(blk(l, "attn_output.weight"), d * d, into_d, 0);
            vector(blk(l, "attn_output.bias"), d, 0.2, 0);
            vector(blk(l, "ffn_norm.weight"), d, 0.2, 1);
            vector(blk(l, "ffn_norm.bias"), d, 0.2, 0);
            vector(blk(l, "ffn_up.weight"), ff * d, into_d, 0);
            vector(blk(l, "ffn_up.bias"), ff, 0.2, 0);
            vector(blk(l, "ffn_down.weight"), d * ff, into_ff, 0);
            vector(blk(l, "ffn_down.bias"), d, 0.2, 0);
        }
        vector("output_norm.weight", d, 0.2, 1);
        vector("output_norm.bias", d, 0.2, 0);
        if (!shape.tied) {
            vector("output.weight", shape.n_vocab * d, 1, 0);
        }
    }

    const std::vector<float> & tensor(const std::string & name) const { return tensors.at(name); }

    // Makes the logits this many times as large.
    void scale_logits(float factor) {
        for (const char * name : { "output_norm.weight", "output_norm.bias" }) {
            for (float & v : tensors[name]) {
                v *= factor;
            }
        }
    }

    // ln_final.hook_normalized [n_tokens, n_embd]
    Matrix normalized(const Tokens & tokens, const Tap & tap = {}) const {
        const auto see = [&](Site site, int32_t layer, Matrix & x) {
            if (tap) {
                tap({ site, layer }, x);
            }
        };
        Matrix embed(tokens.size(), shape.n_embd), pos = embed;
        for (int64_t t = 0; t < tokens.size(); t++) {
            copy(tensor("token_embd.weight"), tokens.ids[t], embed.row(t));
        }
        int64_t at = 0;
        for (int32_t length : tokens.lengths) {
            for (int32_t i = 0; i < length; i++) {
                copy(tensor("position_embd.weight"), i, pos.row(at++));
            }
        }
        see(HOOK_EMBED, 0, embed);
        see(HOOK_POS_EMBED, 0, pos);
        Matrix x = sum(embed, pos);
        for (int l = 0; l < shape.n_layer; l++) {
            see(HOOK_RESID_PRE, l, x);
            Matrix ln1 = standardized(x);
            see(HOOK_LN1_STANDARDIZED, l, ln1);
            affine(ln1, blk(l, "attn_norm"));
            see(HOOK_LN1, l, ln1);
            Matrix z = attention(tokens, linear(ln1, blk(l, "attn_qkv"), 3 * shape.n_embd), scale(l));
            see(HOOK_Z, l, z);
            Matrix attn_out = linear(z, blk(l, "attn_output"), shape.n_embd);
            see(HOOK_ATTN_OUT, l, attn_out);
            x = sum(x, attn_out);
            see(HOOK_RESID_MID, l, x);
            Matrix ln2 = standardized(x);
            see(HOOK_LN2_STANDARDIZED, l, ln2);
            affine(ln2, blk(l, "ffn_norm"));
            see(HOOK_LN2, l, ln2);
            Matrix u = linear(ln2, blk(l, "ffn_up"), shape.n_ff);
            for (double & v : u.values) {
                v = activation(v);
            }
            see(HOOK_MLP_POST, l, u);
            Matrix mlp_out = linear(u, blk(l, "ffn_down"), shape.n_embd);
            see(HOOK_MLP_OUT, l, mlp_out);
            x = sum(x, mlp_out);
            see(HOOK_RESID_POST, l, x);
        }
        x = standardized(x);
        see(HOOK_STANDARDIZED, 0, x);
        affine(x, "output_norm");
        see(HOOK_NORMALIZED, 0, x);
        return x;
    }

    // [n_tokens, n_vocab]
    Matrix logits(const Tokens & tokens, const Tap & tap = {}) const {
        return product(normalized(tokens, tap), tensor(shape.tied ? "token_embd.weight" : "output.weight"),
                       shape.n_vocab);
    }

    Gpt2Shape                                 shape;
    std::map<std::string, std::vector<float>> tensors;

  private:
    static std::string blk(int layer, const char * name) { return "blk." + std::to_string(layer) + "." + name; }

    double activation(double x) const {
        switch (shape.mlp_activation) {
            case MLP_GELU:
                return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
            case MLP_GELU_ERF:
                return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
            case MLP_QUICK_GELU:
                return x / (1 + std::exp(-1.702 * x));
            case MLP_SILU:
                return x / (1 + std::exp(-x));
            case MLP_RELU:
                return std::max(x, 0.0);
            case MLP_TANH:
                return std::tanh(x);
        }
        return NAN;
    }

    double scale(int layer) const {
        const double plain =
            shape.attn_scale == 0 ? 1 / std::sqrt(static_cast<double>(shape.n_embd / shape.n_head)) : shape.attn_scale;
        return shape.attn_scale_by_layer ? plain / (layer + 1) : plain;
    }

    static Matrix sum(Matrix a, const Matrix & b) {
        for (size_t i = 0; i < a.values.size(); i++) {
            a.values[i] += b.values[i];
        }
        return a;
    }

    void copy(const std::vector<float> & table, int64_t index, double * out) const {
        for (int64_t i = 0; i < shape.n_embd; i++) {
            out[i] = table[index * shape.n_embd + i];
        }
    }

    // x·Wᵀ, W [n_out, x.columns]
    static Matrix product(const Matrix & x, const std::vector<float> & w, int64_t n_out) {
        Matrix y(x.rows, n_out);
        for (int64_t r = 0; r < x.rows; r++) {
            for (int64_t o = 0; o < n_out; o++) {
                for (int64_t i = 0; i < x.columns; i++) {
                    y.row(r)[o] += x.row(r)[i] * w[o * x.columns + i];
                }
            }
        }
        return y;
    }

    Matrix linear(const Matrix & x, const std::string & name, int64_t n_out) const {
        Matrix                     y    = product(x, tensor(name + ".weight"), n_out);
        const std::vector<float> & bias = tensor(name + ".bias");
        for (int64_t r = 0; r < y.rows; r++) {
            for (int64_t o = 0; o < n_out; o++) {
                y.row(r)[o] += bias[o];
            }
        }
        return y;
    }

    // (x − mean) / std of each row
    Matrix standardized(Matrix x) const {
        const double d = static_cast<double>(x.columns);
        for (int64_t r = 0; r < x.rows; r++) {
            double *row = x.row(r), mean = 0, variance = 0;
            for (int64_t i = 0; i < x.columns; i++) {
                mean += row[i] / d;
            }
            for (int64_t i = 0; i < x.columns; i++) {
                variance += (row[i] - mean) * (row[i] - mean) / d;
            }
            for (int64_t i = 0; i < x.columns; i++) {
                row[i] = (row[i] - mean) / std::sqrt(variance + shape.layer_norm_eps);
            }
        }
        return x;
    }

    void affine(Matrix & x, const std::string & name) const {
        const std::vector<float> &weight = tensor(name + ".weight"), &bias = tensor(name + ".bias");
        for (int64_t r = 0; r < x.rows; r++) {
            for (int64_t i = 0; i < x.columns; i++) {
                x.row(r)[i] = x.row(r)[i] * weight[i] + bias[i];
            }
        }
    }

    // qkv [n_tokens, 3·n_embd] -> z [n_tokens, n_embd]
    Matrix attention(const Tokens & tokens, const Matrix & qkv, double scale) const {
        Matrix  z(qkv.rows, shape.n_embd);
        int64_t first = 0;
        for (int32_t length : tokens.lengths) {
            for (int64_t t = first; t < first + length; t++) {
                for (int32_t head = 0; head < shape.n_head; head++) {
                    attend(qkv, first, t, head, scale, z.row(t));
                }
            }
            first += length;
        }
        return z;
    }

    // One query, the keys of its sequence from first up to its own.
    void attend(const Matrix & qkv, int64_t first, int64_t t, int32_t head, double scale, double * z) const {
        const int64_t       d = shape.n_embd, d_head = d / shape.n_head, at = head * d_head;
        std::vector<double> p;
        double              highest = -INFINITY, total = 0;
        for (int64_t key = first; key <= t; key++) {
            double score = 0;
            for (int64_t i = at; i < at + d_head; i++) {
                score += qkv.row(t)[i] * qkv.row(key)[d + i];
            }
            p.push_back(score * scale);
            highest = std::max(highest, p.back());
        }
        for (double & v : p) {
            v = std::exp(v - highest);
            total += v;
        }
        for (int64_t key = first; key <= t; key++) {
            for (int64_t i = at; i < at + d_head; i++) {
                z[i] += p[key - first] / total * qkv.row(key)[2 * d + i];
            }
        }
    }
};

inline ModelPtr make_model(const NaiveGpt2 & naive, sae4j_precision precision = SAE4J_PRECISION_F32) {
    sae4j_model * model = nullptr;
    CHECK_OK(new_model(header_of(naive.shape), { precision }, &model));
    for (const auto & [name, values] : naive.tensors) {
        CHECK_OK(sae4j_model_write(model, name.c_str(), chunk_of(values)));
    }
    CHECK_OK(sae4j_model_finish(model));
    return ModelPtr(model);
}

// Logits of all tokens, with hooks or without.
inline std::vector<float> run_logits(sae4j_session * session, const sae4j_model * model, const Tokens & tokens,
                                     const std::vector<sae4j_hook> & hooks = {}) {
    std::vector<float> logits(tokens.size() * number(model, "vocab_size"), nan_f32);
    sae4j_run_params   params = sae4j_run_default_params();
    params.hooks              = hooks.data();
    params.n_hooks            = static_cast<int32_t>(hooks.size());
    params.logits             = logits.data();
    params.n_logit_tokens     = tokens.size();
    const sae4j_batch batch   = tokens.view();
    CHECK_OK(sae4j_run(session, model, &batch, &params));
    return logits;
}

// The largest |got − expected|, relative to the largest |expected|; NaN if one is NaN.
inline double relative_error(const std::vector<float> & got, const Matrix & expected) {
    double largest = 0, size = 1e-30;
    for (size_t i = 0; i < got.size(); i++) {
        const double difference = std::fabs(got[i] - expected.values[i]);
        largest                 = difference <= largest ? largest : difference;
        size                    = std::max(size, std::fabs(expected.values[i]));
    }
    return got.size() == expected.values.size() ? largest / size : INFINITY;
}

}  // namespace test
