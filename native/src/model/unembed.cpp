#include "model/unembed.h"

#include "kernels/kernels.h"
#include "runtime/graph.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "tensor/linear.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

constexpr int64_t tile       = 512;  // vocabulary entries at a time
constexpr int64_t token_rows = 256;  // tokens at a time: what one worker compares stays near its core

// What one worker knows of one run at one token after its part of the vocabulary.
struct Tally {
    Lse    lse;
    double cross  = 0;  // Σ exp(a − max_a)·(a − b), a clean, b this run, max_a the clean lse.max
    float  target = 0;  // logit of the next token, if it was in this part
};

// All tallies of all workers: [worker][run][token], where a constant run's lse is that of token 0.
class Tallies {
  public:
    Tallies(Arena & arena, int n_workers, size_t n_runs, int64_t n_tokens) :
        n_runs_(n_runs),
        n_tokens_(n_tokens),
        data_(arena.take<Tally>(n_workers * n_runs * n_tokens)) {
        std::fill_n(data_, n_workers * n_runs * n_tokens, Tally{});
    }

    Tally & at(int worker, size_t run, int64_t token) { return data_[(worker * n_runs_ + run) * n_tokens_ + token]; }

  private:
    size_t  n_runs_;
    int64_t n_tokens_;
    Tally * data_;
};

// One worker compares all runs with the clean one in its part of the vocabulary. The loops from the outside: tiles of the
// vocabulary, blocks of tokens, runs.
class Comparison {
  public:
    Comparison(const Model & model, const std::vector<Run> & runs, const std::vector<Input> & inputs,
               const int32_t * targets, Tallies & tallies, int worker, float * scratch) :
        model_(model),
        runs_(runs),
        inputs_(inputs),
        targets_(targets),
        tallies_(tallies),
        worker_(worker),
        clean_(scratch),
        p_(clean_ + block),
        other_(p_ + block),
        constant_(other_ + block) {}

    // The floats of one worker's scratch.
    static int64_t room(size_t n_runs) { return 3 * block + static_cast<int64_t>(n_runs) * tile; }

    void run(Slab vocabulary, int64_t n_tokens) {
        for (begin_ = vocabulary.begin; begin_ < vocabulary.end; begin_ = end_) {
            end_ = std::min(begin_ + tile, vocabulary.end);
            for (size_t r = 1; r < runs_.size(); r++) {
                if (runs_[r].constant) {
                    multiply(r, 0, 1, constant_ + r * tile);
                    kernels().lse_update(constant_ + r * tile, end_ - begin_, begin_, tallies_.at(worker_, r, 0).lse,
                                         nullptr);
                }
            }
            for (int64_t first = 0; first < n_tokens; first += token_rows) {
                compare(first, std::min(token_rows, n_tokens - first));
            }
        }
    }

  private:
    static constexpr int64_t block = token_rows * tile;

    // Logits of a run's tokens first … first + count.
    void multiply(size_t run, int64_t first, int64_t count, float * out) const {
        model_.architecture().unembedding().multiply(inputs_[run].from(first, model_.shape().n_embd), count, begin_,
                                                     end_, out, tile);
    }

    void compare(int64_t first, int64_t count) {
        multiply(0, first, count, clean_);
        for (int64_t t = 0; t < count; t++) {
            add_clean(first + t, t);
        }
        for (size_t r = 1; r < runs_.size(); r++) {
            if (!runs_[r].constant) {
                multiply(r, first, count, other_);
            }
            for (int64_t t = 0; t < count; t++) {
                add(r, first + t, t);
            }
        }
    }

    // Row t of the block is the clean run at a token: exp(a − max_a) is of use to every run.
    void add_clean(int64_t token, int64_t t) {
        Tally &       tally  = tallies_.at(worker_, 0, token);
        const float   before = tally.lse.max;
        const float * a      = clean_ + t * tile;
        kernels().lse_update(a, end_ - begin_, begin_, tally.lse, p_ + t * tile);
        rescale_[t] = tally.lse.max == before ? 1 : std::exp(static_cast<double>(before) - tally.lse.max);
        find_target(token, a, tally);
    }

    void add(size_t run, int64_t token, int64_t t) {
        Tally &       tally = tallies_.at(worker_, run, token);
        const float * b     = runs_[run].constant ? constant_ + run * tile : other_ + t * tile;
        if (runs_[run].effect.kl) {
            tally.cross =
                tally.cross * rescale_[t] + kernels().cross_update(p_ + t * tile, clean_ + t * tile, b, end_ - begin_);
        }
        if (!runs_[run].constant) {
            kernels().lse_update(b, end_ - begin_, begin_, tally.lse, nullptr);
        }
        find_target(token, b, tally);
    }

    void find_target(int64_t token, const float * row, Tally & tally) const {
        if (targets_[token] >= begin_ && targets_[token] < end_) {
            tally.target = row[targets_[token] - begin_];
        }
    }

