// y = x·Wᵀ + b, the large products: our own kernels on packed weights.
#pragma once

#include "runtime/graph.h"
#include "runtime/memory.h"
#include "sae4j.h"

#include <atomic>

namespace sae4j {

// The left side of a product: x [rows, n_in] as f32 and, where the weights are bf16, rounded.
struct Input {
    ggml_tensor *    tensor;
    const float *    f32;
    const uint16_t * bf16;  // NULL in f32

    // The rows from this one on.
    Input from(int64_t row, int64_t n_in) const {
        return { tensor, f32 + row * n_in, bf16 ? bf16 + row * n_in : nullptr };
    }
};

// Where an activation goes: in f32, and rounded as well where that is not NULL.
struct Output {
    float *    f32;
    uint16_t * bf16 = nullptr;

    // Rounds count numbers from the at-th on.
    void round(int64_t at, int64_t count) const;
};

// W [n_out, n_in] in the precision of the model.
class Weights {
  public:
    Weights() = default;
    // Packs w [n_out, n_in].
    Weights(const float * w, int64_t n_out, int64_t n_in, sae4j_precision precision);

    int64_t n_out() const { return n_out_; }

    int64_t n_in() const { return n_in_; }

    sae4j_precision precision() const { return precision_; }

    int64_t bytes() const;

    // One row of W as f32 (an embedding). [n_in]
    void row(int64_t index, float * out) const;

    // y[:, begin…end) = x·W[begin…end)ᵀ + bias + residual for m rows, on the calling thread. y and residual, whose rows
    // lie ldy apart, point at column begin, a multiple of column_step(); bias [n_out].
    void multiply(const Input & x, int64_t m, int64_t begin, int64_t end, float * y, int64_t ldy,
                  const float * bias = nullptr, const float * residual = nullptr) const;

    // Slabs of the columns start at multiples of this.
    int64_t column_step() const;

  private:
    int64_t         n_out_     = 0;
    int64_t         n_in_      = 0;
    sae4j_precision precision_ = SAE4J_PRECISION_F32;
    Buffer<uint8_t> packed_;
};

// x as weights of this precision need it; rounded: memory [rows, n_in] for the bf16 form, unused in f32.
Input input_for(Graph & graph, sae4j_precision precision, ggml_tensor * x, uint16_t * rounded);

// What becomes of a product, in this order.
struct Epilogue {
    const float * bias                      = nullptr;  // [n_out]
    ggml_tensor * residual                  = nullptr;  // [rows, n_out]
    void (*activation)(float * x, size_t n) = nullptr;  // in place
    std::atomic<bool> * finite              = nullptr;  // false from then on if y holds a NaN or an infinity
};

// y = epilogue(x·Wᵀ) [rows, n_out]
ggml_tensor * linear(Graph & graph, const char * name, const Weights & weights, const Input & x,
                     const Epilogue & epilogue, const Output & y);

}  // namespace sae4j
