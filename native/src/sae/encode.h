// Tokens through an encoder in pieces of bounded memory: what encode and reconstruct share.
#pragma once

#include "sae/latents.h"

#include <atomic>

namespace sae4j {

// How many tokens are encoded at a time.
int64_t tokens_a_piece(const Sae & sae);

// x [m, d], tokens first … first + m of latents, which were cleared for all of them.
void encode_piece(Session & session, const Sae & sae, const float * x, int64_t m, int64_t first, Latents & latents);

void check_finite(const std::atomic<bool> & not_finite, const char * what);

}  // namespace sae4j
