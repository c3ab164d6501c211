// GPT-2: layer norms, learnt positions, one product for queries, keys and values, an MLP with one hidden layer.
#pragma once

#include "model/architecture.h"

namespace sae4j {

std::unique_ptr<Architecture> new_gpt2(Hyperparameters & numbers);

}  // namespace sae4j
