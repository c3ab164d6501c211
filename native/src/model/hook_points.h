// Where a forward pass can be watched and changed: names, widths and order of the hook points.
#pragma once

#include "sae4j.h"

#include <cstdint>
#include <string>

namespace sae4j {

// TransformerLens's name.
std::string name_of(sae4j_point point);

int64_t width_of(const sae4j_model_shape & shape, sae4j_point point);

// Rank in the order of computation. Fails if the model has no such point.
int rank_of(const sae4j_model_shape & shape, sae4j_point point);

inline constexpr int before_first = -1;

}  // namespace sae4j
