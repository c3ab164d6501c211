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

    // W_enc [n, d], packed once the SAE is finished.
    const Weights & w_enc() const { return w_enc_; }

    // NULL where the activation has no such tensor, and for W_enc.
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

    sae4j_sae_params    params_;
    std::array<Slot, 8> slots_;
    Weights             w_enc_;
    Buffer<float>       decoder_norm_;
    bool                finished_ = false;
};

// Fails unless the SAE is finished and as wide as the activation at the hook.
void check_sae(const Sae & sae, const std::string & hook, int64_t width);

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

// latents -> x_hat [n_tokens, d]. Fails on latents that are not of this SAE.
void decode(Session & session, const Sae & sae, const sae4j_latents & latents, float * x_hat);

// Encodes and decodes n_tokens of x in pieces of bounded memory. After each piece, seen(first token, latents).
void reconstruct(Session & session, const Sae & sae, const float * x, int64_t n_tokens, float * x_hat,
                 const std::function<void(int64_t, const Latents &)> & seen = {});

}  // namespace sae4j
