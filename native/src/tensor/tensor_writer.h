// Fills one f32 tensor from chunks in any of the stored dtypes and orders, and knows when it is whole.
#pragma once

#include "sae4j.h"

#include <cstdint>
#include <string>

namespace sae4j {

class TensorWriter {
  public:
    TensorWriter() = default;
    // name: for messages. The tensor is [rows, columns].
    TensorWriter(std::string name, int64_t rows, int64_t columns);

    // Chunks come in order, each element once. Fails on anything else and on NaN or infinity. A whole tensor is not
    // touched again.
    void write(const sae4j_chunk & chunk, float * tensor);

    bool whole() const { return written_ == rows_ * columns_; }

    // Fails, naming the tensor, unless every value is finite.
    static void check_finite(const std::string & name, const float * values, int64_t count);

  private:
    std::string name_;
    int64_t     rows_    = 0;
    int64_t     columns_ = 0;
    int64_t     written_ = 0;
};

}  // namespace sae4j
