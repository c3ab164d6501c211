// Every level of the vector kernels that this CPU can run against the scalar twin, and the twin against the formulas.
#include "kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace sae4j;

namespace {

int         failures = 0;
std::string context;  // what is being tested, for the message

void report(const char * file, int line, const char * what, double got, double expected, double tolerance) {
    if (++failures > 50) {
        return;
    }
    std::printf("%s:%d: %s: %s: got %.9g, expected %.9g, tolerance %.3g\n", file, line, context.c_str(), what, got,
                expected, tolerance);
}

// Equal within the tolerance; NaN equals NaN and an infinity itself.
bool near(double got, double expected, double tolerance) {
    if (std::isnan(expected)) {
        return std::isnan(got);
    }
    return got == expected || std::fabs(got - expected) <= tolerance;
}

#define CHECK(condition)                                     \
    do {                                                     \
        if (!(condition))                                    \
            report(__FILE__, __LINE__, #condition, 0, 1, 0); \
    } while (0)

#define CHECK_NEAR(got, expected, tolerance)                                         \
    do {                                                                             \
        const double got_ = (got), expected_ = (expected), tolerance_ = (tolerance); \
        if (!near(got_, expected_, tolerance_))                                      \
            report(__FILE__, __LINE__, #got, got_, expected_, tolerance_);           \
    } while (0)

constexpr float  inf     = std::numeric_limits<float>::infinity();
constexpr float  nan_f32 = std::numeric_limits<float>::quiet_NaN();
constexpr float  denorm  = std::numeric_limits<float>::denorm_min();
constexpr float  biggest = std::numeric_limits<float>::max();
constexpr double ulp     = 1.1920929e-7;

const std::vector<size_t> sizes = { 0,  1,  2,  3,  4,  5,   7,   8,   9,   15,  16,  17,  23,  31,   32,   33,
                                    47, 63, 64, 65, 96, 100, 127, 128, 129, 192, 255, 257, 768, 1000, 4095, 10007 };

std::mt19937 random_engine(7);

// n numbers that start one element off any alignment, in memory of just their size so that a sanitizer sees overruns.
template <typename T> struct Buffer {
    explicit Buffer(size_t n, T fill = T()) : n(n), memory(n + 1, fill) {}

    T * data() { return memory.data() + 1; }

    const T * data() const { return memory.data() + 1; }

    T & operator[](size_t i) { return memory[i + 1]; }

    const T & operator[](size_t i) const { return memory[i + 1]; }

    size_t         n;
    std::vector<T> memory;
};

Buffer<float> normal(size_t n, float deviation = 1, float mean = 0) {
    std::normal_distribution<float> distribution(mean, deviation);
    Buffer<float>                   x(n);
    for (size_t i = 0; i < n; ++i) {
        x[i] = distribution(random_engine);
    }
    return x;
}

Buffer<float> copy_of(std::initializer_list<float> values) {
    Buffer<float> x(values.size());
    size_t        i = 0;
    for (float v : values) {
        x[i++] = v;
    }
    return x;
}

bool same_bits(float a, float b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

struct Activation {
    const char * name;
    void (*Kernels::*kernel)(float *, size_t);
    double (*f64)(double);
    double at_minus_inf, at_inf;
};

const Activation activations[] = {
    { "gelu", &Kernels::gelu,
      [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x))); },
      0, INFINITY },
    { "gelu_erf", &Kernels::gelu_erf, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }, 0, INFINITY },
    { "quick_gelu", &Kernels::quick_gelu, [](double x) { return x / (1 + std::exp(-1.702 * x)); }, 0, INFINITY },
    { "silu", &Kernels::silu, [](double x) { return x / (1 + std::exp(-x)); }, 0, INFINITY },
    { "relu", &Kernels::relu, [](double x) { return x > 0 ? x : 0; }, 0, INFINITY },
    { "tanh", &Kernels::tanh, [](double x) { return std::tanh(x); }, -1, 1 },
};

void test_activation(const Kernels & k, const Activation & a) {
    context              = std::string(k.level) + " " + a.name;
    const auto    kernel = k.*a.kernel;
    Buffer<float> line(40001);  // -20 ... 20
    for (size_t i = 0; i < line.n; ++i) {
        line[i] = static_cast<float>(i) * 1e-3f - 20;
    }
    Buffer<float> y = line;
    kernel(y.data(), y.n);
    for (size_t i = 0; i < y.n; ++i) {
        CHECK_NEAR(y[i], a.f64(line[i]), 2e-7 * std::fmax(1, std::fabs(line[i])));
    }
    for (float v : { 1e-6f, 1e-3f, 0.1f, 0.6f, 0.7f, 2.0f, 4.0f }) {  // small results keep their digits as well
        Buffer<float> x = copy_of({ v, -v });
        kernel(x.data(), 2);
        CHECK_NEAR(x[0], a.f64(v), 1e-6 * std::fabs(a.f64(v)));
        CHECK_NEAR(x[1], a.f64(-v), 2e-6 * std::fabs(a.f64(-v)));
    }
    for (size_t n : sizes) {
        const Buffer<float> x   = normal(n, 3);
        Buffer<float>       got = x, expected = x;
        kernel(got.data(), n);
        (scalar_kernels().*a.kernel)(expected.data(), n);
        for (size_t i = 0; i < n; ++i) {
            CHECK_NEAR(got[i], expected[i], 2e-7 * std::fmax(1, std::fabs(x[i])));
        }
    }
    for (float v : { 80.0f, 1e4f, 1e13f, 1e30f, biggest, inf }) {
        Buffer<float> x = copy_of({ v, -v });
        kernel(x.data(), 2);
        CHECK(x[0] == (a.at_inf == 1 ? 1 : v));
        CHECK_NEAR(x[1], a.at_minus_inf, 1e-30);
    }
    Buffer<float> odd = copy_of({ denorm, -denorm, 0.0f, -0.0f, nan_f32 });
    kernel(odd.data(), odd.n);
    CHECK_NEAR(odd[0], 0, denorm);
    CHECK_NEAR(odd[1], 0, denorm);
    CHECK(same_bits(odd[2], 0.0f) && same_bits(odd[3], -0.0f) && std::isnan(odd[4]));
}

