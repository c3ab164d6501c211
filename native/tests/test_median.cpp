// Elements of a rank, above all the lower median, against std::nth_element, on numbers that are kind to its guesses and numbers that are not.
#include "check.h"
#include "tensor/median.h"

#include <algorithm>
#include <functional>

using namespace sae4j;
using namespace test;

namespace {

Random random_numbers(11);

// In memory of just their size, so that a sanitizer sees overruns.
void check(const std::vector<float> & x) {
    const std::vector<float> before = x;
    std::vector<float>       sorted = x, scratch(2 * x.size());
    const auto               n      = static_cast<int64_t>(x.size());
    for (int64_t rank : { (n - 1) / 2, n / 50, n - 1 }) {
        const float got = element(x.data(), n, rank, scratch.data());
        std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
        CHECK_NEAR(got, sorted[rank], 0);
    }
    CHECK(x == before);
}

// n numbers, the i-th from make(i).
void check(const char * kind, size_t n, const std::function<double(size_t)> & make) {
    context = std::string(kind) + ", " + std::to_string(n);
    std::vector<float> x(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = static_cast<float>(make(i));
    }
    check(x);
}

void check_kinds(size_t n) {
    const auto normal = [](size_t) {
        return random_numbers.normal();
    };
    const auto size = static_cast<double>(n);
    check("normal", n, normal);
    check("far from zero", n, [&](size_t i) { return 1000 + 1e-3 * normal(i); });
    check("heavy tails", n, [&](size_t i) { return std::pow(normal(i), 9); });
    check("constant", n, [](size_t) { return -3; });
    check("two values", n, [](size_t) { return random_numbers.below(2); });
    check("alternating", n, [](size_t i) { return i % 2; });
    check("a few values", n, [](size_t) { return random_numbers.below(5); });
    check("mostly zero", n, [&](size_t i) { return random_numbers.uniform() < 0.9 ? 0 : normal(i); });
    check("half zero", n, [&](size_t i) { return i % 2 ? 0 : normal(i); });
    check("ascending", n, [](size_t i) { return static_cast<double>(i); });
    check("descending", n, [](size_t i) { return -static_cast<double>(i); });
    check("organ pipe", n, [=](size_t i) { return -std::fabs(static_cast<double>(i) - size / 2); });
    check("sawtooth", n, [](size_t i) { return static_cast<double>(i * 7919 % 1009); });
    check("infinite", n, [&](size_t i) { return i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : normal(i); });
    check("-inf", n, [](size_t) { return -INFINITY; });
    // What a sample of every so many sees is not what there is.
    for (size_t period : { 2, 3, 11, 26, 27, 105, 262 }) {
        for (size_t phase : { size_t(0), period / 2 }) {
            check("seldom low", n, [&](size_t i) { return i % period == phase ? -100 + normal(i) : normal(i); });
            check("seldom high", n, [&](size_t i) { return i % period == phase ? 100 + normal(i) : normal(i); });
        }
    }
    check("low half first", n, [=](size_t i) { return static_cast<double>(i) < size / 2 ? -1e6 - i : 1e6 + i; });
}

// NaN ranks last.
void check_nan() {
    for (size_t n : { 1, 2, 3, 10, 193, 1000, 50257 }) {
        for (double share : { 0.01, 0.3, 0.6, 1.0 }) {
            context              = "NaN, " + std::to_string(n);
            std::vector<float> x = random_numbers.normals(n), finite;
            for (float & v : x) {
                v = random_numbers.uniform() < share ? nan_f32 : v;
                if (!std::isnan(v)) {
                    finite.push_back(v);
                }
            }
            std::sort(finite.begin(), finite.end());
            std::vector<float> scratch(2 * n);
            const size_t       rank = (n - 1) / 2;
            const float got = element(x.data(), static_cast<int64_t>(n), static_cast<int64_t>(rank), scratch.data());
            CHECK(rank < finite.size() ? got == finite[rank] : std::isnan(got));
        }
    }
}

}  // namespace

int main() {
    for (size_t n = 1; n <= 5000; n += n < 450 ? 1 : 130 + n % 7) {  // odd and even
        check_kinds(n);
    }
    check_kinds(50257);
    check_nan();
    return conclude("test_median");
}
