// Sparsity, KL and ΔCE of logits whose answer is known beforehand, and of any logits against plain sums.
#include "check.h"
#include "study/reduction.h"

#include <algorithm>
#include <functional>

using namespace sae4j;
using namespace test;

namespace {

Random random_numbers(5);

// Base logits, and a variant's.
struct Logits {
    int64_t            n_vocab, n_rows;
    std::vector<float> base, variant;  // [n_rows, n_vocab]

    // D[row, v] = change(row, v)
    Logits(int64_t n_vocab, int64_t n_rows, double spread, const std::function<double(int64_t, int64_t)> & change) :
        n_vocab(n_vocab),
        n_rows(n_rows),
        base(random_numbers.normals(n_vocab * n_rows, spread)),
        variant(base) {
        for (size_t i = 0; i < base.size(); i++) {
            const auto at = static_cast<int64_t>(i);
            variant[i] += static_cast<float>(change(at / n_vocab, at % n_vocab));
        }
    }

    Change reduce(const std::vector<int32_t> & next_tokens = {}) const {
        std::vector<float>     rows(base.size()), p(base.size()), scratch(3 * n_vocab);
        BaseRows               before(rows.data(), p.data(), n_vocab, n_rows, next_tokens);
        std::vector<RowChange> changes;
        for (int64_t row = 0; row < n_rows; row++) {
            before.set(row, base.data() + row * n_vocab);
            changes.push_back(before.compare(row, variant.data() + row * n_vocab, scratch.data()));
        }
        return total(changes, n_vocab);
    }
};

double normal(int64_t, int64_t) {
    return random_numbers.normal();
}

double laplace(int64_t, int64_t) {
    const double u = random_numbers.uniform() - 0.5;
    return (u < 0 ? 1 : -1) * std::log(1 - 2 * std::fabs(u));
}

void test_known_distributions() {
    for (int64_t n_vocab : { 50257, 2048 }) {
        context             = "known distributions, " + std::to_string(n_vocab);
        const Change gauss  = Logits(n_vocab, 16, 2, normal).reduce();
        const Change pointy = Logits(n_vocab, 16, 2, laplace).reduce();
        CHECK_NEAR(gauss.sparsity, 2 / 3.14159265358979, 0.01);
        CHECK_NEAR(gauss.row_sparsity, 2 / 3.14159265358979, 0.01);
        CHECK_NEAR(pointy.sparsity, 0.5, 0.015);
        CHECK_NEAR(pointy.row_sparsity, 0.5, 0.015);
    }
}

void test_one_hot() {
    context            = "one-hot";
    const double vocab = 50257, rows = 16;
    const Change one = Logits(50257, 16, 1, [](int64_t r, int64_t v) { return r == 3 && v == 77 ? 0.5 : 0; }).reduce();
    CHECK_NEAR(one.sparsity, 1 / (vocab * rows), 1e-12);
    CHECK_NEAR(one.row_sparsity, 1 / vocab, 1e-12);  // of the only row that changed
    CHECK(std::isnan(one.row_sparsities[2]) && one.row_kl[2] < 1e-15 && one.row_kl[3] > 1e-7);

    context            = "one row of 16";
    const Change first = Logits(50257, 16, 1, [](int64_t r, int64_t v) { return r == 0 ? normal(r, v) : 0; }).reduce();
    CHECK_NEAR(first.sparsity, first.row_sparsity / rows, 1e-12);

    context              = "nothing";
    const Change nothing = Logits(50257, 16, 1, [](int64_t, int64_t) { return 0; }).reduce();
    CHECK(std::isnan(nothing.sparsity) && std::isnan(nothing.row_sparsity) && nothing.kl < 1e-15);
}

// Whole numbers on whole numbers: no rounding, so a shift of a row must change nothing at all.
void test_shift() {
    for (int64_t n_vocab : { 1000, 1001 }) {
        context = "shift, " + std::to_string(n_vocab);
        const Logits some(n_vocab, 4, 0, [](int64_t, int64_t) { return random_numbers.below(9) - 2; });
        Logits       shifted = some;
        for (int64_t i = 0; i < 4 * n_vocab; i++) {
            shifted.variant[i] += static_cast<float>(100 * (i / n_vocab) - 50);
        }
        const std::vector<int32_t> next{ 5, 6, 7 };
        const Change               a = some.reduce(next), b = shifted.reduce(next);
        CHECK(a.sparsity == b.sparsity && a.row_sparsities == b.row_sparsities);
        CHECK_NEAR(a.kl, b.kl, 1e-6 * a.kl);
        CHECK_NEAR(a.delta_ce, b.delta_ce, 1e-6);
        CHECK(!std::isnan(a.row_delta_ce[2]) && std::isnan(a.row_delta_ce[3]));
    }
}

// Everything again in f64, sorting for the median.
struct Plain {
    double sparsity, row_sparsity, kl, delta_ce;

