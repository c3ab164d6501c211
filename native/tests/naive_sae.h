// The canonical SAE as formats.md writes it down: one latent at a time, in f64, from the weights as they are stored.
#pragma once

#include "handles.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace test {

struct NaiveSae {
    sae4j_sae_params                               params;
    std::map<sae4j_sae_tensor, std::vector<float>> tensors;

    // What the encoder made of one token.
    struct Token {
        std::vector<double> x;      // [d] normalised, without b_dec if that applies
        std::vector<double> h;      // [n] what the activation sees (TopK, ReLU, JumpReLU) or the magnitude (gated)
        std::vector<double> gate;   // [n] gated: the gate's pre-activation
        std::vector<double> size;   // [n] Σ|terms| of h: what rounding errors are relative to
        std::vector<double> z;      // [n]
        double              scale;  // x̂ = y·scale + shift
        double              shift;
    };

    double at(sae4j_sae_tensor tensor, int64_t i) const { return tensors.at(tensor)[i]; }

    int64_t d_out() const { return params.d_out ? params.d_out : params.d; }

    Token normalise(const double * x) const {
        const int64_t d = params.d;
        Token         token{ std::vector<double>(x, x + d), {}, {}, {}, {}, 1, 0 };
        const bool    layer_norm = params.normalization == SAE4J_NORM_LAYER_NORM;
        if (params.centre_input || layer_norm) {
            token.shift = std::accumulate(x, x + d, 0.0) / static_cast<double>(d);
        }
        double squares = 0;
        for (double & v : token.x) {
            v -= token.shift;
            squares += v * v;
        }
        double factor = 1;
        if (layer_norm) {
            token.scale = std::sqrt(squares / static_cast<double>(d - 1));
            factor      = 1 / (token.scale + 1e-5);
        } else if (params.normalization == SAE4J_NORM_CONSTANT_NORM_RESCALE) {
            factor      = std::sqrt(static_cast<double>(d)) / std::sqrt(squares);
            token.scale = 1 / factor;
        } else if (params.normalization == SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN) {
            factor      = params.scale;
            token.scale = 1 / factor;
        }
        for (int64_t i = 0; i < d; i++) {
            token.x[i] = token.x[i] * factor - (params.apply_b_dec_to_input ? at(SAE4J_B_DEC, i) : 0);
        }
        if (params.d_out) {  // a transcoder's output is another activation
            token.scale = 1;
            token.shift = 0;
        }
        return token;
    }

    double decoder_norm(int64_t j) const {
        double squares = 0;
        for (int64_t i = 0; i < d_out(); i++) {
            squares += at(SAE4J_W_DEC, j * d_out() + i) * at(SAE4J_W_DEC, j * d_out() + i);
        }
        return params.rescale_acts_by_decoder_norm ? std::sqrt(squares) : 1;
    }

    void pre_activations(Token & token) const {
        const int64_t d = params.d, n = params.n;
        const bool    gated = params.activation == SAE4J_GATED;
        for (int64_t j = 0; j < n; j++) {
            double product = 0, size = 0;
            for (int64_t i = 0; i < d; i++) {
                const double term = token.x[i] * at(SAE4J_W_ENC, j * d + i);
                product += term;
                size += std::fabs(term);
            }
            if (gated) {
                const double e = std::exp(at(SAE4J_R_MAG, j));
                token.gate.push_back(product + at(SAE4J_B_GATE, j));
                token.h.push_back(product * e + at(SAE4J_B_MAG, j));
                token.size.push_back(size * std::max(1.0, e) + std::fabs(at(SAE4J_B_MAG, j)) +
                                     std::fabs(at(SAE4J_B_GATE, j)));
            } else {
                const double norm = decoder_norm(j);
                token.h.push_back((product + at(SAE4J_B_ENC, j)) * norm);
                token.size.push_back((size + std::fabs(at(SAE4J_B_ENC, j))) * norm);
            }
        }
    }

    // The latent of largest h in j's group, and the next largest.
    std::pair<int64_t, double> best_of_group(const Token & token, int64_t j) const {
        const int64_t size = params.n / params.k, begin = j / size * size;
        int64_t       best = begin;
        for (int64_t i = begin; i < begin + size; i++) {
            best = token.h[i] > token.h[best] ? i : best;
        }
        double next = -INFINITY;
        for (int64_t i = begin; i < begin + size; i++) {
            next = i == best ? next : std::max(next, token.h[i]);
        }
        return { best, next };
    }

    // The k-th and the next largest pre-activation.
    std::pair<double, double> top_k_border(const Token & token) const {
        std::vector<double> sorted = token.h;
        std::sort(sorted.begin(), sorted.end(), std::greater<>());
        return { sorted[params.k - 1], params.k < params.n ? sorted[params.k] : -INFINITY };
    }

