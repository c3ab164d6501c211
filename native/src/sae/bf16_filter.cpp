#include "sae/bf16_filter.h"

#include "kernels/kernels.h"

#include <cmath>
#include <vector>

namespace sae4j {

namespace {

// ‖w‖, ‖w̃‖ and ‖w̃ − w‖ of a row and its rounded form.
struct Norms {
    double exact, rounded, difference;
};

Norms norms_of(const float * w, const uint16_t * rounded, int64_t d) {
    Norms squares{};
    for (int64_t i = 0; i < d; i++) {
        const double a = w[i], b = f32_from_bf16(rounded[i]);
        squares.exact += a * a;
        squares.rounded += b * b;
        squares.difference += (b - a) * (b - a);
    }
    return { std::sqrt(squares.exact), std::sqrt(squares.rounded), std::sqrt(squares.difference) };
}

}  // namespace

bool Bf16Filter::pays(int64_t n, int64_t k) {
    return kernels().bf16_dot && n >= 16 * wanted(k);
}

Bf16Filter::Bf16Filter(Buffer<float> w, int64_t n, int64_t d, const float * factor) :
    w_(std::move(w)),
    rounded_(w_.data(), n, d, SAE4J_PRECISION_BF16),
    d_(d) {
    const double          summing = static_cast<double>(d + 4) * std::ldexp(1.0, -23);  // of d products, in f32
    std::vector<uint16_t> row(d);
    for (int64_t i = 0; i < n; i++) {
        kernels().to_bf16(w_.data() + i * d, d, row.data());
        const Norms  norms = norms_of(w_.data() + i * d, row.data(), d);
        const double scale = factor ? factor[i] : 1;
        norm_              = std::max(norm_, norms.rounded * scale);
        deviation_         = std::max(deviation_, (norms.difference + summing * norms.exact) * scale);
    }
}

int64_t Bf16Filter::bytes() const {
    return static_cast<int64_t>(w_.bytes()) + rounded_.bytes();
}

// |x̃·w̃ − x·w| = |(x̃ − x)·w̃ + x·(w̃ − w)|, by Cauchy and Schwarz.
float Bf16Filter::error(const float * x, const uint16_t * rounded) const {
    const Norms norms = norms_of(x, rounded, d_);
    return static_cast<float>((norms.difference * norm_ + norms.exact * deviation_) * 1.001);
}

float Bf16Filter::product(const float * x, int64_t i) const {
    return static_cast<float>(kernels().dot(x, w_.data() + i * d_, d_));
}

int64_t Bf16Filter::likely(Candidate * best, int64_t count, int64_t k, float error) {
    if (count < wanted(k)) {
        return -1;  // some were no numbers
    }
    std::nth_element(best, best + k - 1, best + count);
    const float kth   = best[k - 1].value;
    const float slack = std::abs(kth) * 5e-7f;  // what follows the product is rounded as well
    // The k-th largest is at least kth − error, and one that is as large may look smaller by another error. Below zero
    // nothing is kept anyway.
    const float       bound  = std::max(kth - 2 * error, -error) - slack;
    const Candidate * likely = std::partition(best, best + count, [=](auto c) { return c.value >= bound; });
    return likely < best + count ? likely - best : -1;
}

}  // namespace sae4j
