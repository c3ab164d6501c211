#include "head.h"

#include "graph.h"
#include "kernels/kernels.h"
#include "linear.h"
#include "session.h"
#include "status.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

constexpr int64_t tile       = 1024;  // vocabulary entries at a time: wide enough that packing x pays
constexpr int64_t token_rows = 512;   // tokens at a time: tall enough that packing the tile pays

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

// One worker's comparison of some tokens over one tile of the vocabulary.
struct Comparison {
    const Model &            model;
    const std::vector<Run> & runs;
    const Input *            inputs;  // [runs]
    const int32_t *          targets;
    int64_t                  n_tokens;
    Tallies &                tallies;
    int                      worker;
    float *                  scratch;  // [runs, token_rows, tile], then one row [tile]

    // The room that one worker's scratch takes.
    static int64_t room(size_t n_runs) { return (static_cast<int64_t>(n_runs) * token_rows + 1) * tile; }

    float * row(size_t run, int64_t token) const {
        return scratch + (run * token_rows + (runs[run].constant ? 0 : token)) * tile;
    }

    // Logits of tokens first … first + count, vocabulary begin … end, of all runs.
    void multiply(int64_t first, int64_t count, int64_t begin, int64_t end) const {
        const int64_t d = model.shape().n_embd;
        for (size_t r = 0; r < runs.size(); r++) {
            const int64_t skip = runs[r].constant ? 0 : first * d;
            const Input   x{ nullptr, inputs[r].f32 + skip, inputs[r].bf16 ? inputs[r].bf16 + skip : nullptr };
            model.head().multiply(x, runs[r].constant ? 1 : count, begin, end, row(r, 0), tile);
        }
    }

    void reduce(int64_t first, int64_t count, int64_t begin, int64_t end) const {
        const int64_t width = end - begin;
        float *       p     = scratch + runs.size() * token_rows * tile;  // exp(a − max_a), of use to every run
        for (int64_t t = 0; t < count; t++) {
            const int64_t token  = first + t;
            const int32_t target = targets[token];
            const float * a      = row(0, t);
            Tally &       clean  = tallies.at(worker, 0, token);
            const float   before = clean.lse.max;
            kernels().lse_update(a, width, begin, clean.lse, p);
            const double rescale = clean.lse.max == before ? 1 : std::exp(static_cast<double>(before) - clean.lse.max);
            for (size_t r = 0; r < runs.size(); r++) {
                const float * b     = row(r, t);
                Tally &       tally = tallies.at(worker, r, token);
                if (target >= begin && target < end) {
                    tally.target = b[target - begin];
                }
                if (r == 0) {
                    continue;
                }
                if (runs[r].effect.kl) {
                    tally.cross = tally.cross * rescale + kernels().cross_update(p, a, b, width);
                }
                if (!runs[r].constant || token == 0) {
                    kernels().lse_update(b, width, begin, tally.lse, nullptr);
                }
            }
        }
    }

    void run(Slab vocabulary) const {
        for (int64_t begin = vocabulary.begin; begin < vocabulary.end; begin += tile) {
            const int64_t end = std::min(begin + tile, vocabulary.end);
            for (int64_t first = 0; first < n_tokens; first += token_rows) {
                const int64_t count = std::min(token_rows, n_tokens - first);
                multiply(first, count, begin, end);
                reduce(first, count, begin, end);
            }
        }
    }
};

double log_sum(const Lse & lse) {
    return static_cast<double>(lse.max) + std::log(lse.sum);
}

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

void logits(Session & session, const Model & model, const float * normalized, int64_t n_rows, float * out) {
    const Arena::Mark mark(session.arena());
    Graph             graph(session);
    const int64_t     d = model.shape().n_embd;
    linear(graph, "logits", model.head(), graph.leaf("normalized", normalized, d, n_rows), {}, out,
           session.arena().take<uint16_t>(n_rows * d));
    graph.compute();
}

void compare(Session & session, const Model & model, const std::vector<Run> & runs, const int32_t * targets,
             int64_t n_tokens) {
    const Timer        timer(session.times().head);
    const Arena::Mark  mark(session.arena());
    Arena &            arena     = session.arena();
    const int          n_workers = session.n_threads();
    const int64_t      d = model.shape().n_embd, n_vocab = model.shape().n_vocab;
    Graph              graph(session);
    std::vector<Input> inputs;
    for (const Run & run : runs) {
        const int64_t rows = run.constant ? 1 : n_tokens;
        inputs.push_back(input_for(graph, model.head(), graph.leaf("normalized", run.normalized, d, rows),
                                   arena.take<uint16_t>(rows * d)));
    }
    Tallies       tallies(arena, n_workers, runs.size(), n_tokens);
    const int64_t room    = Comparison::room(runs.size());
    float *       scratch = arena.take<float>(n_workers * room);
    graph.node("compare", { inputs[0].tensor }, scratch, tile, token_rows,
               [&](int ith, int nth) {
                   const Comparison comparison{ model,    runs,    inputs.data(), targets,
                                                n_tokens, tallies, ith,           scratch + ith * room };
                   comparison.run(slab(n_vocab, ith, nth, model.head().column_step()));
               });
    graph.compute();
    for (int64_t t = 0; t < n_tokens; t++) {
        conclude(tallies, n_workers, runs, targets, t);
    }
}

}  // namespace sae4j
