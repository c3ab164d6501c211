// The head for many variants of one run: logits in blocks of whole variants, each reduced against the base at once.
#pragma once

#include "model.h"
#include "sae4j.h"

#include <vector>

namespace sae4j {

class Session;

class Effects {
  public:
    // tokens: those from position t on, n_tokens of them. reached: how many positions from t on a variant can change.
    // The first run that is added is the base.
    Effects(Session & session, const Model & model, const sae4j_variants & variants, const int32_t * tokens,
            int64_t n_tokens, int64_t reached);

    // ln_final.hook_normalized of the next count runs. [count · future, n_embd]
    void add(const float * normalized, int64_t count);

  private:
    // One row of logits, and what it changes.
    struct Row {
        double sum;  // Σ exp(logit − max)
        float  max;
        double log_sum;      // log Σ exp(logit)
        double ce;           // NaN without a next token
        double l1, squares;  // Σ|D|, ΣD²
        double kl;
    };

    void keep_unreached(int64_t count, float * logits) const;
    void add_block(const float * normalized, int64_t count);
    void head(const float * normalized, int64_t count, float * logits);
    Row  measure(const float * logits, int64_t tau) const;
    void difference(const Row & base, int64_t tau, float * logits, float * scratch, Row & row) const;
    void sum_rows(int64_t count, float * differences);
    void conclude(const float * summed, const float * logits);

    float * base_row(int64_t tau) { return base_ + tau * n_vocab_; }

    Session &              session_;
    const Model &          model_;
    const sae4j_variants & wanted_;
    const int32_t *        tokens_;
    int64_t                n_tokens_;
    int64_t                reached_;
    int64_t                future_;
    int64_t                n_vocab_;
    int64_t                seen_     = -1;  // variants concluded; the base comes before the first
    int64_t                in_block_ = 0;   // of which in the block at hand
    float *                base_;           // logits [future, V]
    std::vector<Row>       base_rows_;      // [future]
    std::vector<Row>       rows_;           // [variants of a block, future]
};

}  // namespace sae4j
