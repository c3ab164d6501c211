// The logit lens on latents: which tokens a decoder direction promotes and suppresses by the direct path.
#pragma once

#include "model/model.h"
#include "sae/sae.h"
#include "sae4j.h"

#include <span>

namespace sae4j {

class Session;

// logits [n, n_vocab] of one unit of each latent at a point, as sae4j_latent_logits defines them.
void latent_logits(Session & session, const Model & model, const Sae & sae, const HookPoint & point,
                   std::span<const int32_t> latents, float * out);

}  // namespace sae4j
