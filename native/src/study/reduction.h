// What a patched run's logits change against the base's, in a few numbers: sparsity of ablation effects (Gao et al. 2024,
// §4.5), KL and ΔCE.
#pragma once

#include "kernels/kernels.h"
#include "tensor/median.h"

#include <cstdint>
#include <vector>

namespace sae4j {

// The change of one row D = patched − base − its median.
struct RowChange {
    double l1;        // Σ|D|
    double squares;   // ΣD²
    double kl;        // from the base's prediction to the patched run's
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
    // logits and p: the caller's room for [T, V] each. next_tokens: what follows row 0, 1, …; there may be fewer than T.
    BaseRows(float * logits, float * p, int64_t n_vocab, int64_t n_rows, std::vector<int32_t> next_tokens);

    // Row tau, of its logits [V]; before it is compared with.
    void set(int64_t tau, const float * logits);

    // logits [V] of a patched run at row tau. scratch: room for 3 V.
    RowChange compare(int64_t tau, const float * logits, float * scratch) const;

    // Adds patched − base to sum [V].
    void add_difference(int64_t tau, const float * logits, float * sum) const;

  private:
    float *              logits_;
    float *              p_;  // exp(logit − max of the row)
    int64_t              n_vocab_;
    std::vector<int32_t> next_tokens_;
    std::vector<Lse>     rows_;
    std::vector<Sample>  samples_;  // of each row's logits
};

}  // namespace sae4j