void test_affine(const Kernels & k) {
    context = std::string(k.level) + " affine";
    for (size_t d : sizes) {
        const Buffer<float> x = normal(d), weight = normal(d), bias = normal(d);
        Buffer<float>       got(d), expected(d);
        k.affine(x.data(), weight.data(), bias.data(), d, got.data());
        scalar_kernels().affine(x.data(), weight.data(), bias.data(), d, expected.data());
        for (size_t i = 0; i < d; ++i) {
            CHECK_NEAR(got[i], expected[i], ulp * (std::fabs(x[i] * weight[i]) + std::fabs(bias[i])));
        }
    }
}

void test_layer_norm(const Kernels & k) {
    context = std::string(k.level) + " layer_norm";
    for (size_t d : sizes) {
        if (d == 0) {
            continue;
        }
        for (float mean : { 0.0f, 3.0f, -300.0f }) {
            const Buffer<float> x = normal(d, 2, mean), weight = normal(d), bias = normal(d);
            for (bool given : { false, true }) {
                const float * w = given ? weight.data() : nullptr;
                const float * b = given ? bias.data() : nullptr;
                Buffer<float> got(d), expected(d), in_place = x;
                k.layer_norm(x.data(), w, b, 1e-5f, d, got.data());
                k.layer_norm(in_place.data(), w, b, 1e-5f, d, in_place.data());
                scalar_kernels().layer_norm(x.data(), w, b, 1e-5f, d, expected.data());
                Buffer<float> in_steps(d);
                k.layer_norm(x.data(), nullptr, nullptr, 1e-5f, d, in_steps.data());
                if (given) {
                    k.affine(in_steps.data(), w, b, d, in_steps.data());
                }
                for (size_t i = 0; i < d; ++i) {
                    // the mean rounded to f32 moves x - mean by up to half an ulp of it
                    const double size = (std::fabs(mean) + 10) * (w ? std::fabs(w[i]) : 1) + 2;
                    CHECK_NEAR(got[i], expected[i], (d < 8 ? 30 : 1) * ulp * size);
                    CHECK(same_bits(in_place[i], got[i]));
                    CHECK(same_bits(in_steps[i], got[i]));
                }
            }
        }
    }
    Buffer<float> flat(33, 5.0f), y(33);  // no variance: eps keeps it finite
    k.layer_norm(flat.data(), nullptr, nullptr, 1e-5f, 33, y.data());
    CHECK(y[0] == 0 && y[32] == 0);
    Buffer<float> two = copy_of({ 1, 3 }), z(2);
    k.layer_norm(two.data(), nullptr, nullptr, 0, 2, z.data());
    CHECK_NEAR(z[0], -1, ulp);
    CHECK_NEAR(z[1], 1, ulp);
    Buffer<float> large = copy_of({ 1e30f, -1e30f, 1e30f, -1e30f }), u(4);  // squares overflow f32, not f64
    k.layer_norm(large.data(), nullptr, nullptr, 1e-5f, 4, u.data());
    CHECK_NEAR(u[0], 1, 2 * ulp);
}

void test_max(const Kernels & k) {
    context = std::string(k.level) + " max";
    for (size_t n : sizes) {
        Buffer<float> x = normal(n, 10, -50);
        CHECK(k.max(x.data(), n) == scalar_kernels().max(x.data(), n));
        for (size_t i = 0; i < n; i += 1 + n / 9) {
            Buffer<float> peak = x;
            peak[i]            = 1e4f;
            peak[(i + 1) % n]  = n > 1 ? nan_f32 : 1e4f;
            CHECK(k.max(peak.data(), n) == 1e4f);
        }
    }
}

void test_softmax(const Kernels & k) {
    context = std::string(k.level) + " softmax";
    for (size_t n : sizes) {
        for (float scale : { 0.125f, 1.0f, 0.3f }) {
            Buffer<float> x = normal(n, 8);
            if (n > 4) {
                x[n / 2] = x[n - 1] = -inf;  // a causal mask's entries
            }
            const float   top = scalar_kernels().max(x.data(), n);
            Buffer<float> got = x, expected = x;
            const float   sum          = k.softmax(got.data(), n, scale);
            const float   sum_expected = scalar_kernels().softmax(expected.data(), n, scale);
            CHECK_NEAR(sum, sum_expected, 2e-6 * sum_expected);
            for (size_t i = 0; i < n; ++i) {
                // the exponent, rounded to f32, costs in proportion to its size; none where x is -inf
                const double exponent = x[i] == -inf ? 0 : scale * (top - x[i]);
                CHECK_NEAR(got[i], expected[i], expected[i] * ulp * (4 + exponent) + denorm);
            }
        }
    }
    Buffer<float> far = copy_of({ 1e4f, -1e4f, 1e4f });
    k.softmax(far.data(), 3, 1);
    CHECK(far[0] == 0.5f && far[1] == 0 && far[2] == 0.5f);
    for (float bad : { nan_f32, inf }) {
        Buffer<float> x = copy_of({ 1, bad, 2 });
        k.softmax(x.data(), 3, 1);
        CHECK(std::isnan(x[0] + x[1] + x[2]));
    }
    Buffer<float> masked(19, -inf);
    k.softmax(masked.data(), 19, 1);
    CHECK(std::isnan(masked[0]) && std::isnan(masked[18]));
}

