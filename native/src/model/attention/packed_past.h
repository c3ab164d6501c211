// Keys and values of one head of a past, packed once for all queries that look back at them.
#pragma once

#include "model/attention/attention.h"

#include <cstdint>

namespace sae4j {

class PackedPast {
  public:
    // Packs past's first length keys and values. memory: room(…) floats.
    PackedPast(sae4j_precision precision, const Head & past, int64_t length, float * memory);

    // Floats of its memory; most_queries: of one product.
    static int64_t room(int64_t length, int64_t d_head, int64_t most_queries);

    // q·kᵀ of n queries, rows ldq apart. [n, length], rows lds apart
    void scores(const float * q, int64_t ldq, int64_t n, float * s, int64_t lds) const;

    // z += s·v for n rows of probabilities s. [n, d_head], rows ldz apart
    void add_values(const float * s, int64_t lds, int64_t n, float * z, int64_t ldz) const;

  private:
    // x [n, width] rounded, its rows side by side.
    const uint16_t * rounded(const float * x, int64_t ldx, int64_t n, int64_t width) const;

    sae4j_precision precision_;
    int64_t         length_;
    int64_t         d_head_;
    void *          keys_;     // W [length, d_head]
    void *          values_;   // W [d_head, length]
    uint16_t *      rounded_;  // what is multiplied, in bf16: [most_queries, max(length, d_head)]
};

}  // namespace sae4j
