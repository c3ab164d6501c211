// The packed layout of weights; kernels.h describes it.
#include "packed.h"

namespace sae4j {

namespace {

template <typename T> T narrow(float x);

template <> float narrow(float x) {
    return x;
}

template <> uint16_t narrow(float x) {
    return bf16_from_f32(x);
}

}  // namespace

size_t panel() {
    return panel_columns;
}

template <typename T> size_t packed_size(size_t n, size_t k) {
    return (n + panel_columns - 1) / panel_columns * panel_stride<T>(k) * sizeof(T);
}

template <typename T> void pack(const float * w, size_t n, size_t k, size_t ld, void * packed) {
    T * out = static_cast<T *>(packed);
    for (size_t c0 = 0; c0 < n; c0 += panel_columns) {
        for (size_t i0 = 0; i0 < k; i0 += step<T>) {
            for (size_t c = c0; c < c0 + panel_columns; ++c) {
                for (size_t i = i0; i < i0 + step<T>; ++i) {
                    *out++ = c < n && i < k ? narrow<T>(w[c * ld + i]) : T{};
                }
            }
        }
    }
}

template <typename T> void unpack_row(const void * packed, size_t k, size_t n, float * w) {
    const T * column = packed_column<T>(packed, n, k);
    for (size_t i = 0; i < k; ++i) {
        w[i] = widen(packed_at(column, i));
    }
}

template size_t packed_size<float>(size_t, size_t);
template size_t packed_size<uint16_t>(size_t, size_t);
template void   pack<float>(const float *, size_t, size_t, size_t, void *);
template void   pack<uint16_t>(const float *, size_t, size_t, size_t, void *);
template void   unpack_row<float>(const void *, size_t, size_t, float *);
template void   unpack_row<uint16_t>(const void *, size_t, size_t, float *);

}  // namespace sae4j