void test_exp(const Kernels & k) {
    context = std::string(k.level) + " exp";
    for (float v = 0; v > -110; v -= 0.00137f) {
        const Buffer<float> x = copy_of({ v });
        Buffer<float>       p(1);
        Lse                 zero{ 0, 0, 0 };
        k.lse_update(x.data(), 1, 1, zero, p.data());
        const double expected = std::exp(static_cast<double>(v));
        CHECK_NEAR(p[0], expected, 2 * ulp * expected + denorm);
        CHECK_NEAR(zero.sum, p[0], ulp * p[0] + denorm);
    }
}

void test_lse(const Kernels & k) {
    context = std::string(k.level) + " lse_update";
    for (size_t n : sizes) {
        const Buffer<float> x = normal(n, 5);
        for (size_t tile : { n + 1, size_t(1), size_t(13), size_t(64) }) {
            if (tile < 13 && n > 300) {
                continue;
            }
            Lse got, expected, backwards;
            for (size_t i = 0; i < n; i += tile) {
                k.lse_update(x.data() + i, std::min(tile, n - i), 100 + static_cast<int64_t>(i), got, nullptr);
            }
            for (size_t i = (n + tile - 1) / tile; i-- > 0;) {
                k.lse_update(x.data() + i * tile, std::min(tile, n - i * tile), 100 + static_cast<int64_t>(i * tile),
                             backwards, nullptr);
            }
            scalar_kernels().lse_update(x.data(), n, 100, expected, nullptr);
            CHECK(got.max == expected.max && got.argmax == expected.argmax);
            CHECK(backwards.max == expected.max && backwards.argmax == expected.argmax);
            CHECK_NEAR(got.sum, expected.sum, 4e-7 * expected.sum);
            CHECK_NEAR(backwards.sum, expected.sum, 4e-7 * expected.sum);
        }
    }
    Buffer<float> ties(5000, 1.0f);
    ties[4300] = ties[17] = ties[4999] = 2.0f;
    Lse tied, swapped;
    k.lse_update(ties.data(), 5000, 0, tied, nullptr);
    CHECK(tied.argmax == 17 && tied.max == 2);
    k.lse_update(ties.data() + 1000, 4000, 1000, swapped, nullptr);
    k.lse_update(ties.data(), 1000, 0, swapped, nullptr);
    CHECK(swapped.argmax == 17 && swapped.max == 2);
    CHECK_NEAR(swapped.sum, 3 + 4997 * std::exp(-1.0), 1e-3);

    for (float scale : { 80.0f, 1e4f }) {  // nothing overflows
        Buffer<float> x = copy_of({ -scale, scale, 0, scale });
        Lse           lse;
        k.lse_update(x.data(), 4, 0, lse, nullptr);
        CHECK(lse.max == scale && lse.argmax == 1);
        CHECK_NEAR(lse.sum, 2, 1e-6);
    }
    Buffer<float> nothing(21, -inf), then = copy_of({ -inf, 3 });
    Lse           lse;
    k.lse_update(nothing.data(), 0, 7, lse, nullptr);
    CHECK(lse.argmax == -1 && lse.sum == 0);
    k.lse_update(nothing.data(), 21, 7, lse, nullptr);
    CHECK(lse.max == -inf && lse.sum == 0 && lse.argmax == 7);
    k.lse_update(then.data(), 2, 28, lse, nullptr);
    CHECK(lse.max == 3 && lse.argmax == 29);
    CHECK_NEAR(lse.sum, 1, ulp);
    Buffer<float> broken = copy_of({ nan_f32, 1 });
    k.lse_update(broken.data(), 2, 30, lse, nullptr);
    CHECK(std::isnan(lse.sum) && lse.max == 3);
}

// The exponentials that lse_update leaves: of the new maximum, whatever the state was before.
void test_lse_exponentials(const Kernels & k) {
    context = std::string(k.level) + " lse_update, exponentials";
    for (size_t n : sizes) {
        for (float before : { -inf, 0.0f, 100.0f }) {
            Buffer<float> x = normal(n, 10);
            if (n > 3) {
                x[n / 2] = -inf;
            }
            Buffer<float> p(n, nan_f32);
            Lse           got{ before, before == -inf ? 0.0 : 2.0, 0 }, expected = got;
            k.lse_update(x.data(), n, 50, got, p.data());
            k.lse_update(x.data(), n, 50, expected, nullptr);
            CHECK(got.max == expected.max && got.argmax == expected.argmax);
            CHECK_NEAR(got.sum, expected.sum, 1e-7 * expected.sum);
            for (size_t i = 0; i < n; ++i) {
                const double exact = std::exp(static_cast<double>(x[i]) - got.max);
                CHECK_NEAR(p[i], exact, (3 + got.max - std::fmax(x[i], -150.0f)) * ulp * exact + denorm);
            }
        }
    }
    const Buffer<float> nothing(21, -inf), broken = copy_of({ nan_f32, 1 });
    Buffer<float>       p(21, nan_f32), q(2);
    Lse                 empty, bad;
    k.lse_update(nothing.data(), 21, 0, empty, p.data());
    CHECK(p[0] == 0 && p[20] == 0);
    k.lse_update(broken.data(), 2, 0, bad, q.data());
    CHECK(std::isnan(q[0]) && q[1] == 1);
}

