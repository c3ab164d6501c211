// The packed layout of bf16 weights; kernels.h describes it.
#include "bf16_layout.h"

namespace sae4j {

size_t bf16_panel() {
    return panel_columns;
}

size_t bf16_packed_size(size_t n, size_t k) {
    return (n + panel_columns - 1) / panel_columns * panel_stride(k) * sizeof(uint16_t);
}

void bf16_pack(const float * w, size_t n, size_t k, size_t ld, void * packed) {
    uint16_t * out = static_cast<uint16_t *>(packed);
    for (size_t c0 = 0; c0 < n; c0 += panel_columns) {
        for (size_t i = 0; i < k + k % 2; i += 2) {
            for (size_t c = c0; c < c0 + panel_columns; ++c) {
                *out++ = c < n ? bf16_from_f32(w[c * ld + i]) : 0;
                *out++ = c < n && i + 1 < k ? bf16_from_f32(w[c * ld + i + 1]) : 0;
            }
        }
    }
}

void bf16_unpack_rows(const void * packed, size_t, size_t k, size_t n0, size_t n1, float * w) {
    for (size_t c = n0; c < n1; ++c) {
        const uint16_t * column =
            static_cast<const uint16_t *>(packed) + c / panel_columns * panel_stride(k) + c % panel_columns * 2;
        for (size_t i = 0; i < k; ++i) {
            *w++ = f32_from_bf16(column[i / 2 * pair_stride + i % 2]);
        }
    }
}

}  // namespace sae4j
