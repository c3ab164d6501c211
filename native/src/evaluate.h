// What replacing an activation does to the predictions: the front once, a tail for each replacement, one head.
#pragma once

#include "batch.h"
#include "model.h"
#include "sae.h"
#include "sae4j.h"

namespace sae4j {

class Session;

void evaluate(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & evaluation);

// Adds the activation at point, summed over the counted tokens, to sum [width].
void sum_activation(Session & session, const Model & model, const Batch & batch, sae4j_point point,
                    const uint8_t * counted, double * sum);

}  // namespace sae4j
