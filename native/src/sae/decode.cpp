#include "kernels/kernels.h"
#include "runtime/graph.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "sae/encode.h"
#include "sae/sae.h"
#include "tensor/linear.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

// Tokens first … first + m of latents -> x_hat [m, d_out]. x [m, d] for what W_skip adds, or NULL for without.
void decode_piece(Session & session, const Sae & sae, const sae4j_latents & latents, int64_t first, int64_t m,
                  const float * x, float * x_hat) {
    const Timer     timer(session.times().decode);
    Graph           graph(session);
    const int64_t   d     = sae.d_out();
    const int64_t   begin = latents.offsets[first], count = latents.offsets[first + m] - begin;
    const int32_t * indices = latents.indices + begin;
    const float *   values  = latents.values + begin;
    if (sae.decoder_norm()) {
        float * divided = session.arena().take<float>(count);
        for (int64_t j = 0; j < count; j++) {
            divided[j] = values[j] / sae.decoder_norm()[indices[j]];
        }
        values = divided;
    }
    ggml_tensor * z    = graph.leaf("z", values, count, 1);
    const float * skip = nullptr;  // [m, d_out]
    if (sae.params().skip && x) {
        float *       product = session.arena().take<float>(m * d);
        ggml_tensor * input   = graph.leaf("x", x, sae.params().d, m);
        linear(graph, "skip", sae.w_skip(), input_for(graph, sae.w_skip().precision(), input, nullptr), {},
               { product });
        skip = product;
    }
    std::atomic<bool> not_finite{ false };
    graph.node("x_hat", { z }, x_hat, d, m, [=, &sae, &not_finite](int ith, int nth) {
        const Slab s = slab(m, ith, nth);
        for (int64_t t = s.begin; t < s.end; t++) {
            const int64_t at = latents.offsets[first + t] - begin, active = latents.offsets[first + t + 1] - begin - at;
            float *       y     = x_hat + t * d;
            const float   scale = latents.scale[first + t], shift = latents.shift[first + t];
            kernels().sparse_decode(indices + at, values + at, active, sae.tensor(SAE4J_W_DEC), sae.tensor(SAE4J_B_DEC),
                                    d, y);
            for (int64_t i = 0; i < d; i++) {
                y[i] = y[i] * scale + shift;
            }
            if (skip) {
                kernels().axpy(1.0f, skip + t * d, y, d);
            }
            if (!std::isfinite(kernels().dot(y, y, d))) {
                not_finite = true;
            }
        }
    });
    graph.compute();
    check_finite(not_finite, "SAE reconstruction");
}

void check_latents(const Sae & sae, const sae4j_latents & latents) {
    if (latents.n_tokens > 0 && (!latents.scale || !latents.shift)) {
        fail(SAE4J_BAD_ARGUMENT, "latents: scale and shift are needed");
    }
    int64_t previous = 0;
    for (int64_t t = 0; t <= latents.n_tokens; t++) {
        if (latents.offsets[t] < previous || (t == 0 && latents.offsets[t] != 0)) {
            fail(SAE4J_BAD_ARGUMENT, "latents: offsets must start at 0 and not fall, found %lld at token %lld",
                 (long long) latents.offsets[t], (long long) t);
        }
        previous = latents.offsets[t];
    }
    if (previous > 0 && (!latents.indices || !latents.values)) {
        fail(SAE4J_BAD_ARGUMENT, "latents: indices and values are needed");
    }
    for (int64_t j = 0; j < previous; j++) {
        if (latents.indices[j] < 0 || latents.indices[j] >= sae.params().n) {
            fail(SAE4J_BAD_ARGUMENT, "latents: expected indices in 0 … %d, found %d", sae.params().n - 1,
                 latents.indices[j]);
        }
    }
}

}  // namespace

void decode(Session & session, const Sae & sae, const sae4j_latents & latents, float * x_hat) {
    check_latents(sae, latents);
    if (latents.n_tokens > 0) {
        decode_piece(session, sae, latents, 0, latents.n_tokens, nullptr, x_hat);
    }
}

void reconstruct(Session & session, const Sae & sae, const float * x, int64_t n_tokens, float * x_hat,
                 const std::function<void(int64_t, const Latents &)> & seen) {
    const int64_t d = sae.params().d, step = tokens_a_piece(sae);
    Latents       latents;
    for (int64_t first = 0; first < n_tokens; first += step) {
        const Arena::Mark mark(session.arena());
        const int64_t     m = std::min(step, n_tokens - first);
        latents.clear(m);
        encode_piece(session, sae, x + first * d, m, 0, latents);
        decode_piece(session, sae, latents.view(), 0, m, x + first * d, x_hat + first * sae.d_out());
        if (seen) {
            seen(first, latents);
        }
    }
}

}  // namespace sae4j
