#include "sae/sae.h"

#include "kernels/kernels.h"
#include "runtime/status.h"

#include <cmath>

namespace sae4j {

namespace {

const char * tensor_name(sae4j_sae_tensor tensor) {
    constexpr const char * names[] = { "W_enc",  "W_dec", "b_enc", "b_dec", "threshold",
                                       "b_gate", "b_mag", "r_mag", "W_skip" };
    return names[tensor];
}

void check(const sae4j_sae_params & p) {
    constexpr int32_t max_d = 1 << 18, max_n = 1 << 26;
    if (p.d < 1 || p.d > max_d || p.n < 1 || p.n > max_n) {
        fail(SAE4J_BAD_FILE, "SAE shape: expected d in 1 … %d and n in 1 … %d, found d %d, n %d", max_d, max_n, p.d,
             p.n);
    }
    if (p.d_out < 0 || p.d_out > max_d) {
        fail(SAE4J_BAD_FILE, "SAE shape: expected d_out in 0 … %d, found %d", max_d, p.d_out);
    }
    if (p.apply_b_dec_to_input && p.d_out != 0 && p.d_out != p.d) {
        fail(SAE4J_BAD_FILE, "apply_b_dec_to_input: expected d_out to be d, found d_out %d, d %d", p.d_out, p.d);
    }
    if (p.activation < SAE4J_RELU || p.activation > SAE4J_GROUPMAX) {
        fail(SAE4J_BAD_ARGUMENT, "unknown activation %d", static_cast<int>(p.activation));
    }
    if (p.activation == SAE4J_GATED && p.rescale_acts_by_decoder_norm) {
        fail(SAE4J_BAD_FILE, "gated: rescale_acts_by_decoder_norm has no meaning for this activation");
    }
    if (p.activation == SAE4J_TOPK && (p.k < 1 || p.k > p.n)) {
        fail(SAE4J_BAD_FILE, "TopK: expected k in 1 … %d, found %d", p.n, p.k);
    }
    if (p.activation == SAE4J_GROUPMAX && (p.k < 1 || p.n % p.k != 0)) {
        fail(SAE4J_BAD_FILE, "GroupMax: expected k to divide the number of latents, %d, found %d", p.n, p.k);
    }
    switch (p.normalization) {
        case SAE4J_NORM_NONE:
        case SAE4J_NORM_CONSTANT_NORM_RESCALE:
            return;
        case SAE4J_NORM_LAYER_NORM:
            if (p.d < 2) {
                fail(SAE4J_BAD_FILE, "layer_norm with ddof 1: expected d of at least 2, found %d", p.d);
            }
            return;
        case SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN:
            if (!(std::isfinite(p.scale) && p.scale > 0)) {
                fail(SAE4J_BAD_ARGUMENT, "expected_average_only_in: expected a positive scale, found %g", p.scale);
            }
            return;
    }
    fail(SAE4J_BAD_ARGUMENT, "unknown normalization %d", static_cast<int>(p.normalization));
}

}  // namespace

Sae::Sae(sae4j_sae_params params) : params_(params) {
    check(params_);
    expect(SAE4J_W_ENC, params_.n, params_.d);
    expect(SAE4J_W_DEC, params_.n, d_out());
    expect(SAE4J_B_DEC, 1, d_out());
    if (params_.skip) {
        expect(SAE4J_W_SKIP, d_out(), params_.d);
    }
    if (params_.activation == SAE4J_GATED) {
        expect(SAE4J_B_GATE, 1, params_.n);
        expect(SAE4J_B_MAG, 1, params_.n);
        expect(SAE4J_R_MAG, 1, params_.n);
    } else {
        expect(SAE4J_B_ENC, 1, params_.n);
    }
    if (params_.activation == SAE4J_JUMPRELU) {
        expect(SAE4J_THRESHOLD, 1, params_.n);
    }
}

void Sae::expect(sae4j_sae_tensor tensor, int64_t rows, int64_t columns) {
    slots_[tensor].expected = true;
    slots_[tensor].writer   = TensorWriter(tensor_name(tensor), rows, columns);
    slots_[tensor].values   = Buffer<float>(static_cast<size_t>(rows * columns));
}

void Sae::write(sae4j_sae_tensor tensor, const sae4j_chunk & chunk) {
    if (tensor < SAE4J_W_ENC || tensor > SAE4J_W_SKIP || !slots_[tensor].expected) {
        fail(SAE4J_BAD_ARGUMENT, "tensor %s: an SAE with these parameters has none",
             tensor < SAE4J_W_ENC || tensor > SAE4J_W_SKIP ? "?" : tensor_name(tensor));
    }
    if (finished_) {
        fail(SAE4J_BAD_ARGUMENT, "tensor %s: the SAE is finished", tensor_name(tensor));
    }
    slots_[tensor].writer.write(chunk, slots_[tensor].values.data());
}

void Sae::finish() {
    for (size_t t = 0; t < slots_.size(); t++) {
        if (slots_[t].expected && !slots_[t].writer.whole()) {
            fail(SAE4J_BAD_FILE, "tensor %s: missing or incomplete", tensor_name(static_cast<sae4j_sae_tensor>(t)));
        }
    }
    if (params_.rescale_acts_by_decoder_norm) {
        decoder_norm_       = Buffer<float>(params_.n);
        const float * w_dec = tensor(SAE4J_W_DEC);
        for (int64_t i = 0; i < params_.n; i++, w_dec += d_out()) {
            decoder_norm_.data()[i] = static_cast<float>(std::sqrt(kernels().dot(w_dec, w_dec, d_out())));
        }
    }
    if (params_.activation == SAE4J_TOPK && Bf16Filter::pays(params_.n, params_.k)) {
        filter_.emplace(std::move(slots_[SAE4J_W_ENC].values), params_.n, params_.d, decoder_norm());
    } else {
        w_enc_ = pack(SAE4J_W_ENC, params_.n);
    }
    if (params_.skip) {
        w_skip_ = pack(SAE4J_W_SKIP, d_out());
    }
    finished_ = true;
}

Weights Sae::pack(sae4j_sae_tensor tensor, int64_t rows) {
    const Buffer<float> values = std::move(slots_[tensor].values);
    return { values.data(), rows, params_.d, SAE4J_PRECISION_F32 };
}

int64_t Sae::bytes() const {
    size_t bytes = decoder_norm_.bytes() + static_cast<size_t>(w_enc_.bytes() + w_skip_.bytes());
    bytes += filter_ ? static_cast<size_t>(filter_->bytes()) : 0;
    for (const Slot & slot : slots_) {
        bytes += slot.values.bytes();
    }
    return static_cast<int64_t>(bytes);
}

void check_sae(const Sae & sae, const std::string & in, int64_t width, const std::string & out, int64_t width_out) {
    if (!sae.finished()) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: the SAE is not finished", in.c_str());
    }
    if (sae.params().d != width) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: expected an SAE of width %lld, found %d", in.c_str(), (long long) width,
             sae.params().d);
    }
    if (sae.d_out() != width_out) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: expected an SAE of output width %lld, found %lld", out.c_str(),
             (long long) width_out, (long long) sae.d_out());
    }
}

}  // namespace sae4j
