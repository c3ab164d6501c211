// What patches do to the predictions: logits in blocks of whole runs, each reduced against the base run at once.
#pragma once

#include "model/model.h"
#include "sae4j.h"
#include "study/reduction.h"

#include <optional>
#include <vector>

namespace sae4j {

class Session;

class PatchEffects {
  public:
    // tokens: those from position t on, n_tokens of them. The first run that is added is the base.
    PatchEffects(Session & session, const Model & model, const sae4j_patches & patches, const int32_t * tokens,
                 int64_t n_tokens);

    // ln_final.hook_normalized of the next count runs. [count · future, n_embd]
    void add(const float * normalized, int64_t count);

  private:
    void add_block(const float * normalized, int64_t count);
    void find_top(int64_t count, const float * logits);
    void conclude(int64_t i, const float * logits);

    Session &               session_;
    const Model &           model_;
    const sae4j_patches &   wanted_;
    const int32_t *         tokens_;
    int64_t                 n_tokens_;
    int64_t                 future_;
    int64_t                 n_vocab_;
    int64_t                 seen_ = -1;  // patches concluded; the base comes before the first
    float *                 base_;       // logits [future, V]
    float *                 base_p_;     // exp(logit − max of the row) [future, V]
    std::optional<BaseRows> base_rows_;

    // Of the patches of a block.
    std::vector<std::vector<RowChange>> changes_;    // [future] each
    std::vector<std::vector<int32_t>>   up_, down_;  // [n_top] each
};

}  // namespace sae4j
