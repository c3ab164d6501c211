// What a variant's logits change against the base's, in a few numbers: sparsity of ablation effects (Gao et al. 2024,
// §4.5), KL and ΔCE.
#pragma once

#include <cstdint>
#include <vector>

namespace sae4j {

// The change of one row D = variant − base − its median.
struct RowChange {
    double l1;        // Σ|D|
    double squares;   // ΣD²
    double kl;        // from the base's prediction to the variant's
    double delta_ce;  // NaN without a next token
};

// The change of all T rows.
struct Change {
    double              sparsity;      // (Σ|D|)² / ΣD² / (V·T), NaN for D ≡ 0
    double              row_sparsity;  // the same by row, the mean of those with D ≢ 0
    double              kl, delta_ce;  // means over the rows, delta_ce of those with a next token
    std::vector<double> row_sparsities, row_kl, row_delta_ce;  // [T]
};

Change total(const std::vector<RowChange> & rows, int64_t n_vocab);

// The base's logits and what is known of them.
class BaseRows {
  public:
    // logits [T, V] stay the caller's, p too: room for as many. next_tokens: what follows row 0, 1, …; there may be
    // fewer than T.
    BaseRows(const float * logits, float * p, int64_t n_vocab, int64_t n_rows, std::vector<int32_t> next_tokens);

    // logits [V] of a variant at row tau; they become D. scratch: room for 2 V.
    RowChange compare(int64_t tau, float * logits, float * scratch) const;

  private:
    // log Σ exp(logit) of a row.
    struct LogSum {
        double sum;  // Σ exp(logit − max)
        float  max;
        double value;
    };

    LogSum log_sum(const float * logits, float * p) const;

    const float *        logits_;
    float *              p_;  // exp(logit − max of the row)
    int64_t              n_vocab_;
    std::vector<int32_t> next_tokens_;
    std::vector<LogSum>  rows_;
};

}  // namespace sae4j
