#include "study/reduction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sae4j {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// D's sample, from that of the base.
Sample change_of(const Sample & base, const float * after, int64_t n) {
    Sample sample(after, n);
    for (int64_t i = 0; i < sample.count; i++) {
        sample.values[i] -= base.values[i];
    }
    return sample;
}

// One row of a patched run against the base's.
class RowComparison {
  public:
    // sample: of before's numbers
    RowComparison(const Lse & base, const float * p, const float * before, const Sample & sample, const float * after,
                  int64_t n, float * scratch) :
        base_(base),
        p_(p),
        before_(before),
        after_(after),
        n_(n),
        bracket_(guess(change_of(sample, after, n), n, rank())),
        middle_(scratch),
        scratch_(scratch + n) {
        // D of the likeliest token: where one token is likely, it is near the mean.
        compare(base.argmax < 0 ? 0 : after[base.argmax] - before[base.argmax]);
        if (rank() < below() || rank() >= below() + between()) {
            bracket_ = all_numbers;
            compare(reference_);
        }
        // Where it is far from it, KL is a small difference of large numbers, if not infinite ones: then the mean has
        // to be had at its price.
        if (!(linear() * linear() <= 100 * kl() && std::isfinite(kl()))) {
            Lse lse;
            kernels().lse_update(after, n, 0, lse, nullptr);
            compare(static_cast<float>(log_sum(lse) - log_sum(base)));
        }
    }

    double kl() const { return std::log1p(linear() + beyond()) - linear(); }

    // Of the log of the sum of exponentials.
    double rise() const { return reference_ + std::log1p(linear() + beyond()); }

    // Sums over D − its median: what the pass has left out is near the median, and the rest is moved there.
    void sum(double & l1, double & squares) const {
        const float  median = element(middle_, between(), rank() - below(), scratch_);
        const double move   = static_cast<double>(median) - (std::isinf(bracket_.low) ? 0 : bracket_.low);
        const auto   under = static_cast<double>(below()), outside = static_cast<double>(n_ - between());
        kernels().centre_and_sum(middle_, between(), median, l1, squares);
        l1 += found_.l1 + move * (2 * under - outside);
        squares += found_.squares - 2 * move * found_.sum + move * move * outside;
    }

  private:
    int64_t rank() const { return (n_ - 1) / 2; }

    int64_t below() const { return static_cast<int64_t>(found_.below); }

    int64_t between() const { return static_cast<int64_t>(found_.between); }

    double linear() const { return found_.linear / base_.sum; }

    double beyond() const { return found_.beyond / base_.sum; }

    void compare(float reference) {
        reference_ = reference;
        found_ =
            kernels().compare_rows(p_, before_, after_, n_, base_.max, reference, bracket_.low, bracket_.high, middle_);
    }

    const Lse &   base_;
    const float * p_;
    const float * before_;
    const float * after_;
    int64_t       n_;
    Bracket       bracket_;
    float         reference_;
    RowDifference found_;
    float *       middle_;   // D in the bracket
    float *       scratch_;  // 2 n
};

}  // namespace

BaseRows::BaseRows(float * logits, float * p, int64_t n_vocab, int64_t n_rows, std::vector<int32_t> next_tokens) :
    logits_(logits),
    p_(p),
    n_vocab_(n_vocab),
    next_tokens_(std::move(next_tokens)),
    rows_(n_rows),
    samples_(n_rows) {}

void BaseRows::set(int64_t tau, const float * logits) {
    std::copy_n(logits, n_vocab_, logits_ + tau * n_vocab_);
    kernels().lse_update(logits, n_vocab_, 0, rows_[tau], p_ + tau * n_vocab_);
    samples_[tau] = Sample(logits, n_vocab_);
}

RowChange BaseRows::compare(int64_t tau, const float * logits, float * scratch) const {
    const float *       before = logits_ + tau * n_vocab_;
    const RowComparison row(rows_[tau], p_ + tau * n_vocab_, before, samples_[tau], logits, n_vocab_, scratch);
    RowChange           change = { 0, 0, row.kl(), nan };
    row.sum(change.l1, change.squares);
    if (tau < static_cast<int64_t>(next_tokens_.size())) {
        const int32_t next = next_tokens_[tau];
        change.delta_ce    = row.rise() - (static_cast<double>(logits[next]) - before[next]);
    }
    return change;
}

void BaseRows::add_difference(int64_t tau, const float * logits, float * sum) const {
    const float * before = logits_ + tau * n_vocab_;
    for (int64_t v = 0; v < n_vocab_; v++) {
        sum[v] += logits[v] - before[v];
    }
}

Change total(const std::vector<RowChange> & rows, int64_t n_vocab) {
    Change     all = {};
    double     l1 = 0, squares = 0, sparsities = 0, kl = 0, delta_ce = 0;
    int64_t    n_changed = 0, n_targets = 0;
    const auto count = static_cast<double>(rows.size()), vocab = static_cast<double>(n_vocab);
    for (const RowChange & row : rows) {
        l1 += row.l1;
        squares += row.squares;
        kl += row.kl;
        all.row_sparsities.push_back(row.squares > 0 ? row.l1 * row.l1 / row.squares / vocab : nan);
        all.row_kl.push_back(row.kl);
        all.row_delta_ce.push_back(row.delta_ce);
        if (row.squares > 0) {
            sparsities += all.row_sparsities.back();
            n_changed++;
        }
        if (!std::isnan(row.delta_ce)) {
            delta_ce += row.delta_ce;
            n_targets++;
        }
    }
    all.sparsity     = squares > 0 ? l1 * l1 / squares / (vocab * count) : nan;
    all.row_sparsity = n_changed > 0 ? sparsities / static_cast<double>(n_changed) : nan;
    all.kl           = kl / count;
    all.delta_ce     = n_targets > 0 ? delta_ce / static_cast<double>(n_targets) : nan;
    return all;
}

}  // namespace sae4j
