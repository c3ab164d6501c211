// What replacing activations does to the predictions: the clean run once, a tail for each replacement, one head.
#pragma once

#include "model/batch.h"
#include "model/model.h"
#include "sae/sae.h"
#include "sae4j.h"

namespace sae4j {

class Session;

void evaluate(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & evaluation);

}  // namespace sae4j
