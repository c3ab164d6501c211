// Numbers of the packed layout of weights, in elements: [panels, ceil(k / step), 64, step]. T is float, or uint16_t for
// bf16, whose pairs stand together as the dot-product instruction wants them.
#pragma once

#include "kernels.h"

namespace sae4j {

constexpr size_t panel_columns = 64;

template <typename T> constexpr size_t step = sizeof(float) / sizeof(T);  // of k, in one row of a panel

template <typename T> constexpr size_t row_stride = step<T> * panel_columns;

template <typename T> static inline size_t panel_stride(size_t k) {
    return (k + step<T> - 1) / step<T> * row_stride<T>;
}

// A number of the packed form, or of x, as f32.
static inline float widen(float x) {
    return x;
}

static inline float widen(uint16_t x) {
    return f32_from_bf16(x);
}

// W[n, i] in the packed form, with i = 0; i goes on from row to row of the panel.
template <typename T> static inline const T * packed_column(const void * packed, size_t n, size_t k) {
    return static_cast<const T *>(packed) + n / panel_columns * panel_stride<T>(k) + n % panel_columns * step<T>;
}

template <typename T> static inline T packed_at(const T * column, size_t i) {
    return column[i / step<T> * row_stride<T> + i % step<T>];
}

}  // namespace sae4j
