#include "linear.h"

#include "kernels/kernels.h"

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

void Weights::multiply(const Input & x, int64_t m, int64_t begin, int64_t end, float * y, int64_t ldy) const {
    if (precision_ == SAE4J_PRECISION_F32) {
        kernels().f32_gemm(m, begin, end, n_out_, n_in_, x.f32, n_in_, packed_.data(), y - begin, ldy);
    } else {
        kernels().bf16_gemm(m, begin, end, n_out_, n_in_, x.bf16, n_in_, packed_.data(), y - begin, ldy);
    }
}

int64_t Weights::column_step() const {
    return static_cast<int64_t>(panel());
}

Input input_for(Graph & graph, const Weights & weights, ggml_tensor * x, uint16_t * rounded) {
    const auto * f32 = static_cast<const float *>(x->data);
    if (weights.precision() == SAE4J_PRECISION_F32) {
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

void apply(const Epilogue & epilogue, const float * residual, Slab columns, int64_t rows, int64_t ldy, float * y) {
    const int64_t count = columns.end - columns.begin;
    for (int64_t r = 0; r < rows; r++) {
        float * row = y + r * ldy + columns.begin;
        if (epilogue.bias) {
            kernels().axpy(1.0f, epilogue.bias + columns.begin, row, count);
        }
        if (epilogue.gelu) {
            kernels().gelu(row, count);
        }
        if (residual) {
            kernels().axpy(1.0f, residual + r * ldy + columns.begin, row, count);
        }
    }
}

}  // namespace

ggml_tensor * linear(Graph & graph, const char * name, const Weights & weights, ggml_tensor * x,
                     const Epilogue & epilogue, float * y, uint16_t * rounded) {
    const int64_t rows = x->ne[1], n_out = weights.n_out();
    const Input   input    = input_for(graph, weights, x, rounded);
    const float * residual = epilogue.residual ? static_cast<const float *>(epilogue.residual->data) : nullptr;
    auto          work     = [=, &weights](int ith, int nth) {
        const Slab columns = slab(n_out, ith, nth, weights.column_step());
        if (columns.begin < columns.end) {
            weights.multiply(input, rows, columns.begin, columns.end, y + columns.begin, n_out);
            apply(epilogue, residual, columns, rows, n_out, y);
        }
    };
    if (epilogue.residual) {
        return graph.node(name, { input.tensor, epilogue.residual }, y, n_out, rows, work);
    }
    return graph.node(name, { input.tensor }, y, n_out, rows, work);
}

}  // namespace sae4j