// A sum in which one number outweighs all others keeps the others.
void test_lse_peaked(const Kernels & k) {
    context               = std::string(k.level) + " lse_update, peaked";
    const Buffer<float> x = normal(50257, 1);
    Buffer<float>       y = x;
    y[31000]              = 20;
    Lse got, expected;
    k.lse_update(y.data(), y.n, 0, got, nullptr);
    scalar_kernels().lse_update(y.data(), y.n, 0, expected, nullptr);
    CHECK_NEAR(got.sum, expected.sum, 1e-10);
}

void test_lse_merge() {
    context               = "lse_merge";
    const Buffer<float> x = normal(1000, 5);
    Lse                 whole;
    scalar_kernels().lse_update(x.data(), 1000, 0, whole, nullptr);
    for (size_t cut : { size_t(0), size_t(1), size_t(500), size_t(1000) }) {
        Lse a, b, ba;
        scalar_kernels().lse_update(x.data(), cut, 0, a, nullptr);
        scalar_kernels().lse_update(x.data() + cut, 1000 - cut, static_cast<int64_t>(cut), b, nullptr);
        ba = b;
        lse_merge(ba, a);
        lse_merge(a, b);
        CHECK(a.max == whole.max && a.argmax == whole.argmax && ba.max == whole.max && ba.argmax == whole.argmax);
        CHECK_NEAR(a.sum, whole.sum, 1e-12 * whole.sum);
        CHECK_NEAR(ba.sum, whole.sum, 1e-12 * whole.sum);
    }
    Lse left{ 1, 2, 5 }, right{ 1, 3, 4 };
    lse_merge(left, right);
    CHECK(left.max == 1 && left.sum == 5 && left.argmax == 4);
    Lse empty, masked{ -inf, 0, 9 };
    lse_merge(empty, masked);
    CHECK(empty.argmax == 9 && empty.sum == 0);
}

void test_cross(const Kernels & k) {
    context = std::string(k.level) + " cross_update";
    for (size_t n : sizes) {
        const Buffer<float> a = normal(n, 5), b = normal(n, 5);
        const float         max_a = scalar_kernels().max(a.data(), n);
        double              size  = 0;
        for (size_t i = 0; i < n; ++i) {
            size += std::exp(a[i] - max_a) * std::fabs(a[i] - b[i]);
        }
        Buffer<float> p(n), p_expected(n);
        Lse           lse, lse_expected;
        k.lse_update(a.data(), n, 0, lse, p.data());
        scalar_kernels().lse_update(a.data(), n, 0, lse_expected, p_expected.data());
        CHECK_NEAR(k.cross_update(p.data(), a.data(), b.data(), n),
                   scalar_kernels().cross_update(p_expected.data(), a.data(), b.data(), n), 4e-7 * size);
    }
    // -inf logits: no probability, no term; but probability where b has none is infinitely wrong
    const Buffer<float> a = copy_of({ -inf, -inf, 1 }), b = copy_of({ -inf, 3, 2 }), c = copy_of({ 0, 0, -inf });
    const Buffer<float> p = copy_of({ 0, 0, 1 }), bad = copy_of({ nan_f32, 0, 0 });
    CHECK_NEAR(k.cross_update(p.data(), a.data(), b.data(), 3), -1, ulp);
    CHECK(k.cross_update(p.data(), a.data(), c.data(), 3) == inf);
    CHECK(std::isnan(k.cross_update(bad.data(), bad.data(), c.data(), 2)));
}

// KL of two rows of logits as the head computes it, large and small, against f64.
Buffer<float> exponentials_of(const Buffer<float> & a, float max) {
    Buffer<float> p(a.n);
    for (size_t i = 0; i < a.n; ++i) {
        p[i] = std::exp(a[i] - max);
    }
    return p;
}

void test_kl(const Kernels & k) {
    context        = std::string(k.level) + " kl";
    const size_t n = 50257;
    for (float difference : { 3.0f, 1e-1f, 1e-3f, 1e-5f }) {
        const Buffer<float> p = normal(n, 4), noise = normal(n, difference);
        Buffer<float>       q = p;
        for (size_t i = 0; i < n; ++i) {
            q[i] += noise[i];
        }
        double zp = 0, zq = 0, exact = 0;
        for (size_t i = 0; i < n; ++i) {
            zp += std::exp(static_cast<double>(p[i]));
            zq += std::exp(static_cast<double>(q[i]));
        }
        const double shift = std::log(zq) - std::log(zp);
        for (size_t i = 0; i < n; ++i) {
            const double t = static_cast<double>(q[i]) - p[i] - shift;
            exact += std::exp(static_cast<double>(p[i])) / zp * (std::expm1(t) - t);
        }
        Lse           a, b;
        Buffer<float> exponentials(n), gap(n);
        k.lse_update(p.data(), n, 0, a, exponentials.data());
        k.lse_update(q.data(), n, 0, b, nullptr);
        const double lse_a = a.max + std::log(a.sum), lse_b = b.max + std::log(b.sum);
        const double cross = k.cross_update(exponentials.data(), p.data(), q.data(), n) / a.sum - lse_a + lse_b;
        CHECK_NEAR(cross, exact, 1e-7 + 1e-6 * exact);
        for (double off : { 0.0, 0.9, -5.0 }) {  // a reference that is not the mean costs digits
            const auto          reference = static_cast<float>(lse_b - lse_a + off * difference);
            const RowDifference found =
                k.compare_rows(exponentials.data(), p.data(), q.data(), n, a.max, reference, -inf, inf, gap.data());
            const double linear = found.linear / a.sum, beyond = found.beyond / a.sum, all = 1 + linear + beyond;
            const double rise = std::log1p(linear + beyond);
            CHECK_NEAR(rise - linear, exact, 1e-6 * (linear * linear + beyond) / all + 1e-13);
            CHECK_NEAR(reference + rise, shift, 1e-6 * (difference + std::fabs(linear) + beyond) / all);
        }
    }
}

