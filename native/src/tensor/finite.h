// Whether numbers are numbers.
#pragma once

#include <cstdint>
#include <cstring>

namespace sae4j {

// No NaN and no infinity among count numbers.
inline bool all_finite(const float * x, int64_t count) {
    constexpr uint32_t exponent = 0x7f800000;
    uint32_t           bad      = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

// The first row of x [rows, width] with a NaN or an infinity; rows if there is none.
inline int64_t first_not_finite(const float * x, int64_t rows, int64_t width) {
    int64_t row = 0;
    while (row < rows && all_finite(x + row * width, width)) {
        row++;
    }
    return row;
}

}  // namespace sae4j
