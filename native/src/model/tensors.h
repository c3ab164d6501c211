// A model's tensors by name: declared, written in any order, then taken in the form in which they are used.
#pragma once

#include "runtime/memory.h"
#include "sae4j.h"
#include "tensor/linear.h"
#include "tensor/tensor_writer.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sae4j {

class Tensors {
  public:
    // model: what messages call it. Matrices are kept in this precision.
    Tensors(std::string model, sae4j_precision precision);

    // W [n_out, n_in] of a product.
    void declare_matrix(const std::string & name, int64_t n_out, int64_t n_in);
    // A tensor that is read as it is, in f32.
    void declare(const std::string & name, int64_t rows, int64_t columns);

    // A piece of a tensor, from the caller. Pieces arrive in order, tensors in any.
    void write(const std::string & name, const sae4j_chunk & chunk);

    // Room for all f32 values of a tensor. Call placed(name) when they are there.
    float * place(const std::string & name);
    void    placed(const std::string & name);

    // The expected [rows, columns]. Fails if the model has no tensor of this name.
    std::pair<int64_t, int64_t> shape(const std::string & name) const;

    // In the order in which they were declared; name is NULL past the last.
    sae4j_tensor_info info(int32_t index) const;

    // Fail unless the tensor is whole.
    const Weights * matrix(const std::string & name) const;
    const float *   values(const std::string & name) const;

    int64_t bytes() const;

  private:
    struct Slot {
        int64_t       rows, columns;
        bool          matrix;
        TensorWriter  writer;
        Buffer<float> values;  // of matrices only until they are whole
        Weights       weights;
        bool          whole = false;
    };

    void         add(const std::string & name, int64_t rows, int64_t columns, bool matrix);
    const Slot & slot(const std::string & name) const;
    Slot &       slot(const std::string & name);
    const Slot & whole(const std::string & name) const;
    void         settle(Slot & slot);

    std::string                                              model_;
    sae4j_precision                                          precision_;
    std::map<std::string, Slot>                              slots_;
    std::vector<std::map<std::string, Slot>::const_iterator> order_;
};

}  // namespace sae4j
