#include "tensor/median.h"

#include "kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sae4j {

namespace {

constexpr float   inf = std::numeric_limits<float>::infinity();
constexpr int64_t few = 2048;  // no more are selected from without a guess

int64_t stride_of(int64_t n) {
    return (n + Sample::most - 1) / Sample::most;
}

// What of x [n] is in the bracket goes to out [n], which may be x; below: how many are less.
int64_t collect(const float * x, int64_t n, Bracket bracket, float * out, int64_t & below) {
    size_t     less  = 0;
    const auto count = kernels().collect_between(x, static_cast<size_t>(n), bracket.low, bracket.high, out, less);
    below            = static_cast<int64_t>(less);
    return static_cast<int64_t>(count);
}

float middle_of(float a, float b, float c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

// The element of this rank of x [n], which has no NaN. A quickselect that passes over x with the vector kernel: ten
// times as fast as std::nth_element, which mispredicts every other branch. Overwrites x and spare [n].
float select(float * x, int64_t n, int64_t rank, float * spare) {
    // An infinite pivot has no neighbour to stop at: when nothing more falls away, all are that infinity.
    for (int64_t before = n + 1; n < before;) {
        before                = n;
        const float   pivot   = middle_of(x[0], x[n / 2], x[n - 1]);
        int64_t       through = 0;  // how many are not greater
        const int64_t less    = collect(x, n, { -inf, std::nextafter(pivot, -inf) }, spare, through);
        if (rank < less) {
            std::swap(x, spare);
            n = less;
            continue;
        }
        n = collect(x, n, { std::nextafter(pivot, inf), inf }, x, through);
        if (rank < through) {
            return pivot;
        }
        rank -= through;
    }
    return x[0];
}

}  // namespace

const Bracket all_numbers{ -inf, inf };

Sample::Sample(const float * x, int64_t n) {
    for (int64_t i = stride_of(n) / 2; n > few && i < n; i += stride_of(n)) {
        values[count++] = x[i];
    }
}

Bracket guess(Sample sample, int64_t n, int64_t rank) {
    if (sample.count == 0) {
        return all_numbers;
    }
    const int64_t stride = stride_of(n);
    float         scratch[Sample::most], spare[Sample::most];
    int64_t       ignored = 0;
    const int64_t count   = collect(sample.values, sample.count, all_numbers, sample.values, ignored);
    // three standard deviations of a rank in the sample, as they are at the median, where they are largest
    const auto    margin = static_cast<int64_t>(1.5 * std::sqrt(count));
    const int64_t low = rank / stride - margin, high = rank / stride + margin;
    const auto    nth = [&](int64_t sample_rank) {
        std::copy_n(sample.values, count, scratch);
        return select(scratch, count, sample_rank, spare);
    };
    return { low >= 0 && low < count ? nth(low) : -inf, high < count ? nth(high) : inf };
}

float element(const float * x, int64_t n, int64_t rank, float * scratch) {
    const float * from  = x;
    const int64_t whole = rank;
    int64_t       count = n, below = 0;
    bool          shrinks = true, found = true;  // found: what is sought is among from [count]
    while (shrinks && found && count > few) {
        const int64_t inside = collect(from, count, guess(Sample(from, count), count, rank), scratch, below);
        shrinks              = inside < count / 2;
        from                 = scratch;
        count                = inside;
        rank -= below;
        found = rank >= 0 && rank < count;
    }
    if (from == x || !found) {
        rank  = whole;
        count = collect(x, n, all_numbers, scratch, below);
    }
    return rank < count ? select(scratch, count, rank, scratch + n) : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace sae4j
