// The lower median of many numbers, exactly.
#pragma once

#include <cstdint>

namespace sae4j {

// The element of rank (n − 1) / 2 of x [n], n ≥ 1, where NaN ranks last. scratch: room for 2 n.
float lower_median(const float * x, int64_t n, float * scratch);

}  // namespace sae4j
