// The median of many numbers, exactly.
#pragma once

#include <cstdint>
#include <vector>

namespace sae4j {

struct Bracket {
    float low, high;
};

// All numbers but NaN.
extern const Bracket all_numbers;

// Every so many of x [n], none where there are few.
std::vector<float> sample_of(const float * x, int64_t n);

// Two numbers that the element of this rank of n numbers, of which sample has every so many, most likely lies between;
// all numbers without a sample.
Bracket guess(std::vector<float> sample, int64_t n, int64_t rank);

// The element of this rank, from 0, of x [n], where NaN ranks last. scratch: room for 2 n.
float element(const float * x, int64_t n, int64_t rank, float * scratch);

}  // namespace sae4j