    const Model &              model_;
    const std::vector<Run> &   runs_;
    const std::vector<Input> & inputs_;  // [runs]
    const int32_t *            targets_;
    Tallies &                  tallies_;
    int                        worker_;
    int64_t                    begin_ = 0;  // the tile of the vocabulary
    int64_t                    end_   = 0;
    float *                    clean_;                // [token_rows, tile] clean logits a
    float *                    p_;                    // [token_rows, tile] exp(a − max_a)
    float *                    other_;                // [token_rows, tile] logits of one run after the other
    float *                    constant_;             // [runs, tile] logits of the constant runs
    double                     rescale_[token_rows];  // what the block's sums of earlier tiles are to be scaled by
};

// Joins the workers' parts of one run at one token.
Tally join(Tallies & tallies, int n_workers, size_t run, bool constant, int64_t token, float clean_max) {
    Tally joined;
    for (int w = 0; w < n_workers; w++) {
        const Tally & part = tallies.at(w, run, token);
        lse_merge(joined.lse, tallies.at(w, run, constant ? 0 : token).lse);
        const Lse & clean = tallies.at(w, 0, token).lse;
        if (clean.sum > 0) {
            joined.cross += part.cross * std::exp(static_cast<double>(clean.max) - clean_max);
        }
        joined.target += part.target;  // 0 in all parts but one
    }
    return joined;
}

void conclude(Tallies & tallies, int n_workers, const std::vector<Run> & runs, const int32_t * targets, int64_t token) {
    float clean_max = -INFINITY;
    for (int w = 0; w < n_workers; w++) {
        clean_max = std::max(clean_max, tallies.at(w, 0, token).lse.max);
    }
    const Lse clean = join(tallies, n_workers, 0, false, token, clean_max).lse;
    for (size_t r = 0; r < runs.size(); r++) {
        const Tally          tally  = join(tallies, n_workers, r, runs[r].constant, token, clean_max);
        const sae4j_effect & effect = runs[r].effect;
        if (!std::isfinite(log_sum(tally.lse))) {
            fail(SAE4J_NOT_FINITE, "token %lld: expected finite logits, found NaN or infinity", (long long) token);
        }
        if (effect.ce) {
            effect.ce[token] = targets[token] < 0 ? 0 : log_sum(tally.lse) - tally.target;
        }
        if (effect.kl) {
            effect.kl[token] = tally.cross / clean.sum - log_sum(clean) + log_sum(tally.lse);
        }
        if (effect.top1) {
            effect.top1[token] = clean.argmax == tally.lse.argmax;
        }
    }
}

}  // namespace

void logits(Session & session, const Model & model, const float * normalized, int64_t n_rows, float * out,
            bool * finite) {
    const Arena::Mark mark(session.arena());
    Graph             graph(session);
    const int64_t     d       = model.shape().n_embd;
    const Input       x       = input_for(graph, model.precision(), graph.leaf("normalized", normalized, d, n_rows),
                                          session.arena().take<uint16_t>(n_rows * d));
    std::atomic<bool> numbers = true;
    Epilogue          epilogue;
    epilogue.finite = finite ? &numbers : nullptr;
    linear(graph, "logits", model.architecture().unembedding(), x, epilogue, { out });
    graph.compute();
    if (finite) {
        *finite = numbers;
    }
}

void compare(Session & session, const Model & model, const std::vector<Run> & runs, const int32_t * targets,
             int64_t n_tokens) {
    const Timer        timer(session.times().unembed);
    const Arena::Mark  mark(session.arena());
    Arena &            arena     = session.arena();
    const int          n_workers = session.n_threads();
    const int64_t      d = model.shape().n_embd, n_vocab = model.shape().n_vocab;
    Graph              graph(session);
    std::vector<Input> inputs;
    for (const Run & run : runs) {
        const int64_t rows = run.constant ? 1 : n_tokens;
        inputs.push_back(input_for(graph, model.precision(), graph.leaf("normalized", run.normalized, d, rows),
                                   arena.take<uint16_t>(rows * d)));
    }
    Tallies       tallies(arena, n_workers, runs.size(), n_tokens);
    const int64_t room    = Comparison::room(runs.size());
    float *       scratch = arena.take<float>(n_workers * room);
    graph.node("compare", { inputs[0].tensor }, scratch, room, n_workers, [&](int ith, int nth) {
        Comparison(model, runs, inputs, targets, tallies, ith, scratch + ith * room)
            .run(slab(n_vocab, ith, nth, model.architecture().unembedding().column_step()), n_tokens);
    });
    graph.compute();
    for (int64_t t = 0; t < n_tokens; t++) {
        conclude(tallies, n_workers, runs, targets, t);
    }
}

}  // namespace sae4j