    void activate(Token & token) const {
        const int64_t n = params.n;
        token.z.assign(n, 0);
        std::vector<int64_t> order(n);
        std::iota(order.begin(), order.end(), 0);
        if (params.activation == SAE4J_TOPK) {
            std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return token.h[a] > token.h[b]; });
            order.resize(params.k);
        }
        for (int64_t j : order) {
            const double relu = std::max(0.0, token.h[j]);
            bool         on   = true;
            if (params.activation == SAE4J_JUMPRELU) {
                on = relu > at(SAE4J_THRESHOLD, j);
            } else if (params.activation == SAE4J_GATED) {
                on = token.gate[j] > 0;
            } else if (params.activation == SAE4J_GROUPMAX) {
                on = best_of_group(token, j).first == j;
            }
            token.z[j] = on ? relu : 0;
        }
    }

    Token encode(const double * x) const {
        Token token = normalise(x);
        pre_activations(token);
        activate(token);
        return token;
    }

    // x̂ [d_out] without what W_skip adds; sizes, if given: Σ|terms| of each element.
    std::vector<double> decode(const std::vector<double> & z, double scale, double shift,
                               std::vector<double> * sizes = nullptr) const {
        const int64_t       d = d_out();
        std::vector<double> y(d), size(d);
        for (int64_t i = 0; i < d; i++) {
            y[i]    = at(SAE4J_B_DEC, i);
            size[i] = std::fabs(y[i]);
        }
        for (int64_t j = 0; j < params.n; j++) {
            const double value = z[j] == 0 ? 0 : z[j] / decoder_norm(j);
            for (int64_t i = 0; i < d && value != 0; i++) {
                y[i] += value * at(SAE4J_W_DEC, j * d + i);
                size[i] += std::fabs(value * at(SAE4J_W_DEC, j * d + i));
            }
        }
        for (int64_t i = 0; i < d; i++) {
            y[i]    = y[i] * scale + shift;
            size[i] = size[i] * scale + std::fabs(shift);
        }
        if (sizes) {
            *sizes = size;
        }
        return y;
    }

    std::vector<double> reconstruct(const double * x) const {
        const Token         token = encode(x);
        std::vector<double> x_hat = decode(token.z, token.scale, token.shift);
        for (int64_t i = 0; params.skip && i < d_out(); i++) {
            for (int64_t j = 0; j < params.d; j++) {
                x_hat[i] += at(SAE4J_W_SKIP, i * params.d + j) * x[j];
            }
        }
        return x_hat;
    }
};

inline std::vector<sae4j_sae_tensor> tensors_of(const sae4j_sae_params & params) {
    std::vector<sae4j_sae_tensor> tensors{ SAE4J_W_ENC, SAE4J_W_DEC, SAE4J_B_DEC };
    if (params.activation == SAE4J_GATED) {
        tensors.insert(tensors.end(), { SAE4J_B_GATE, SAE4J_B_MAG, SAE4J_R_MAG });
    } else {
        tensors.push_back(SAE4J_B_ENC);
    }
    if (params.activation == SAE4J_JUMPRELU) {
        tensors.push_back(SAE4J_THRESHOLD);
    }
    if (params.skip) {
        tensors.push_back(SAE4J_W_SKIP);
    }
    return tensors;
}

inline int64_t size_of(const sae4j_sae_params & params, sae4j_sae_tensor tensor) {
    const int64_t d = params.d, n = params.n, d_out = params.d_out ? params.d_out : d;
    switch (tensor) {
        case SAE4J_W_ENC:
            return n * d;
        case SAE4J_W_DEC:
            return n * d_out;
        case SAE4J_B_DEC:
            return d_out;
        case SAE4J_W_SKIP:
            return d_out * d;
        default:
            return n;
    }
}

// Random weights of which about half of the latents are active.
inline NaiveSae random_sae(const sae4j_sae_params & params, uint32_t seed) {
    Random   random(seed);
    NaiveSae sae{ params, {} };
    for (sae4j_sae_tensor tensor : tensors_of(params)) {
        const bool   reads_x   = tensor == SAE4J_W_ENC || tensor == SAE4J_W_SKIP;
        const double deviation = reads_x               ? 1 / std::sqrt(params.d) :
                                 tensor == SAE4J_W_DEC ? 1 / std::sqrt(params.n) :
                                                         0.3;
        sae.tensors[tensor]    = random.normals(size_of(params, tensor), deviation);
    }
    return sae;
}

inline SaePtr make_sae(const NaiveSae & naive) {
    sae4j_sae * sae = nullptr;
    CHECK_OK(sae4j_sae_new(naive.params, &sae));
    for (const auto & [tensor, values] : naive.tensors) {
        CHECK_OK(sae4j_sae_write(sae, tensor, chunk_of(values)));
    }
    CHECK_OK(sae4j_sae_finish(sae));
    return SaePtr(sae);
}

inline sae4j_sae_params sae_params(int32_t d, int32_t n, sae4j_activation activation, int32_t k = 0) {
    sae4j_sae_params params = sae4j_sae_default_params();
    params.d                = d;
    params.n                = n;
    params.activation       = activation;
    params.k                = k;
    return params;
}

}  // namespace test
