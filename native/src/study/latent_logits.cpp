#include "study/latent_logits.h"

#include "model/unembed.h"
#include "runtime/session.h"
#include "runtime/status.h"

#include <algorithm>
#include <numeric>

namespace sae4j {

namespace {

void check(const Sae & sae, const HookPoint & point, std::span<const int32_t> latents) {
    if (point.kind == SAE4J_HOOK_INSIDE) {
        fail(SAE4J_BAD_ARGUMENT,
             "hook %s: not in the residual stream nor added to it, so it has no direct path to the logits",
             point.name.c_str());
    }
    check_sae(sae, point.name, sae.params().d, point.name, point.width);
    for (int32_t latent : latents) {
        if (latent < 0 || latent >= sae.params().n) {
            fail(SAE4J_BAD_ARGUMENT, "latents: expected 0 … %d, found %d", sae.params().n - 1, latent);
        }
    }
}

double mean(const float * x, int64_t n) {
    return std::accumulate(x, x + n, 0.0) / static_cast<double>(n);
}

// What one unit of a latent adds at the point. [d_out]
void direction(const Sae & sae, int32_t latent, float * out) {
    const int64_t d     = sae.d_out();
    const float * w_dec = sae.tensor(SAE4J_W_DEC) + latent * d;
    // As in decoding: the latent is divided by the norm first, and a norm of zero leaves a row of zeros.
    const float norm = sae.decoder_norm() ? sae.decoder_norm()[latent] : 1;
    std::transform(w_dec, w_dec + d, out, [norm](float w) { return norm > 0 ? w / norm : 0; });
}

// The linear part of what is left of the final norm behind the point, in place. [d]
void norm_linear(const Model & model, const HookPoint & point, float * x) {
    if (&point == &model.points().last()) {
        return;
    }
    const int64_t d      = model.shape().n_embd;
    const double  centre = point.kind == SAE4J_HOOK_BEHIND ? 0 : mean(x, d);
    for (int64_t i = 0; i < d; i++) {
        x[i] = static_cast<float>((x[i] - centre) * model.architecture().final_norm().weight[i]);
    }
}

}  // namespace

void latent_logits(Session & session, const Model & model, const Sae & sae, const HookPoint & point,
                   std::span<const int32_t> latents, float * out) {
    check(sae, point, latents);
    if (latents.empty()) {
        return;
    }
    const int64_t n = static_cast<int64_t>(latents.size()), d = model.shape().n_embd, n_vocab = model.shape().n_vocab;
    float *       directions = session.arena().take<float>(n * d);
    for (int64_t r = 0; r < n; r++) {
        direction(sae, latents[r], directions + r * d);
        norm_linear(model, point, directions + r * d);
    }
    bool finite = false;
    logits(session, model, directions, n, out, &finite);
    if (!finite) {
        fail(SAE4J_NOT_FINITE, "logits of latents: expected finite numbers, found NaN or infinity");
    }
    for (int64_t r = 0; r < n; r++) {
        float *      row    = out + r * n_vocab;
        const double centre = mean(row, n_vocab);
        std::transform(row, row + n_vocab, row, [centre](float l) { return static_cast<float>(l - centre); });
    }
}

}  // namespace sae4j