bool agree(double got, double expected, double size) {
    return got == expected || (std::isnan(got) && std::isnan(expected)) || std::fabs(got - expected) <= 1e-5 * size;
}

void check_rows(const Kernels & k, const Buffer<float> & a, const Buffer<float> & b, float reference, float low,
                float high) {
    const size_t        n   = a.n;
    const float         top = scalar_kernels().max(a.data(), n);
    const Buffer<float> p   = exponentials_of(a, top);
    Buffer<float>       got_middle(n), middle(n);
    const RowDifference got =
        k.compare_rows(p.data(), a.data(), b.data(), n, top, reference, low, high, got_middle.data());
    const RowDifference expected =
        scalar_kernels().compare_rows(p.data(), a.data(), b.data(), n, top, reference, low, high, middle.data());
    double size = 0;
    for (size_t i = 0; i < n; ++i) {
        size += p[i] * std::fabs(b[i] - a[i] - reference);
    }
    CHECK(agree(got.linear, expected.linear, size));
    // its terms are f32, and e^u - 1 - u a third of e^u, whose exponent is the difference of numbers up to 40
    CHECK(agree(got.beyond, expected.beyond, 3 * expected.beyond + 1e-30));
    CHECK(agree(got.l1, expected.l1, expected.l1));
    CHECK(agree(got.sum, expected.sum, expected.l1));
    CHECK(agree(got.squares, expected.squares, expected.squares));
    CHECK(got.below == expected.below && got.between == expected.between);
    for (size_t i = 0; i < expected.between; ++i) {
        CHECK(same_bits(got_middle[i], middle[i]));
    }
}

void test_compare_rows(const Kernels & k) {
    context                   = std::string(k.level) + " compare_rows";
    const float brackets[][2] = { { -inf, inf }, { -1, 1 }, { 0.5, 0.5 }, { -inf, 0 }, { 0, inf }, { 1, -1 } };
    for (size_t n : sizes) {
        for (auto & bracket : brackets) {
            for (float size : { 0.3f, 5.0f }) {
                const Buffer<float> a = normal(n, 5);
                Buffer<float>       b = normal(n, size);
                for (size_t i = 0; i < n; ++i) {
                    b[i] = i % 4 == 1 ? a[i] + 0.5f : b[i] + a[i];
                }
                check_rows(k, a, b, 0.25f, bracket[0], bracket[1]);
            }
        }
    }
    for (size_t at : { 0, 40, 66 }) {  // in a block of vectors and behind the last
        const float extremes[][2] = {
            { 0, nan_f32 }, { 0, inf }, { 0, -inf }, { -inf, -inf }, { -inf, 1 }, { 0, 1e20f }
        };
        for (auto & extreme : extremes) {
            Buffer<float> a = normal(67), b = a;
            a[at] = extreme[0];
            b[at] = extreme[1];
            check_rows(k, a, b, 0, -1, 1);
        }
    }
    for (float size : { 1e-12f, 1e-22f, 1e-30f }) {  // whose squares leave f32's range, or all but leave it
        const Buffer<float> a(333, 0.0f), b = normal(333, size);
        check_rows(k, a, b, 0, -size, size);
        check_rows(k, a, b, 0, size, size);
    }
    const Buffer<float> level(200, -1e20f), raised = normal(200, 5);
    check_rows(k, level, raised, 1e20f, -1, 1);  // the same of D that is near a reference far from the bracket
    // log 2 of probability where there was none
    const Buffer<float> a = copy_of({ -inf, -inf, 1 }), b = copy_of({ -inf, 1, 1 });
    Buffer<float>       middle(3);
    const RowDifference found =
        k.compare_rows(exponentials_of(a, 1).data(), a.data(), b.data(), 3, 1, 0, 0, 0, middle.data());
    CHECK_NEAR(found.beyond, 1, ulp);
    CHECK(found.linear == 0 && found.between == 1);
}

void test_collect(const Kernels & k) {
    context = std::string(k.level) + " collect_above";
    for (size_t n : sizes) {
        for (float threshold : { -inf, -1.0f, 0.0f, 1.0f, 3.0f, inf }) {
            Buffer<float> x = normal(n);
            for (size_t i = 0; i < n; i += 3) {
                x[i] = i % 2 ? 1.0f : 0.0f;  // ties with thresholds
            }
            if (n > 20) {
                x[5] = nan_f32, x[n - 1] = nan_f32, x[7] = inf, x[8] = -inf;
            }
            Buffer<float>   values(n), values_expected(n);
            Buffer<int32_t> indices(n), indices_expected(n);
            const size_t    count = k.collect_above(x.data(), n, threshold, 1000, values.data(), indices.data());
            const size_t expected = scalar_kernels().collect_above(x.data(), n, threshold, 1000, values_expected.data(),
                                                                   indices_expected.data());
            CHECK(count == expected);
            for (size_t i = 0; i < count && i < expected; ++i) {
                CHECK(values[i] == values_expected[i] && indices[i] == indices_expected[i]);
            }
        }
    }
    const Buffer<float> x = copy_of({ 2, 1, nan_f32, 3, 1 });
    Buffer<float>       values(5);
    Buffer<int32_t>     indices(5);
    CHECK(k.collect_above(x.data(), 5, 1, 10, values.data(), indices.data()) == 2);
    CHECK(values[0] == 2 && indices[0] == 10 && values[1] == 3 && indices[1] == 13);
    CHECK(k.collect_above(x.data(), 5, nan_f32, 10, values.data(), indices.data()) == 0);
}

