#include "study/patch_effects.h"

#include "kernels/kernels.h"
#include "model/unembed.h"
#include "runtime/graph.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "tensor/topk.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

constexpr int64_t block_rows = 192;  // rows of logits at a time, unless one patch has more
constexpr int64_t tile       = 1024;

// The count tokens whose value · sign is largest, the largest first.
std::vector<int32_t> top(const float * values, int64_t n, float sign, int64_t count) {
    std::vector<Candidate> memory(TopK::capacity(count, tile));
    std::vector<float>     signed_values(tile), found(tile);
    std::vector<int32_t>   indices(tile);
    TopK                   best(memory.data(), count);
    for (int64_t begin = 0; begin < n; begin += tile) {
        const int64_t width = std::min(tile, n - begin);
        std::transform(values + begin, values + begin + width, signed_values.begin(),
                       [=](float v) { return v * sign; });
        const size_t above = kernels().collect_above(signed_values.data(), width, best.threshold(),
                                                     static_cast<int32_t>(begin), found.data(), indices.data());
        best.push(found.data(), indices.data(), static_cast<int64_t>(above));
    }
    std::vector<Candidate> kept(best.begin(), best.end());
    std::sort(kept.begin(), kept.end());
    kept.resize(std::min<size_t>(kept.size(), count));
    std::vector<int32_t> tokens;
    for (const Candidate & candidate : kept) {
        tokens.push_back(candidate.index);
    }
    return tokens;
}

}  // namespace

PatchEffects::PatchEffects(Session & session, const Model & model, const sae4j_patches & patches,
                           const int32_t * tokens, int64_t n_tokens) :
    session_(session),
    model_(model),
    wanted_(patches),
    tokens_(tokens),
    n_tokens_(n_tokens),
    future_(patches.future),
    n_vocab_(model.shape().n_vocab),
    base_(session.arena().take<float>(future_ * n_vocab_)),
    base_p_(session.arena().take<float>(future_ * n_vocab_)) {}

void PatchEffects::add(const float * normalized, int64_t count) {
    const int64_t d = model_.shape().n_embd, most = std::max<int64_t>(1, block_rows / future_);
    const int64_t blocks = (count + most - 1) / most, step = (count + blocks - 1) / blocks;  // of even size
    for (int64_t first = 0; first < count; first += step) {
        add_block(normalized + first * future_ * d, std::min(step, count - first));
    }
}

// count whole runs [count · future, n_embd]
void PatchEffects::add_block(const float * normalized, int64_t count) {
    const Timer       timer(session_.times().unembed);
    const Arena::Mark mark(session_.arena());
    float *           logits = session_.arena().take<float>(count * future_ * n_vocab_);
    sae4j::logits(session_, model_, normalized, count * future_, logits);
    Graph graph(session_);
    if (seen_ < 0) {
        const int64_t targets = std::min(future_, n_tokens_ - 1);
        base_rows_.emplace(base_, base_p_, n_vocab_, future_, std::vector(tokens_ + 1, tokens_ + 1 + targets));
        graph.node("base", {}, base_, n_vocab_, future_, [&, logits](int ith, int nth) {
            const Slab s = slab(future_, ith, nth);
            for (int64_t tau = s.begin; tau < s.end; tau++) {
                base_rows_->set(tau, logits + tau * n_vocab_);
            }
        });
        graph.compute();
        seen_ = 0;
        logits += future_ * n_vocab_;
        count--;
    }
    changes_.assign(count, std::vector<RowChange>(future_));
    const int64_t room    = 3 * n_vocab_;
    float *       scratch = session_.arena().take<float>(session_.n_threads() * room);
    graph.node("effects", {}, logits, n_vocab_, count * future_, [&](int ith, int nth) {
        const Slab s = slab(count * future_, ith, nth);
        for (int64_t r = s.begin; r < s.end; r++) {
            changes_[r / future_][r % future_] =
                base_rows_->compare(r % future_, logits + r * n_vocab_, scratch + ith * room);
        }
    });
    graph.compute();
    find_top(count, logits);
    for (int64_t i = 0; i < count; i++) {
        conclude(i, wanted_.logits ? logits + i * future_ * n_vocab_ : nullptr);
    }
}

// The tokens whose change from the base, summed over τ, is largest and smallest. logits [count, future, V]
void PatchEffects::find_top(int64_t count, const float * logits) {
    up_.assign(count, {});
    down_.assign(count, {});
    if (wanted_.n_top == 0) {
        return;
    }
    float * sums = session_.arena().take<float>(session_.n_threads() * n_vocab_);
    Graph   graph(session_);
    graph.node("top", {}, sums, n_vocab_, session_.n_threads(), [&](int ith, int nth) {
        const Slab s = slab(count, ith, nth);
        for (int64_t i = s.begin; i < s.end; i++) {
            float * sum = sums + ith * n_vocab_;
            std::fill_n(sum, n_vocab_, 0.0f);
            for (int64_t tau = 0; tau < future_; tau++) {
                base_rows_->add_difference(tau, logits + (i * future_ + tau) * n_vocab_, sum);
            }
            up_[i]   = top(sum, n_vocab_, 1, wanted_.n_top);
            down_[i] = top(sum, n_vocab_, -1, wanted_.n_top);
        }
    });
    graph.compute();
}

// Tells of patch i of the block; logits [future, V] or NULL.
void PatchEffects::conclude(int64_t i, const float * logits) {
    const Change             change = total(changes_[i], n_vocab_);
    const sae4j_patch_effect effect{
        change.sparsity,      change.row_sparsity,        change.kl,     change.delta_ce, change.row_sparsities.data(),
        change.row_kl.data(), change.row_delta_ce.data(), up_[i].data(), down_[i].data(), logits,
    };
    const int64_t index = seen_++;
    if (!std::isfinite(change.kl) || static_cast<int32_t>(up_[i].size()) < wanted_.n_top ||
        static_cast<int32_t>(down_[i].size()) < wanted_.n_top) {
        fail(SAE4J_NOT_FINITE, "patch %lld at position %d: expected finite logits, found NaN or infinity",
             (long long) index, wanted_.position);
    }
    if (wanted_.seen(wanted_.user_data, index, &effect) != 0) {
        fail(SAE4J_STOPPED, "patch %lld: stopped the run", (long long) index);
    }
}

}  // namespace sae4j
