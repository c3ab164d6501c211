// The packed layout of weights; kernels.h describes it.
#include "packed.h"

#include <string.h>

namespace sae4j {

namespace {

template <typename T> T narrow(float x);

template <> float narrow(float x) {
    return x;
}

template <> uint16_t narrow(float x) {
    return bf16_from_f32(x);
}

// A few rows of W as columns of a panel: each row is read from end to end, as memory likes it.
template <typename T, size_t count> void pack_columns(const float * w, size_t k, size_t ld, T * out) {
    for (size_t i = 0; i < k; ++i) {
        for (size_t c = 0; c < count; ++c) {
            out[i / step<T> * row_stride<T> + c * step<T> + i % step<T>] = narrow<T>(w[c * ld + i]);
        }
    }
}

// How many of the columns left the panel at out has; what they do not fill is zero.
template <typename T> size_t begin_panel(size_t left, size_t k, T * out) {
    const size_t columns = left < panel_columns ? left : panel_columns;
    if ((columns < panel_columns || k % step<T> != 0) && k > 0) {
        memset(out, 0, panel_stride<T>(k) * sizeof(T));
    }
    return columns;
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
    for (size_t c0 = 0; c0 < n; c0 += panel_columns, out += panel_stride<T>(k)) {
        const size_t columns = begin_panel(n - c0, k, out);
        size_t       c       = 0;
        for (; c + 4 <= columns; c += 4) {
            pack_columns<T, 4>(w + (c0 + c) * ld, k, ld, out + c * step<T>);
        }
        for (; c < columns; ++c) {
            pack_columns<T, 1>(w + (c0 + c) * ld, k, ld, out + c * step<T>);
        }
    }
}

template <typename T> void pack_transposed(const float * w, size_t n, size_t k, size_t ld, void * packed) {
    T * out = static_cast<T *>(packed);
    for (size_t c0 = 0; c0 < n; c0 += panel_columns, out += panel_stride<T>(k)) {
        const size_t columns = begin_panel(n - c0, k, out);
        for (size_t i = 0; i < k; ++i) {
            T * row = out + i / step<T> * row_stride<T> + i % step<T>;
            for (size_t c = 0; c < columns; ++c) {
                row[c * step<T>] = narrow<T>(w[i * ld + c0 + c]);
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
template void   pack_transposed<float>(const float *, size_t, size_t, size_t, void *);
template void   pack_transposed<uint16_t>(const float *, size_t, size_t, size_t, void *);
template void   unpack_row<float>(const void *, size_t, size_t, float *);
template void   unpack_row<uint16_t>(const void *, size_t, size_t, float *);

}  // namespace sae4j