void test_collect_between(const Kernels & k) {
    context = std::string(k.level) + " collect_between";
    for (size_t n : sizes) {
        const float brackets[][2] = { { -inf, inf }, { -1, 1 }, { 0, 0 }, { 1, 3 }, { 1, -1 }, { inf, inf } };
        for (auto & bracket : brackets) {
            Buffer<float> x = normal(n);
            for (size_t i = 0; i < n; i += 3) {
                x[i] = i % 2 ? 1.0f : -0.0f;  // at the brackets' ends
            }
            if (n > 20) {
                x[5] = nan_f32, x[n - 1] = nan_f32, x[7] = inf, x[8] = -inf;
            }
            Buffer<float> got(n), expected(n);
            size_t        below = 77, below_expected = 77;
            const size_t  count = k.collect_between(x.data(), n, bracket[0], bracket[1], got.data(), below);
            const size_t  count_expected =
                scalar_kernels().collect_between(x.data(), n, bracket[0], bracket[1], expected.data(), below_expected);
            const size_t count_in_place = k.collect_between(x.data(), n, bracket[0], bracket[1], x.data(), below);
            CHECK(count == count_expected && count == count_in_place && below == below_expected);
            for (size_t i = 0; i < count_expected; ++i) {
                CHECK(same_bits(got[i], expected[i]) && same_bits(x[i], expected[i]));
            }
        }
    }
    const Buffer<float> x = copy_of({ 2, -1, nan_f32, 3, 1, 5 });
    Buffer<float>       out(6);
    size_t              below = 0;
    CHECK(k.collect_between(x.data(), 6, 2, 3, out.data(), below) == 2);
    CHECK(out[0] == 2 && out[1] == 3 && below == 2);
}

void test_centre(const Kernels & k) {
    context = std::string(k.level) + " centre_and_sum";
    for (size_t n : sizes) {
        Buffer<float> got = normal(n, 3, 5), expected = got;
        double        l1 = 7, squares = 7, l1_expected = 7, squares_expected = 7;
        k.centre_and_sum(got.data(), n, 4.5f, l1, squares);
        scalar_kernels().centre_and_sum(expected.data(), n, 4.5f, l1_expected, squares_expected);
        CHECK_NEAR(l1, l1_expected, 1e-13 * l1_expected);
        CHECK_NEAR(squares, squares_expected, 1e-13 * squares_expected);
        for (size_t i = 0; i < n; ++i) {
            CHECK(same_bits(got[i], expected[i]));
        }
    }
    Buffer<float> x = copy_of({ 1, -2, 1e30f });
    double        l1, squares;
    k.centre_and_sum(x.data(), 3, 1, l1, squares);
    CHECK(x[0] == 0 && x[1] == -3);
    CHECK_NEAR(squares, 1e60, 1e54);
}

void test_sums(const Kernels & k) {
    context = std::string(k.level) + " axpy, dot, sum_sq_diff";
    for (size_t n : sizes) {
        const Buffer<float> a = normal(n), b = normal(n, 1, 2);
        CHECK_NEAR(k.dot(a.data(), b.data(), n), scalar_kernels().dot(a.data(), b.data(), n), 1e-12 * (1.0 + n));
        CHECK_NEAR(k.sum_sq_diff(a.data(), b.data(), n), scalar_kernels().sum_sq_diff(a.data(), b.data(), n),
                   1e-12 * (1.0 + n));
        Buffer<float> got = b, expected = b;
        k.axpy(-1.7f, a.data(), got.data(), n);
        scalar_kernels().axpy(-1.7f, a.data(), expected.data(), n);
        for (size_t i = 0; i < n; ++i) {
            CHECK_NEAR(got[i], expected[i], 10 * ulp);
        }
    }
    Buffer<float> big(40, 1e30f);  // beyond f32 when squared
    CHECK_NEAR(k.dot(big.data(), big.data(), 40), 40e60, 1e55);
    Buffer<float> close(1000, 10000.0f), closer(1000, 10000.001f);
    const double  step = static_cast<double>(10000.001f) - 10000.0;
    CHECK_NEAR(k.sum_sq_diff(close.data(), closer.data(), 1000), 1000 * step * step, 1e-15);
}

void test_sparse_decode(const Kernels & k) {
    context        = std::string(k.level) + " sparse_decode";
    const size_t n = 50;
    for (size_t d : sizes) {
        if (d > 1000) {
            continue;
        }
        const Buffer<float> w_dec = normal(n * d), bias = normal(d);
        for (size_t count : { size_t(0), size_t(1), size_t(3), size_t(5), size_t(32) }) {
            const Buffer<float> values = normal(count);
            Buffer<int32_t>     indices(count);
            for (size_t j = 0; j < count; ++j) {
                indices[j] = static_cast<int32_t>(random_engine() % n);
            }
            for (const float * b : { bias.data(), static_cast<const float *>(nullptr) }) {
                Buffer<float> got(d, nan_f32), expected(d);
                k.sparse_decode(indices.data(), values.data(), count, w_dec.data(), b, d, got.data());
                scalar_kernels().sparse_decode(indices.data(), values.data(), count, w_dec.data(), b, d,
                                               expected.data());
                for (size_t i = 0; i < d; ++i) {
                    CHECK_NEAR(got[i], expected[i], (4.0 + count) * ulp * (2 + std::fabs(expected[i])));
                }
            }
        }
    }
}

