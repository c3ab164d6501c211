// GPT-2 as its paper writes it down, in f64, one token and one number at a time; and tiny random models for it.
#pragma once

#include "handles.h"

#include <functional>
#include <map>

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

inline bool has_layer(sae4j_site site) {
    return site >= SAE4J_HOOK_RESID_PRE && site <= SAE4J_HOOK_RESID_POST;
}

// Every hook point of a model, in the order of computation.
inline std::vector<sae4j_point> all_points(const sae4j_model_shape & shape) {
    std::vector<sae4j_point> points{ { SAE4J_HOOK_EMBED, 0 }, { SAE4J_HOOK_POS_EMBED, 0 } };
    for (int32_t l = 0; l < shape.n_layer; l++) {
        for (int site = SAE4J_HOOK_RESID_PRE; site <= SAE4J_HOOK_RESID_POST; site++) {
            points.push_back({ static_cast<sae4j_site>(site), l });
        }
    }
    points.push_back({ SAE4J_HOOK_STANDARDIZED, 0 });
    points.push_back({ SAE4J_HOOK_NORMALIZED, 0 });
    return points;
}

inline std::string name_of(sae4j_point point) {
    return "site " + std::to_string(point.site) + " layer " + std::to_string(point.layer);
}

inline int64_t width_at(const sae4j_model_shape & shape, sae4j_point point) {
    return point.site == SAE4J_HOOK_MLP_POST ? shape.n_ff : shape.n_embd;
}

class NaiveGpt2 {
  public:
    // Sees each activation [n_tokens, width] as it is computed, and may change it.
    using Tap = std::function<void(sae4j_point, Matrix &)>;

    NaiveGpt2(const sae4j_model_shape & shape, uint32_t seed) : shape(shape) {
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
        const auto see = [&](sae4j_site site, int32_t layer, Matrix & x) {
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
        see(SAE4J_HOOK_EMBED, 0, embed);
        see(SAE4J_HOOK_POS_EMBED, 0, pos);
        Matrix x = sum(embed, pos);
        for (int l = 0; l < shape.n_layer; l++) {
            see(SAE4J_HOOK_RESID_PRE, l, x);
            Matrix ln1 = standardized(x);
            see(SAE4J_HOOK_LN1_STANDARDIZED, l, ln1);
            affine(ln1, blk(l, "attn_norm"));
            see(SAE4J_HOOK_LN1, l, ln1);
            Matrix z = attention(tokens, linear(ln1, blk(l, "attn_qkv"), 3 * shape.n_embd), scale(l));
            see(SAE4J_HOOK_Z, l, z);
            Matrix attn_out = linear(z, blk(l, "attn_output"), shape.n_embd);
            see(SAE4J_HOOK_ATTN_OUT, l, attn_out);
            x = sum(x, attn_out);
            see(SAE4J_HOOK_RESID_MID, l, x);
            Matrix ln2 = standardized(x);
            see(SAE4J_HOOK_LN2_STANDARDIZED, l, ln2);
            affine(ln2, blk(l, "ffn_norm"));
            see(SAE4J_HOOK_LN2, l, ln2);
            Matrix u = linear(ln2, blk(l, "ffn_up"), shape.n_ff);
            for (double & v : u.values) {
                v = activation(v);
            }
            see(SAE4J_HOOK_MLP_POST, l, u);
            Matrix mlp_out = linear(u, blk(l, "ffn_down"), shape.n_embd);
            see(SAE4J_HOOK_MLP_OUT, l, mlp_out);
            x = sum(x, mlp_out);
            see(SAE4J_HOOK_RESID_POST, l, x);
        }
        x = standardized(x);
        see(SAE4J_HOOK_STANDARDIZED, 0, x);
        affine(x, "output_norm");
        see(SAE4J_HOOK_NORMALIZED, 0, x);
        return x;
    }

    // [n_tokens, n_vocab]
    Matrix logits(const Tokens & tokens, const Tap & tap = {}) const {
        return product(normalized(tokens, tap), tensor(shape.tied ? "token_embd.weight" : "output.weight"),
                       shape.n_vocab);
    }

    sae4j_model_shape                         shape;
    std::map<std::string, std::vector<float>> tensors;

  private:
    static std::string blk(int layer, const char * name) { return "blk." + std::to_string(layer) + "." + name; }

    double activation(double x) const {
        switch (shape.mlp_activation) {
            case SAE4J_MLP_GELU:
                return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
            case SAE4J_MLP_GELU_ERF:
                return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
            case SAE4J_MLP_QUICK_GELU:
                return x / (1 + std::exp(-1.702 * x));
            case SAE4J_MLP_SILU:
                return x / (1 + std::exp(-x));
            case SAE4J_MLP_RELU:
                return std::max(x, 0.0);
            case SAE4J_MLP_TANH:
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
    CHECK_OK(sae4j_model_new(naive.shape, nullptr, { precision }, &model));
    for (const auto & [name, values] : naive.tensors) {
        CHECK_OK(sae4j_model_write(model, name.c_str(), chunk_of(values)));
    }
    CHECK_OK(sae4j_model_finish(model));
    return ModelPtr(model);
}

// Logits of all tokens, with hooks or without.
inline std::vector<float> run_logits(sae4j_session * session, const sae4j_model * model, const Tokens & tokens,
                                     const std::vector<sae4j_hook> & hooks = {}) {
    std::vector<float> logits(tokens.size() * sae4j_model_get_shape(model).n_vocab, nan_f32);
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
