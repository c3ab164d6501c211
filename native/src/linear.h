// y = x·Wᵀ + b, the large products: our own kernels on packed weights.
#pragma once

#include "graph.h"
#include "memory.h"
#include "sae4j.h"

namespace sae4j {

// The left side of a product: x [rows, n_in] as f32 and, where the weights are bf16, rounded.
struct Input {
    ggml_tensor *    tensor;
    const float *    f32;
    const uint16_t * bf16;  // NULL in f32
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

    // y[:, begin…end) = x·W[begin…end)ᵀ for m rows, on the calling thread. y points at column begin; begin is a
    // multiple of column_step().
    void multiply(const Input & x, int64_t m, int64_t begin, int64_t end, float * y, int64_t ldy) const;

    // Slabs of the columns start at multiples of this.
    int64_t column_step() const;

  private:
    int64_t         n_out_     = 0;
    int64_t         n_in_      = 0;
    sae4j_precision precision_ = SAE4J_PRECISION_F32;
    Buffer<uint8_t> packed_;
};

// x as the weights need it; rounded: memory [rows, n_in] for the bf16 form, unused in f32.
Input input_for(Graph & graph, const Weights & weights, ggml_tensor * x, uint16_t * rounded);

// What a product's result passes through before it is stored.
struct Epilogue {
    const float * bias     = nullptr;  // [n_out]
    bool          gelu     = false;
    ggml_tensor * residual = nullptr;  // [rows, n_out], added last
};

// y = epilogue(x·Wᵀ) [rows, n_out]; rounded as in input_for.
ggml_tensor * linear(Graph & graph, const char * name, const Weights & weights, ggml_tensor * x,
                     const Epilogue & epilogue, float * y, uint16_t * rounded);

}  // namespace sae4j