void test_to_bf16(const Kernels & k) {
    context = std::string(k.level) + " to_bf16";

    struct {
        uint32_t f32;
        uint16_t bf16;
    } const known[] = {
        { 0x3f800000, 0x3f80 }, { 0x3f808000, 0x3f80 }, { 0x3f818000, 0x3f82 }, { 0x3f808001, 0x3f81 },  // ties to even
        { 0x7f800000, 0x7f80 }, { 0xff800000, 0xff80 }, { 0x7f7fffff, 0x7f80 }, { 0x80000000, 0x8000 },
        { 0x7f800001, 0x7fc0 }, { 0xffffffff, 0xffff }, { 0x00000001, 0x0000 }, { 0x00018000, 0x0002 },
        { 0x7fc12345, 0x7fc1 },
    };

    for (auto & pair : known) {
        float x;
        std::memcpy(&x, &pair.f32, sizeof x);
        Buffer<float>    many(37, x);
        Buffer<uint16_t> y(37);
        k.to_bf16(many.data(), 37, y.data());
        CHECK(y[0] == pair.bf16 && y[36] == pair.bf16);
    }
    for (size_t n : sizes) {
        Buffer<float>    x = normal(n, 100);
        Buffer<uint16_t> got(n), expected(n);
        k.to_bf16(x.data(), n, got.data());
        scalar_kernels().to_bf16(x.data(), n, expected.data());
        for (size_t i = 0; i < n; ++i) {
            CHECK(got[i] == expected[i]);
        }
    }
}

template <typename T> struct Format;

template <> struct Format<float> {
    static constexpr const char * name = "f32_gemm";
    static constexpr auto         gemm = &Kernels::f32_gemm;

    static Buffer<float> narrow(const Buffer<float> & x) { return x; }

    static float kept(float x) { return x; }
};

template <> struct Format<uint16_t> {
    static constexpr const char * name = "bf16_gemm";
    static constexpr auto         gemm = &Kernels::bf16_gemm;

    static Buffer<uint16_t> narrow(const Buffer<float> & x) {
        Buffer<uint16_t> y(x.n);
        scalar_kernels().to_bf16(x.data(), x.n, y.data());
        return y;
    }

    static float kept(float x) { return f32_from_bf16(bf16_from_f32(x)); }
};

template <typename T> struct Product {
    size_t                     m, n, k;
    size_t                     ldx, ldy;
    Buffer<float>              w;
    Buffer<T>                  x;
    std::vector<unsigned char> packed;

    Product(size_t m, size_t n, size_t k) :
        m(m),
        n(n),
        k(k),
        ldx(k + 3),
        ldy(n + 5),
        w(normal(n * k)),
        x(Format<T>::narrow(normal(m ? (m - 1) * ldx + k : 0))),
        packed(packed_size<T>(n, k)) {
        pack<T>(w.data(), n, k, k, packed.data());
    }

    Buffer<float> run(const Kernels & kernels, size_t n0, size_t n1, float untouched) const {
        Buffer<float> y(m ? (m - 1) * ldy + n : 0, untouched);
        multiply(kernels, n0, n1, nullptr, nullptr, y);
        return y;
    }

    void multiply(const Kernels & kernels, size_t n0, size_t n1, const float * bias, const float * residual,
                  Buffer<float> & y) const {
        (kernels.*Format<T>::gemm)(m, n0, n1, n, k, x.data(), ldx, packed.data(), bias, residual, y.data(), ldy);
    }
};

// A bias and a residual, which may be where the product goes, and nothing but the columns wanted.
template <typename T> void test_added(const Kernels & kernels, const Product<T> & p, double tolerance) {
    const Buffer<float> product = p.run(scalar_kernels(), 0, p.n, 0), bias = normal(p.n), residual = normal(product.n);
    const size_t        cut = p.n / 2 / panel() * panel();
    Buffer<float>       got(product.n, -7), in_place = residual, sum(product.n, -7), biased(product.n, -7);
    p.multiply(kernels, cut, p.n, bias.data(), residual.data(), got);
    p.multiply(kernels, cut, p.n, bias.data(), in_place.data(), in_place);
    p.multiply(kernels, cut, p.n, nullptr, residual.data(), sum);
    p.multiply(kernels, cut, p.n, bias.data(), nullptr, biased);
    for (size_t i = 0; i < got.n; ++i) {
        const size_t c = i % p.ldy;
        if (c < cut || c >= p.n) {
            CHECK(got[i] == -7 && in_place[i] == residual[i] && sum[i] == -7 && biased[i] == -7);
            continue;
        }
        CHECK_NEAR(got[i], product[i] + bias[c] + residual[i], tolerance + 1e-6);
        CHECK_NEAR(in_place[i], product[i] + bias[c] + residual[i], tolerance + 1e-6);
        CHECK_NEAR(sum[i], product[i] + residual[i], tolerance + 1e-6);
        CHECK(same_bits(got[i], biased[i] + residual[i]));
    }
}

