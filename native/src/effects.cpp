#include "effects.h"

#include "graph.h"
#include "kernels/kernels.h"
#include "linear.h"
#include "median.h"
#include "session.h"
#include "status.h"
#include "topk.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sae4j {

namespace {

constexpr double  nan        = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t block_rows = 128;  // rows of logits at a time, unless one variant has more
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

Effects::Effects(Session & session, const Model & model, const sae4j_variants & variants, const int32_t * tokens,
                 int64_t n_tokens, int64_t reached) :
    session_(session),
    model_(model),
    wanted_(variants),
    tokens_(tokens),
    n_tokens_(n_tokens),
    reached_(reached),
    future_(variants.future),
    n_vocab_(model.shape().n_vocab),
    base_(session.arena().take<float>(future_ * n_vocab_)) {}

void Effects::add(const float * normalized, int64_t count) {
    const int64_t d = model_.shape().n_embd, most = std::max<int64_t>(1, block_rows / future_);
    const int64_t blocks = (count + most - 1) / most, step = (count + blocks - 1) / blocks;  // of even size
    for (int64_t first = 0; first < count; first += step) {
        add_block(normalized + first * future_ * d, std::min(step, count - first));
    }
}

// count whole variants [count · future, n_embd]
void Effects::add_block(const float * normalized, int64_t count) {
    const Timer       timer(session_.times().head);
    const Arena::Mark mark(session_.arena());
    float *           logits = session_.arena().take<float>(count * future_ * n_vocab_);
    head(normalized, count * future_, logits);
    if (seen_ < 0) {
        std::copy_n(logits, future_ * n_vocab_, base_);
        for (int64_t tau = 0; tau < future_; tau++) {
            base_rows_.push_back(measure(base_row(tau), tau));
        }
        seen_ = 0;
        logits += future_ * n_vocab_;
        count--;
    }
    keep_unreached(count, logits);
    float * kept = nullptr;
    if (wanted_.logits) {
        kept = session_.arena().take<float>(count * future_ * n_vocab_);
        std::copy_n(logits, count * future_ * n_vocab_, kept);
    }
    rows_.assign(count * future_, Row{});
    in_block_             = 0;
    const int64_t room    = 2 * n_vocab_;
    float *       scratch = session_.arena().take<float>(session_.n_threads() * room);
    Graph         graph(session_);
    graph.node("effects", {}, logits, n_vocab_, count * future_, [&](int ith, int nth) {
        const Slab s = slab(count * future_, ith, nth);
        for (int64_t r = s.begin; r < s.end; r++) {
            const int64_t tau = r % future_;
            rows_[r]          = measure(logits + r * n_vocab_, tau);
            difference(base_rows_[tau], tau, logits + r * n_vocab_, scratch + ith * room, rows_[r]);
        }
    });
    graph.compute();
    sum_rows(count, logits);
    for (int64_t i = 0; i < count; i++) {
        conclude(logits + i * future_ * n_vocab_, kept ? kept + i * future_ * n_vocab_ : nullptr);
    }
}

// Rows that a variant cannot change are the base's to the bit. Computed again they would differ by rounding, since BLAS
// treats a row according to its place in the product, and that would be taken for an effect.
void Effects::keep_unreached(int64_t count, float * logits) const {
    for (int64_t r = 0; r < count * future_; r++) {
        if (r % future_ >= reached_) {
            std::copy_n(base_ + r % future_ * n_vocab_, n_vocab_, logits + r * n_vocab_);
        }
    }
}

void Effects::head(const float * normalized, int64_t count, float * logits) {
    const Arena::Mark mark(session_.arena());
    Graph             graph(session_);
    const int64_t     d = model_.shape().n_embd;
    linear(graph, "logits", model_.head(), graph.leaf("normalized", normalized, d, count), {}, logits,
           session_.arena().take<uint16_t>(count * d));
    graph.compute();
}

Effects::Row Effects::measure(const float * logits, int64_t tau) const {
    Lse lse;
    kernels().lse_update(logits, n_vocab_, 0, lse, nullptr);
    Row row{};
    row.sum     = lse.sum;
    row.max     = lse.max;
    row.log_sum = static_cast<double>(lse.max) + std::log(lse.sum);
    row.ce      = tau + 1 < n_tokens_ ? row.log_sum - logits[tokens_[tau + 1]] : nan;
    return row;
}

// logits [V] of a variant become D.
void Effects::difference(const Row & base, int64_t tau, float * logits, float * scratch, Row & row) const {
    const float * a     = base_ + tau * n_vocab_;
    const auto    shift = static_cast<float>(row.log_sum - base.log_sum);
    row.kl              = kernels().kl_update(a, logits, n_vocab_, base.max, shift, logits) / base.sum;
    const float median  = lower_median(logits, n_vocab_, scratch);
    kernels().centre_and_sum(logits, n_vocab_, median, row.l1, row.squares);
}

// The sum over τ of each variant's D, in the place of its first row.
void Effects::sum_rows(int64_t count, float * differences) {
    if (wanted_.n_top == 0) {
        return;
    }
    Graph graph(session_);
    graph.node("sum", {}, differences, n_vocab_, count * future_, [&](int ith, int nth) {
        const Slab s = slab(n_vocab_, ith, nth, 16);
        for (int64_t i = 0; i < count; i++) {
            float * first = differences + i * future_ * n_vocab_ + s.begin;
            for (int64_t tau = 1; tau < future_; tau++) {
                kernels().axpy(1.0f, first + tau * n_vocab_, first, s.end - s.begin);
            }
        }
    });
    graph.compute();
}

// summed [V]: the sum of D over the positions; logits [future, V] or NULL.
void Effects::conclude(const float * summed, const float * logits) {
    const Row *         rows = rows_.data() + in_block_++ * future_;
    std::vector<double> row_sparsities, row_kl, row_delta_ce;
    double              l1 = 0, squares = 0, sparsities = 0, kl = 0, delta_ce = 0;
    int64_t             n_rows = 0, n_targets = 0;
    const auto          vocab = static_cast<double>(n_vocab_);
    for (int64_t tau = 0; tau < future_; tau++) {
        const Row &  row      = rows[tau];
        const double sparsity = row.squares > 0 ? row.l1 * row.l1 / row.squares / vocab : nan;
        const double delta    = row.ce - base_rows_[tau].ce;
        l1 += row.l1;
        squares += row.squares;
        kl += row.kl;
        if (row.squares > 0) {
            sparsities += sparsity;
            n_rows++;
        }
        if (!std::isnan(delta)) {
            delta_ce += delta;
            n_targets++;
        }
        row_sparsities.push_back(sparsity);
        row_kl.push_back(row.kl);
        row_delta_ce.push_back(delta);
    }
    const auto          up    = top(summed, n_vocab_, 1, wanted_.n_top);
    const auto          down  = top(summed, n_vocab_, -1, wanted_.n_top);
    const auto          count = static_cast<double>(future_);
    const sae4j_variant variant{
        squares > 0 ? l1 * l1 / squares / (vocab * count) : nan,
        n_rows > 0 ? sparsities / static_cast<double>(n_rows) : nan,
        kl / count,
        n_targets > 0 ? delta_ce / static_cast<double>(n_targets) : nan,
        row_sparsities.data(),
        row_kl.data(),
        row_delta_ce.data(),
        up.data(),
        down.data(),
        logits,
    };
    const int64_t index = seen_++;
    if (wanted_.seen(wanted_.user_data, index, &variant) != 0) {
        fail(SAE4J_STOPPED, "variant %lld: stopped the run", (long long) index);
    }
}

}  // namespace sae4j
