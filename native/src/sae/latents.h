// Encode to sparse latents, decode, on activations in memory.
#pragma once

#include "sae4j.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace sae4j {

class Sae;
class Session;

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
