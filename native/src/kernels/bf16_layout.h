// Numbers of the packed bf16 layout [panels, ceil(k / 2), 64, 2], in elements.
#pragma once

#include "kernels.h"

namespace sae4j {

constexpr size_t panel_columns = 64;
constexpr size_t pair_stride   = 2 * panel_columns;

static inline size_t panel_stride(size_t k) {
    return (k + 1) / 2 * pair_stride;
}

}  // namespace sae4j
