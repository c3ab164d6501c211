// The median of many numbers, exactly.
#pragma once

#include <cstdint>

namespace sae4j {

struct Bracket {
    float low, high;
};

// All numbers but NaN.
extern const Bracket all_numbers;

// Two numbers that the element of this rank of b − a [n] most likely lies between, from a sample of every so many; all
// numbers where there are few. a: NULL for 0.
Bracket guess(const float * b, const float * a, int64_t n, int64_t rank);

// The element of this rank, from 0, of x [n], where NaN ranks last. scratch: room for 2 n.
float element(const float * x, int64_t n, int64_t rank, float * scratch);

}  // namespace sae4j
