// The canonical sparse autoencoder: its parameters, as encode and decode want them.
#pragma once

#include "runtime/memory.h"
#include "sae/bf16_filter.h"
#include "sae4j.h"
#include "tensor/linear.h"
#include "tensor/tensor_writer.h"

#include <array>
#include <optional>
#include <string>

namespace sae4j {

class Sae {
  public:
    explicit Sae(sae4j_sae_params params);

    void write(sae4j_sae_tensor tensor, const sae4j_chunk & chunk);
    // Checks that all tensors of this activation are there.
    void finish();

    const sae4j_sae_params & params() const { return params_; }

    bool is_transcoder() const { return params_.d_out != 0; }

    // The width of the output.
    int64_t d_out() const { return params_.d_out ? params_.d_out : params_.d; }

    // W_enc [n, d], unless there is a filter, and, with skip, W_skip [d_out, d], packed once the SAE is finished.
    const Weights & w_enc() const { return w_enc_; }

    const Weights & w_skip() const { return w_skip_; }

    // NULL where all of W_enc is to be multiplied in f32.
    const Bf16Filter * filter() const { return filter_ ? &*filter_ : nullptr; }

    // NULL where there is no such tensor, and for the packed ones.
    const float * tensor(sae4j_sae_tensor tensor) const { return slots_[tensor].values.data(); }

    // ‖W_dec,i‖ [n], only with rescale_acts_by_decoder_norm.
    const float * decoder_norm() const { return decoder_norm_.data(); }

    int64_t bytes() const;

    bool finished() const { return finished_; }

  private:
    struct Slot {
        bool          expected = false;
        TensorWriter  writer;
        Buffer<float> values;
    };

    void expect(sae4j_sae_tensor tensor, int64_t rows, int64_t columns);
    // A tensor [rows, d], whose values it frees.
    Weights pack(sae4j_sae_tensor tensor, int64_t rows);

    sae4j_sae_params          params_;
    std::array<Slot, 9>       slots_;
    Weights                   w_enc_;
    Weights                   w_skip_;
    Buffer<float>             decoder_norm_;
    std::optional<Bf16Filter> filter_;
    bool                      finished_ = false;
};

// Fails unless the SAE is finished, as wide as the activation that it reads, and its output as the one it replaces.
void check_sae(const Sae & sae, const std::string & in, int64_t width, const std::string & out, int64_t width_out);

}  // namespace sae4j
