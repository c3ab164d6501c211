#include "median.h"

#include <algorithm>

namespace sae4j {

namespace {

constexpr int64_t sample_size = 512;
constexpr int64_t margin      = 48;  // ranks of the sample on either side: four standard deviations of its median

// x in low … high to out, in order; below: how many are less. [n] -> [returned]
size_t collect_between(const float * x, size_t n, float low, float high, float * out, size_t & below) {
    size_t count = 0, less = 0;
    for (size_t i = 0; i < n; i++) {
        out[count] = x[i];
        count += x[i] >= low && x[i] <= high;
        less += x[i] < low;
    }
    below = less;
    return count;
}

}  // namespace

float lower_median(const float * x, int64_t n, float * scratch) {
    const int64_t rank = (n - 1) / 2;
    if (n > 4 * sample_size) {
        // Most of x is settled by a bracket around the median of a sample; what falls inside is sorted out exactly.
        const int64_t stride = n / sample_size;
        for (int64_t i = 0; i < sample_size; i++) {
            scratch[i] = x[i * stride];
        }
        std::sort(scratch, scratch + sample_size);
        const float   low = scratch[sample_size / 2 - margin], high = scratch[sample_size / 2 + margin];
        size_t        below  = 0;
        const int64_t inside = static_cast<int64_t>(collect_between(x, n, low, high, scratch, below));
        const int64_t within = rank - static_cast<int64_t>(below);
        if (within >= 0 && within < inside) {
            std::nth_element(scratch, scratch + within, scratch + inside);
            return scratch[within];
        }
    }
    std::copy_n(x, n, scratch);
    std::nth_element(scratch, scratch + rank, scratch + n);
    return scratch[rank];
}

}  // namespace sae4j
