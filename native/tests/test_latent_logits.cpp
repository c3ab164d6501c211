// The logits of latents by the direct path against f64 from the weights, tied or not, at every kind of point.
#include "naive_gpt2.h"
#include "naive_sae.h"

using namespace test;

namespace {

constexpr int32_t n_latents = 40;

// [latents, n_vocab]
Matrix expected_logits(const NaiveGpt2 & gpt2, const NaiveSae & sae, Site site, const std::vector<int32_t> & latents) {
    const bool                 centred = site != HOOK_STANDARDIZED && site != HOOK_NORMALIZED;
    const bool                 weighed = site != HOOK_NORMALIZED;
    const int64_t              d = gpt2.shape.n_embd, n_vocab = gpt2.shape.n_vocab;
    const std::vector<float> & w_u    = gpt2.tensor(gpt2.shape.tied ? "token_embd.weight" : "output.weight");
    const std::vector<float> & weight = gpt2.tensor("output_norm.weight");
    Matrix                     out(static_cast<int64_t>(latents.size()), n_vocab);
    for (int64_t r = 0; r < out.rows; r++) {
        std::vector<double> v(d);
        double              mean = 0;
        for (int64_t i = 0; i < d; i++) {
            v[i] = sae.at(SAE4J_W_DEC, latents[r] * d + i) / sae.decoder_norm(latents[r]);
            mean += v[i] / static_cast<double>(d);
        }
        double centre = 0;
        for (int64_t t = 0; t < n_vocab; t++) {
            for (int64_t i = 0; i < d; i++) {
                out.row(r)[t] += (v[i] - (centred ? mean : 0)) * (weighed ? weight[i] : 1) * w_u[t * d + i];
            }
            centre += out.row(r)[t] / static_cast<double>(n_vocab);
        }
        for (int64_t t = 0; t < n_vocab; t++) {
            out.row(r)[t] -= centre;
        }
    }
    return out;
}

// width: of what the SAE reads; another than n_embd for a transcoder.
void compare(int32_t tied, int32_t rescaled, int32_t width) {
    const Gpt2Shape  shape{ 2, 2, 24, 40, 16, 301, tied, 1e-5f, MLP_GELU, 0, 0 };
    const NaiveGpt2  gpt2(shape, 5);
    sae4j_sae_params params             = sae_params(width, n_latents, SAE4J_RELU);
    params.rescale_acts_by_decoder_norm = rescaled;
    if (width != shape.n_embd) {
        params.d_out                = shape.n_embd;
        params.apply_b_dec_to_input = 0;
    }
    const NaiveSae             naive   = random_sae(params, 6);
    const ModelPtr             model   = make_model(gpt2);
    const SaePtr               sae     = make_sae(naive);
    const SessionPtr           session = open_session(2);
    const std::vector<int32_t> latents{ 7, 0, n_latents - 1, 7 };
    const auto                 n = static_cast<int64_t>(latents.size());
    for (Point point : all_points(shape)) {
        context = "tied " + std::to_string(tied) + ", rescaled " + std::to_string(rescaled) + ", width " +
                  std::to_string(width) + ", " + name_of(point);
        std::vector<float> logits(n * shape.n_vocab, nan_f32);
        if (point.site == HOOK_LN1_STANDARDIZED || point.site == HOOK_LN1 || point.site == HOOK_Z ||
            point.site == HOOK_LN2_STANDARDIZED || point.site == HOOK_LN2 || point.site == HOOK_MLP_POST) {
            CHECK_STATUS(
                sae4j_latent_logits(session.get(), model.get(), sae.get(), point, latents.data(), n, logits.data()),
                SAE4J_BAD_ARGUMENT);
            continue;
        }
        CHECK_OK(sae4j_latent_logits(session.get(), model.get(), sae.get(), point, latents.data(), n, logits.data()));
        CHECK(relative_error(logits, expected_logits(gpt2, naive, point.site, latents)) < 1e-6);
    }
}

void what_does_not_fit_is_refused() {
    context = "refused";
    const Gpt2Shape    shape{ 1, 2, 8, 16, 8, 32, 1, 1e-5f, MLP_GELU, 0, 0 };
    const ModelPtr     model   = make_model(NaiveGpt2(shape, 1));
    const SaePtr       sae     = make_sae(random_sae(sae_params(8, n_latents, SAE4J_RELU), 2));
    const SaePtr       wide    = make_sae(random_sae(sae_params(9, n_latents, SAE4J_RELU), 2));
    const SessionPtr   session = open_session(1);
    std::vector<float> logits(32);
    const auto         logits_of = [&](const sae4j_sae * s, Point point, int32_t latent, int64_t n) {
        return sae4j_latent_logits(session.get(), model.get(), s, point, &latent, n, logits.data());
    };
    const Point post{ HOOK_RESID_POST, 0 };
    CHECK_OK(logits_of(sae.get(), post, 0, 0));
    CHECK_STATUS(logits_of(sae.get(), post, n_latents, 1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(logits_of(sae.get(), post, -1, 1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(logits_of(sae.get(), post, 0, -1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(logits_of(sae.get(), { HOOK_RESID_POST, 1 }, 0, 1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(logits_of(wide.get(), post, 0, 1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(logits_of(nullptr, post, 0, 1), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_latent_logits(session.get(), model.get(), sae.get(), post, nullptr, 1, logits.data()),
                 SAE4J_BAD_ARGUMENT);
}

}  // namespace

int main() {
    for (int32_t tied : { 0, 1 }) {
        for (int32_t rescaled : { 0, 1 }) {
            compare(tied, rescaled, 24);
            compare(tied, rescaled, 40);
        }
    }
    what_does_not_fit_is_refused();
    return conclude("test_latent_logits");
}
