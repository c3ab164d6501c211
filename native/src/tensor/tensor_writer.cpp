#include "tensor/tensor_writer.h"

#include "ggml.h"
#include "runtime/status.h"
#include "tensor/finite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace sae4j {

namespace {

int64_t dtype_size(sae4j_dtype dtype) {
    switch (dtype) {
        case SAE4J_DTYPE_F32:
            return 4;
        case SAE4J_DTYPE_F16:
        case SAE4J_DTYPE_BF16:
            return 2;
        case SAE4J_DTYPE_F64:
            return 8;
    }
    fail(SAE4J_BAD_ARGUMENT, "unknown dtype %d", static_cast<int>(dtype));
}

// count elements at data, of any alignment, to f32
void widen(sae4j_dtype dtype, const uint8_t * data, int64_t count, float * out) {
    switch (dtype) {
        case SAE4J_DTYPE_F32:
            memcpy(out, data, count * sizeof(float));
            return;
        case SAE4J_DTYPE_F16:
            for (int64_t i = 0; i < count; i++) {
                ggml_fp16_t half;
                memcpy(&half, data + i * sizeof half, sizeof half);
                out[i] = ggml_fp16_to_fp32(half);
            }
            return;
        case SAE4J_DTYPE_BF16:
            for (int64_t i = 0; i < count; i++) {
                ggml_bf16_t half;
                memcpy(&half, data + i * sizeof half, sizeof half);
                out[i] = ggml_bf16_to_fp32(half);
            }
            return;
        case SAE4J_DTYPE_F64:
            for (int64_t i = 0; i < count; i++) {
                double wide;
                memcpy(&wide, data + i * sizeof wide, sizeof wide);
                out[i] = static_cast<float>(wide);
            }
            return;
    }
}

}  // namespace

TensorWriter::TensorWriter(std::string name, int64_t rows, int64_t columns) :
    name_(std::move(name)),
    rows_(rows),
    columns_(columns) {}

void TensorWriter::write(const sae4j_chunk & chunk, float * tensor) {
    const int64_t size = rows_ * columns_;
    if (chunk.first != written_ || chunk.count < 0 || chunk.count > size - written_ || (chunk.count && !chunk.data)) {
        fail(SAE4J_BAD_ARGUMENT,
             "tensor %s: expected the elements from %lld of %lld next, found %lld elements from %lld", name_.c_str(),
             (long long) written_, (long long) size, (long long) chunk.count, (long long) chunk.first);
    }
    const int64_t element = dtype_size(chunk.dtype);
    // What is stored is [outer, inner]; the tensor is the same, or its transpose.
    const int64_t      inner = chunk.transposed ? rows_ : columns_;
    std::vector<float> line(static_cast<size_t>(std::min(inner, chunk.count)));
    const auto *       data = static_cast<const uint8_t *>(chunk.data);
    for (int64_t done = 0; done < chunk.count;) {
        const int64_t at = written_ % inner, outer = written_ / inner;
        const int64_t count = std::min(inner - at, chunk.count - done);
        widen(chunk.dtype, data + done * element, count, line.data());
        check_finite(name_, line.data(), count);
        if (!chunk.transposed) {
            memcpy(tensor + outer * columns_ + at, line.data(), count * sizeof(float));
        } else {
            for (int64_t i = 0; i < count; i++) {
                tensor[(at + i) * columns_ + outer] = line[i];
            }
        }
        written_ += count;
        done += count;
    }
}

void TensorWriter::check_finite(const std::string & name, const float * values, int64_t count) {
    if (!all_finite(values, count)) {
        const auto * at = std::find_if_not(values, values + count, [](float v) { return std::isfinite(v); });
        fail(SAE4J_NOT_FINITE, "tensor %s: expected finite numbers, found %f", name.c_str(), *at);
    }
}

}  // namespace sae4j