    Plain(const Logits & logits, const std::vector<int32_t> & next) : sparsity(0), row_sparsity(0), kl(0), delta_ce(0) {
        double l1 = 0, squares = 0;
        for (int64_t row = 0; row < logits.n_rows; row++) {
            const float *a = logits.base.data() + row * logits.n_vocab, *b = a - &logits.base[0] + &logits.variant[0];
            std::vector<double> d(logits.n_vocab);
            double              sum_a = 0, sum_b = 0, row_l1 = 0, row_squares = 0;
            for (size_t v = 0; v < d.size(); v++) {
                d[v] = static_cast<double>(b[v]) - a[v];
                sum_a += std::exp(static_cast<double>(a[v]));
                sum_b += std::exp(static_cast<double>(b[v]));
            }
            const double rise = std::log(sum_b / sum_a);
            for (size_t v = 0; v < d.size(); v++) {
                kl += std::exp(static_cast<double>(a[v])) / sum_a * (rise - d[v]);
            }
            delta_ce += rise - d[next[row]];
            std::vector<double> sorted = d;
            std::sort(sorted.begin(), sorted.end());
            for (double value : d) {
                const double centred = value - sorted[(d.size() - 1) / 2];
                row_l1 += std::fabs(centred);
                row_squares += centred * centred;
            }
            l1 += row_l1;
            squares += row_squares;
            row_sparsity += row_l1 * row_l1 / row_squares;
        }
        const auto vocab = static_cast<double>(logits.n_vocab), rows = static_cast<double>(logits.n_rows);
        sparsity = l1 * l1 / squares / (vocab * rows);
        row_sparsity /= vocab * rows;
        kl /= rows;
        delta_ce /= rows;
    }
};

void test_plainly() {
    for (int64_t n_vocab : { 1, 2, 3, 7, 8, 63, 64, 65, 1000, 2048, 5001 }) {
        for (double size : { 0.05, 1.0, 8.0 }) {
            context = "plainly, " + std::to_string(n_vocab) + ", " + std::to_string(size);
            const Logits logits(n_vocab, 5, 2, [=](int64_t r, int64_t v) { return 0.3 * size + size * normal(r, v); });
            std::vector<int32_t> next(5);
            std::generate(next.begin(), next.end(),
                          [=] { return random_numbers.below(static_cast<int32_t>(n_vocab)); });
            const Change found = logits.reduce(next);
            const Plain  wanted(logits, next);
            if (n_vocab > 1) {
                CHECK_NEAR(found.sparsity, wanted.sparsity, 1e-4 * wanted.sparsity);
                CHECK_NEAR(found.row_sparsity, wanted.row_sparsity, 1e-4 * wanted.row_sparsity);
            } else {
                CHECK(std::isnan(found.sparsity));  // one token: every change is a shift
            }
            CHECK_NEAR(found.kl, wanted.kl, 1e-4 * wanted.kl + 1e-9);
            CHECK_NEAR(found.delta_ce, wanted.delta_ce, 1e-5);
        }
    }
}

void check_plainly(const Logits & logits) {
    const std::vector<int32_t> next(logits.n_rows, 3);
    const Change               found = logits.reduce(next);
    const Plain                wanted(logits, next);
    CHECK_NEAR(found.sparsity, wanted.sparsity, 1e-5 * wanted.sparsity);
    CHECK_NEAR(found.row_sparsity, wanted.row_sparsity, 1e-5 * wanted.row_sparsity);
    CHECK_NEAR(found.kl, wanted.kl, 1e-5 * wanted.kl);
    CHECK_NEAR(found.delta_ce, wanted.delta_ce, 1e-5 + 1e-6 * std::fabs(wanted.delta_ce));
}

// The base's likeliest token changes unlike the others, so that its change says nothing of their mean.
void test_odd_first() {
    for (double size : { 1e-3, 0.1 }) {
        for (double jump : { 30 * size, -1000 * size, -300.0, 200.0 }) {
            context = "odd first, " + std::to_string(size) + ", " + std::to_string(jump);
            Logits logits(5001, 3, 1, [=](int64_t r, int64_t v) { return size * normal(r, v); });
            for (int64_t row = 0; row < logits.n_rows; row++) {
                const auto begin = logits.base.begin() + row * logits.n_vocab;
                const auto first = std::max_element(begin, begin + logits.n_vocab) - logits.base.begin();
                logits.variant[first] += static_cast<float>(jump);
            }
            check_plainly(logits);
        }
    }
}

// Of tokens that are all unlikely, one changes, and it is the one that tells where the mean is thought to be: KL is a
// small difference of large numbers unless the mean is looked for again.
void test_unlikely_first() {
    for (double jump : { -2.0, 1.0, 2.0 }) {
        context = "unlikely first, " + std::to_string(jump);
        Logits logits(50257, 3, 1e-2, [](int64_t r, int64_t v) { return 1e-3 * normal(r, v); });
        for (int64_t row = 0; row < logits.n_rows; row++) {
            const auto begin = logits.base.begin() + row * logits.n_vocab;
            logits.variant[std::max_element(begin, begin + logits.n_vocab) - logits.base.begin()] +=
                static_cast<float>(jump);
        }
        check_plainly(logits);
    }
}

// What the guess of the median sees, every so many tokens, is not what there is.
void test_odd_sample() {
    for (int64_t period : { 2, 9, 99 }) {
        for (double jump : { -4.0, 4.0 }) {
            context = "odd sample, " + std::to_string(period) + ", " + std::to_string(jump);
            check_plainly(Logits(50257, 2, 1, [=](int64_t r, int64_t v) {
                return normal(r, v) / 10 + (v % period == period / 2 ? jump : 0);
            }));
        }
    }
}

}  // namespace

int main() {
    test_known_distributions();
    test_one_hot();
    test_shift();
    test_plainly();
    test_odd_first();
    test_unlikely_first();
    test_odd_sample();
    return conclude("test_reduction");
}
