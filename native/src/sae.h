// The canonical sparse autoencoder: encode to sparse latents, decode, on activations in memory.
#pragma once

#include "graph.h"
#include "linear.h"
#include "memory.h"
#include "sae4j.h"
#include "tensor_writer.h"

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace sae4j {

class Session;

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

    // W_enc [n, d] and, with skip, W_skip [d_out, d], packed once the SAE is finished.
    const Weights & w_enc() const { return w_enc_; }

    const Weights & w_skip() const { return w_skip_; }

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

    sae4j_sae_params    params_;
    std::array<Slot, 9> slots_;
    Weights             w_enc_;
    Weights             w_skip_;
    Buffer<float>       decoder_norm_;
    bool                finished_ = false;
};

// Fails unless the SAE is finished, as wide as the activation that it reads, and its output as the one it replaces.
void check_sae(const Sae & sae, const std::string & in, int64_t width, const std::string & out, int64_t width_out);

// Latents with z > 0 of some tokens, in CSR. Owns its memory and keeps it from use to use.
struct Latents {
    std::vector<int64_t> offsets;  // [n_tokens + 1]
    std::vector<int32_t> indices;
    std::vector<float>   values;
    std::vector<float>   scale;  // [n_tokens]
    std::vector<float>   shift;  // [n_tokens]

    void          clear(int64_t n_tokens);
    sae4j_latents view() const;
};

// x [n_tokens, d] -> latents. Fails with SAE4J_NOT_FINITE on NaN or infinity in x.
void encode(Session & session, const Sae & sae, const float * x, int64_t n_tokens, Latents & latents);

// latents -> x_hat [n_tokens, d_out], without what W_skip adds. Fails on latents that are not of this SAE.
void decode(Session & session, const Sae & sae, const sae4j_latents & latents, float * x_hat);

// x [n_tokens, d] -> x_hat [n_tokens, d_out] in pieces of bounded memory. After each piece, seen(first token, latents).
void reconstruct(Session & session, const Sae & sae, const float * x, int64_t n_tokens, float * x_hat,
                 const std::function<void(int64_t, const Latents &)> & seen = {});

}  // namespace sae4j
