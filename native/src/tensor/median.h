// The median of many numbers, exactly.
#pragma once

#include <cstdint>

namespace sae4j {

struct Bracket {
    float low, high;
};

// All numbers but NaN.
extern const Bracket all_numbers;

// Every so many of n numbers, none where there are few.
struct Sample {
    static constexpr int64_t most = 512;

    float   values[most];
    int64_t count = 0;

    Sample() = default;
    Sample(const float * x, int64_t n);
};

// Two numbers that the element of this rank of n numbers most likely lies between; all numbers without a sample of them.
Bracket guess(Sample sample, int64_t n, int64_t rank);

// The element of this rank, from 0, of x [n], where NaN ranks last. scratch: room for 2 n.
float element(const float * x, int64_t n, int64_t rank, float * scratch);

}  // namespace sae4j
