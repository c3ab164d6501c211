#include "tensor/linear.h"

#include "kernels/kernels.h"
#include "tensor/finite.h"

#include <algorithm>

namespace sae4j {

Weights::Weights(const float * w, int64_t n_out, int64_t n_in, sae4j_precision precision) :
    n_out_(n_out),
    n_in_(n_in),
    precision_(precision) {
    if (precision == SAE4J_PRECISION_F32) {
        packed_ = Buffer<uint8_t>(packed_size<float>(n_out, n_in));
        pack<float>(w, n_out, n_in, n_in, packed_.data());
    } else {
        packed_ = Buffer<uint8_t>(packed_size<uint16_t>(n_out, n_in));
        pack<uint16_t>(w, n_out, n_in, n_in, packed_.data());
    }
}

int64_t Weights::bytes() const {
    return static_cast<int64_t>(packed_.bytes());
}

void Weights::row(int64_t index, float * out) const {
    if (precision_ == SAE4J_PRECISION_F32) {
        unpack_row<float>(packed_.data(), n_in_, index, out);
    } else {
        unpack_row<uint16_t>(packed_.data(), n_in_, index, out);
    }
}

void Weights::multiply(const Input & x, int64_t m, int64_t begin, int64_t end, float * y, int64_t ldy,
                       const float * bias, const float * residual) const {
    const float * from_column_0 = residual ? residual - begin : nullptr;
    if (precision_ == SAE4J_PRECISION_F32) {
        kernels().f32_gemm(m, begin, end, n_out_, n_in_, x.f32, n_in_, packed_.data(), bias, from_column_0, y - begin,
                           ldy);
    } else {
        kernels().bf16_gemm(m, begin, end, n_out_, n_in_, x.bf16, n_in_, packed_.data(), bias, from_column_0, y - begin,
                            ldy);
    }
}

int64_t Weights::column_step() const {
    return static_cast<int64_t>(panel());
}

void Output::round(int64_t at, int64_t count) const {
    if (bf16) {
        kernels().to_bf16(f32 + at, count, bf16 + at);
    }
}

Input input_for(Graph & graph, sae4j_precision precision, ggml_tensor * x, uint16_t * rounded) {
    const auto * f32 = static_cast<const float *>(x->data);
    if (precision == SAE4J_PRECISION_F32) {
        return { x, f32, nullptr };
    }
    const int64_t width = x->ne[0], rows = x->ne[1];
    auto          round = [=](int ith, int nth) {
        const Slab s = slab(rows, ith, nth);
        kernels().to_bf16(f32 + s.begin * width, (s.end - s.begin) * width, rounded + s.begin * width);
    };
    return { graph.node("bf16", { x }, reinterpret_cast<float *>(rounded), width, rows, round), f32, rounded };
}

namespace {

// What is computed of y before it is finished: it is still in L2 then. As many rows as a product takes at a time.
constexpr int64_t block_rows    = 288;
constexpr int64_t block_columns = 256;

// What the product has not done: activation, rounding, a look at the numbers.
void finish(const Epilogue & epilogue, Slab rows, Slab columns, const Output & y, int64_t ldy) {
    const int64_t count = columns.end - columns.begin;
    for (int64_t r = rows.begin; r < rows.end; r++) {
        const int64_t at = r * ldy + columns.begin;
        if (epilogue.activation) {
            epilogue.activation(y.f32 + at, count);
        }
        y.round(at, count);
        if (epilogue.finite && !all_finite(y.f32 + at, count)) {
            *epilogue.finite = false;
        }
    }
}

// One worker's columns of y.
void compute(const Weights & weights, const Input & x, const Epilogue & epilogue, int64_t n_rows, Slab columns,
             const Output & y) {
    const int64_t ldy = weights.n_out(), blocks = (n_rows + block_rows - 1) / block_rows;
    const auto *  residual = epilogue.residual ? static_cast<const float *>(epilogue.residual->data) : nullptr;
    for (int64_t block = 0; block < blocks; block++) {
        const Slab  rows = slab(n_rows, block, blocks);
        const Input part = x.from(rows.begin, weights.n_in());
        for (int64_t begin = columns.begin; begin < columns.end; begin += block_columns) {
            const int64_t end = std::min(begin + block_columns, columns.end), at = rows.begin * ldy + begin;
            weights.multiply(part, rows.end - rows.begin, begin, end, y.f32 + at, ldy, epilogue.bias,
                             residual ? residual + at : nullptr);
            finish(epilogue, rows, { begin, end }, y, ldy);
        }
    }
}

}  // namespace

ggml_tensor * linear(Graph & graph, const char * name, const Weights & weights, const Input & x,
                     const Epilogue & epilogue, const Output & y) {
    const int64_t n_rows = x.tensor->ne[1], n_out = weights.n_out();
    auto          work = [=, &weights](int ith, int nth) {
        compute(weights, x, epilogue, n_rows, slab(n_out, ith, nth, weights.column_step()), y);
    };
    if (epilogue.residual) {
        return graph.node(name, { x.tensor, epilogue.residual }, y.f32, n_out, n_rows, work);
    }
    return graph.node(name, { x.tensor }, y.f32, n_out, n_rows, work);
}

}  // namespace sae4j