template <typename T> void test_gemm(const Kernels & kernels) {
    // Arm's BFDOT rounds to odd: each sum is off by up to an ulp, not by half of one
    const double rounding    = sizeof(T) == 2 && std::string(kernels.level) == "neon_bf16" ? 2 : 1;
    const size_t shapes[][3] = {
        { 0, 64, 32 },   { 1, 1, 1 },     { 1, 64, 2 },     { 3, 65, 7 },     { 6, 63, 33 },
        { 7, 192, 192 }, { 13, 193, 97 }, { 17, 300, 768 }, { 5, 130, 1537 }, { 300, 70, 40 },
        { 9, 10, 0 },    { 2, 128, 769 }, { 11, 77, 3072 }, { 12, 1000, 64 }, { 300, 70, 1600 }
    };
    for (auto & s : shapes) {
        const Product<T> p(s[0], s[1], s[2]);
        context = std::string(kernels.level) + " " + Format<T>::name + " " + std::to_string(p.m) + "x" +
                  std::to_string(p.n) + "x" + std::to_string(p.k);
        const Buffer<float> got = p.run(kernels, 0, p.n, -7), expected = p.run(scalar_kernels(), 0, p.n, -7);
        const double        tolerance = 2e-6 * std::sqrt(static_cast<double>(p.k)) + 1e-6 * p.k * 0.05;
        for (size_t i = 0; i < got.n; ++i) {
            CHECK_NEAR(got[i], expected[i], rounding * tolerance);
        }

        test_added(kernels, p, rounding * tolerance);

        // columns in two parts give the same bits, and touch nothing else
        const size_t        cut  = p.n / 2 / panel() * panel();
        const Buffer<float> left = p.run(kernels, 0, cut, -7), right = p.run(kernels, cut, p.n, -7);
        for (size_t r = 0; r < p.m; ++r) {
            for (size_t c = 0; c < p.ldy && r * p.ldy + c < got.n; ++c) {
                const size_t i = r * p.ldy + c;
                CHECK(same_bits(left[i], c < cut ? got[i] : -7));
                CHECK(same_bits(right[i], c >= cut && c < p.n ? got[i] : -7));
            }
        }
        // and so do the rows one by one
        for (size_t r = 0; r < p.m; r += 1 + p.m / 5) {
            Buffer<float> row(p.n);
            (kernels.*Format<T>::gemm)(1, 0, p.n, p.n, p.k, p.x.data() + r * p.ldx, p.ldx, p.packed.data(), nullptr,
                                       nullptr, row.data(), p.n);
            for (size_t c = 0; c < p.n; ++c) {
                CHECK(same_bits(row[c], got[r * p.ldy + c]));
            }
        }
    }
    // an infinite or NaN weight shows in its column alone
    context = std::string(kernels.level) + " " + Format<T>::name + " extremes";
    Product<T> p(4, 70, 9);
    p.w[3 * 9 + 8]  = nan_f32;
    p.w[66 * 9 + 8] = inf;
    pack<T>(p.w.data(), 70, 9, 9, p.packed.data());
    const Buffer<float> y = p.run(kernels, 0, 70, 0);
    for (size_t r = 0; r < 4; ++r) {
        for (size_t c = 0; c < 70; ++c) {
            const float v = y[r * p.ldy + c];
            CHECK(c == 3 ? std::isnan(v) : c == 66 ? std::isinf(v) : std::isfinite(v));
        }
    }
}

template <typename T> void test_pack() {
    context                      = std::string("pack for ") + Format<T>::name;
    const size_t               n = 150, k = 37, ld = 41, padded_k = sizeof(T) == 2 ? 38 : 37;
    const Buffer<float>        w = normal(n * ld);
    std::vector<unsigned char> whole(packed_size<T>(n, k)), slabs(whole.size());
    CHECK(panel() == 64 && whole.size() == 3 * 64 * padded_k * sizeof(T));
    pack<T>(w.data(), n, k, ld, whole.data());
    pack<T>(w.data(), 64, k, ld, slabs.data());
    pack<T>(w.data() + 64 * ld, n - 64, k, ld, slabs.data() + packed_size<T>(64, k));
    CHECK(whole == slabs);
    for (size_t r : { size_t(0), size_t(5), size_t(63), size_t(64), size_t(149) }) {
        Buffer<float> out(k);
        unpack_row<T>(whole.data(), k, r, out.data());
        for (size_t i = 0; i < k; ++i) {
            CHECK(out[i] == Format<T>::kept(w[r * ld + i]));
        }
    }
}

void test_level(const Kernels & k) {
    for (const Activation & a : activations) {
        test_activation(k, a);
    }
    test_affine(k);
    test_layer_norm(k);
    test_max(k);
    test_softmax(k);
    test_exp(k);
    test_lse(k);
    test_lse_exponentials(k);
    test_lse_peaked(k);
    test_cross(k);
    test_kl(k);
    test_compare_rows(k);
    test_collect(k);
    test_collect_between(k);
    test_centre(k);
    test_sums(k);
    test_sparse_decode(k);
    test_to_bf16(k);
    test_gemm<float>(k);
    test_gemm<uint16_t>(k);
}

}  // namespace

int main() {
    for (KernelLevel level : { KernelLevel::scalar, KernelLevel::generic, KernelLevel::avx2, KernelLevel::avx512,
                               KernelLevel::avx512_bf16, KernelLevel::neon, KernelLevel::neon_bf16 }) {
        const Kernels * k = kernels_at(level);
        if (!k) {
            continue;
        }
        const int before = failures;
        test_level(*k);
        std::printf("%-12s %s\n", k->level, failures == before ? "ok" : "FAILED");
    }
    test_lse_merge();
    test_pack<float>();
    test_pack<uint16_t>();
    std::printf("best here: %s; %d failures\n", kernels().level, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
