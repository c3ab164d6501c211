#include "reduction.h"

#include "kernels/kernels.h"
#include "median.h"

#include <cmath>
#include <limits>

namespace sae4j {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

BaseRows::BaseRows(const float * logits, float * p, int64_t n_vocab, int64_t n_rows, std::vector<int32_t> next_tokens) :
    logits_(logits),
    p_(p),
    n_vocab_(n_vocab),
    next_tokens_(std::move(next_tokens)) {
    for (int64_t tau = 0; tau < n_rows; tau++) {
        rows_.push_back(log_sum(logits + tau * n_vocab, p + tau * n_vocab));
    }
}

// p: NULL, or gets exp(logit − max), [V].
BaseRows::LogSum BaseRows::log_sum(const float * logits, float * p) const {
    Lse lse;
    kernels().lse_update(logits, n_vocab_, 0, lse, p);
    return { lse.sum, lse.max, static_cast<double>(lse.max) + std::log(lse.sum) };
}

RowChange BaseRows::compare(int64_t tau, float * logits, float * scratch) const {
    const LogSum & base   = rows_[tau];
    const float *  before = logits_ + tau * n_vocab_;
    const double   rise   = log_sum(logits, nullptr).value - base.value;
    RowChange      change = { 0, 0, 0, nan };
    if (tau < static_cast<int64_t>(next_tokens_.size())) {
        const int32_t next = next_tokens_[tau];
        change.delta_ce    = rise - (static_cast<double>(logits[next]) - before[next]);
    }
    change.kl =
        kernels().kl_update(p_ + tau * n_vocab_, before, logits, n_vocab_, base.max, static_cast<float>(rise), logits) /
        base.sum;
    const float median = lower_median(logits, n_vocab_, scratch);
    kernels().centre_and_sum(logits, n_vocab_, median, change.l1, change.squares);
    return change;
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
