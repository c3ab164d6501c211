#include "sae/encode.h"

#include "kernels/kernels.h"
#include "runtime/graph.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "sae/sae.h"
#include "tensor/topk.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

void Latents::clear(int64_t n_tokens) {
    offsets.clear();
    offsets.reserve(n_tokens + 1);
    offsets.push_back(0);
    indices.clear();
    values.clear();
    scale.resize(n_tokens);
    shift.resize(n_tokens);
}

sae4j_latents Latents::view() const {
    return { static_cast<int64_t>(offsets.size()) - 1,
             offsets.data(),
             indices.data(),
             values.data(),
             scale.data(),
             shift.data() };
}

void check_finite(const std::atomic<bool> & not_finite, const char * what) {
    if (not_finite) {
        fail(SAE4J_NOT_FINITE, "%s: expected finite numbers, found NaN, infinity or a row of zeros to scale", what);
    }
}

namespace {

constexpr int64_t piece_tokens = 1024;     // tokens encoded at a time
constexpr int64_t dense_floats = 8 << 20;  // most values of z held densely, for activations other than TopK
constexpr int64_t tile         = 512;      // latents encoded at a time by one worker

// How to undo the normalisation of one token: x̂ = y·scale + shift.
struct Normalised {
    float scale;
    float shift;
};

// x [d] -> x' [d], what the encoder sees.
Normalised normalise(const sae4j_sae_params & p, const float * b_dec, const float * x, float * out) {
    const int64_t d     = p.d;
    double        shift = 0, factor = 1, scale = 1;
    if (p.centre_input || p.normalization == SAE4J_NORM_LAYER_NORM) {
        double sum = 0;
        for (int64_t i = 0; i < d; i++) {
            sum += x[i];
        }
        shift = sum / static_cast<double>(d);
    }
    double squares = 0;  // Σ (x − shift)²
    for (int64_t i = 0; i < d; i++) {
        squares += (x[i] - shift) * (x[i] - shift);
    }
    switch (p.normalization) {
        case SAE4J_NORM_NONE:
            break;
        case SAE4J_NORM_LAYER_NORM:
            scale  = std::sqrt(squares / static_cast<double>(d - 1));
            factor = 1 / (scale + 1e-5);
            break;
        case SAE4J_NORM_CONSTANT_NORM_RESCALE:
            factor = std::sqrt(static_cast<double>(d)) / std::sqrt(squares);
            scale  = 1 / factor;
            break;
        case SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN:
            factor = p.scale;
            scale  = 1 / factor;
            break;
    }
    for (int64_t i = 0; i < d; i++) {
        out[i] = static_cast<float>((x[i] - shift) * factor) - (p.apply_b_dec_to_input ? b_dec[i] : 0.0f);
    }
    if (p.d_out != 0) {
        return { 1, 0 };
    }
    return { static_cast<float>(scale), static_cast<float>(shift) };
}

void activate_gated(const Sae & sae, int64_t begin, int64_t count, float * h) {
    const float * b_gate = sae.tensor(SAE4J_B_GATE) + begin;
    const float * b_mag  = sae.tensor(SAE4J_B_MAG) + begin;
    const float * r_mag  = sae.tensor(SAE4J_R_MAG) + begin;
    for (int64_t j = 0; j < count; j++) {
        h[j] = h[j] + b_gate[j] > 0 ? h[j] * std::exp(r_mag[j]) + b_mag[j] : 0.0f;
    }
}

// h [count] of latents begin … begin + count, from x'·W_encᵀ to what z is chosen from: only values above zero count.
void activate(const Sae & sae, int64_t begin, int64_t count, float * h) {
    if (sae.params().activation == SAE4J_GATED) {
        activate_gated(sae, begin, count, h);
        return;
    }
    kernels().axpy(1.0f, sae.tensor(SAE4J_B_ENC) + begin, h, count);
    if (const float * norm = sae.decoder_norm()) {
        for (int64_t j = 0; j < count; j++) {
            h[j] *= norm[begin + j];
        }
    }
    if (const float * threshold = sae.tensor(SAE4J_THRESHOLD)) {
        for (int64_t j = 0; j < count; j++) {
            h[j] = h[j] > threshold[begin + j] ? h[j] : 0.0f;
        }
    }
}

// One piece of tokens on its way to latents.
struct Piece {
    const Sae &         sae;
    int64_t             m;      // tokens
    float *             input;  // [m, d] x'
    ggml_tensor *       prepared;
    std::atomic<bool> * not_finite;
};

Piece prepare(Graph & graph, const Sae & sae, const float * x, int64_t m, Latents & latents, int64_t first,
              std::atomic<bool> * not_finite) {
    const int64_t d     = sae.params().d;
    float *       input = graph.session().arena().take<float>(m * d);
    ggml_tensor * x_t   = graph.leaf("x", x, d, m);
    auto          work  = [=, &sae, &latents](int ith, int nth) {
        const Slab s = slab(m, ith, nth);
        for (int64_t t = s.begin; t < s.end; t++) {
            const Normalised n = normalise(sae.params(), sae.tensor(SAE4J_B_DEC), x + t * d, input + t * d);
            latents.scale[first + t] = n.scale;
            latents.shift[first + t] = n.shift;
            if (!std::isfinite(kernels().dot(input + t * d, input + t * d, d))) {
                *not_finite = true;
            }
        }
    };
    return { sae, m, input, graph.node("sae_input", { x_t }, input, d, m, work), not_finite };
}

// The latents of one token are written where there is room for the most there can be.
struct Kept {
    int32_t * indices;  // [m, width]
    float *   values;   // [m, width]
    int64_t * counts;   // [m]
    int64_t   width;
    double *  seconds = nullptr;  // spent choosing them
};

void append(const Kept & kept, int64_t m, Latents & latents) {
    for (int64_t t = 0; t < m; t++) {
        const int64_t at = t * kept.width, count = kept.counts[t];
        latents.indices.insert(latents.indices.end(), kept.indices + at, kept.indices + at + count);
        latents.values.insert(latents.values.end(), kept.values + at, kept.values + at + count);
        latents.offsets.push_back(static_cast<int64_t>(latents.indices.size()));
    }
}

// What becomes of one token's TopK candidates, which are its best by h, in the order of their indices.
void keep_positive(const Candidate * best, int64_t count, int64_t t, const Kept & kept) {
    kept.counts[t] = 0;
    for (int64_t j = 0; j < count; j++) {
        if (best[j].value > 0) {  // the ReLU after TopK
            const int64_t at = t * kept.width + kept.counts[t]++;
            kept.indices[at] = best[j].index;
            kept.values[at]  = best[j].value;
        }
    }
}

// The k largest h of a token, exact, after a rounded look at all of them.
class Settled {
  public:
    Settled(const Sae & sae, const float * x, const uint16_t * rounded) :
        sae_(sae),
        x_(x),
        error_(sae.filter()->error(x, rounded)) {}

    // Of the best [count] by the rounded look, to the front of the list. Returns how many.
    int64_t choose(Candidate * best, int64_t count) const {
        const int64_t k = sae_.params().k, likely = Bf16Filter::likely(best, count, k, error_);
        if (likely < 0) {
            return choose_of_all(best);
        }
        for (int64_t j = 0; j < likely; j++) {
            best[j].value = exact(best[j].index);
        }
        return keep_best(best, likely, k);
    }

  private:
    float exact(int32_t i) const {
        float h = sae_.filter()->product(x_, i);
        activate(sae_, i, 1, &h);
        return h;
    }

    // What the rounded look cannot tell apart: rows that are the same, or far longer than others.
    int64_t choose_of_all(Candidate * best) const {
        const int64_t k     = sae_.params().k;
        int64_t       count = 0;
        for (int32_t i = 0; i < sae_.params().n; i++) {
            best[count++] = { exact(i), i };
            if (count == 2 * k) {
                count = keep_best(best, count, k);
            }
        }
        return keep_best(best, count, k);
    }

    const Sae &   sae_;
    const float * x_;
    float         error_;
};

// TopK: each worker finds the candidates among its latents, tile by tile; then each token's are merged.
Kept encode_topk(Graph & graph, const Piece & piece) {
    Arena &            arena  = graph.session().arena();
    const Sae &        sae    = piece.sae;
    const Bf16Filter * filter = sae.filter();
    const Weights &    w_enc  = filter ? filter->rounded() : sae.w_enc();
    const int64_t      m = piece.m, d = sae.params().d, n = sae.params().n, k = sae.params().k;
    const int64_t      wanted    = filter ? Bf16Filter::wanted(k) : k;
    const int          n_workers = graph.session().n_threads();
    const Input        input =
        input_for(graph, w_enc.precision(), piece.prepared, filter ? arena.take<uint16_t>(m * d) : nullptr);
    const int64_t room    = TopK::capacity(wanted, tile);
    auto *        memory  = arena.take<Candidate>(n_workers * m * room);
    auto *        rows    = arena.take<TopK>(n_workers * m);
    auto *        scratch = arena.take<float>(n_workers * (m + 1) * tile);
    auto *        found   = arena.take<int32_t>(n_workers * tile);
    for (int64_t r = 0; r < n_workers * m; r++) {
        new (rows + r) TopK(memory + r * room, wanted);
    }
    double * seconds = arena.take<double>(n_workers);  // in the selection; the first worker's stands for all
    std::fill_n(seconds, n_workers, 0.0);
    auto candidates = [=, &sae, &w_enc](int ith, int nth) {
        const Slab latents = slab(n, ith, nth, w_enc.column_step());
        float *    h       = scratch + ith * (m + 1) * tile;  // [m, tile]
        float *    values  = h + m * tile;
        int32_t *  indices = found + ith * tile;
        for (int64_t begin = latents.begin; begin < latents.end; begin += tile) {
            const int64_t count = std::min(tile, latents.end - begin);
            w_enc.multiply(input, m, begin, begin + count, h, tile);
            const Timer timer(seconds[ith]);
            for (int64_t t = 0; t < m; t++) {
                TopK & row = rows[ith * m + t];
                activate(sae, begin, count, h + t * tile);
                const size_t above = kernels().collect_above(h + t * tile, count, row.threshold(),
                                                             static_cast<int32_t>(begin), values, indices);
                row.push(values, indices, static_cast<int64_t>(above));
            }
        }
    };
    // A row's node output is nominal: what it computes is the candidates.
    ggml_tensor * tiles = graph.node("sae_candidates", { input.tensor }, scratch, tile, m, candidates);

    Kept   kept{ arena.take<int32_t>(m * k), arena.take<float>(m * k), arena.take<int64_t>(m), k, seconds };
    auto * merged = arena.take<Candidate>(n_workers * n_workers * 2 * wanted);
    auto   merge  = [=, &sae](int ith, int nth) {
        const Timer timer(seconds[ith]);
        const Slab  s    = slab(m, ith, nth);
        Candidate * best = merged + ith * n_workers * 2 * wanted;
        for (int64_t t = s.begin; t < s.end; t++) {
            int64_t count = 0;
            for (int w = 0; w < nth; w++) {
                count = std::copy(rows[w * m + t].begin(), rows[w * m + t].end(), best + count) - best;
            }
            count = keep_best(best, count, wanted);
            if (filter) {
                count = Settled(sae, input.f32 + t * d, input.bf16 + t * d).choose(best, count);
            }
            std::sort(best, best + count, [](auto a, auto b) { return a.index < b.index; });
            keep_positive(best, count, t, kept);
        }
    };
    graph.node("sae_top_k", { tiles }, kept.values, k, m, merge);
    return kept;
}

// The largest of each group of h [n], if it is above zero. Returns how many.
int64_t collect_groups(const sae4j_sae_params & p, const float * h, float * values, int32_t * indices) {
    const int64_t size  = p.n / p.k;
    int64_t       count = 0;
    for (const float * group = h; group < h + p.n; group += size) {
        const float largest = kernels().max(group, size);
        if (largest > 0) {
            values[count]    = largest;
            indices[count++] = static_cast<int32_t>(std::find(group, group + size, largest) - h);
        }
    }
    return count;
}

// The other activations: h or z of the piece densely, then what is above zero and kept.
Kept encode_dense(Graph & graph, const Piece & piece) {
    Arena &       arena = graph.session().arena();
    const Sae &   sae   = piece.sae;
    const int64_t m = piece.m, n = sae.params().n;
    float *       z     = arena.take<float>(m * n);
    const float * input = piece.input;
    ggml_tensor * z_t   = graph.node("sae_z", { piece.prepared }, z, n, m, [=, &sae](int ith, int nth) {
        const Slab s = slab(n, ith, nth, sae.w_enc().column_step());
        for (int64_t begin = s.begin; begin < s.end; begin += tile) {
            const int64_t count = std::min(tile, s.end - begin);
            sae.w_enc().multiply({ nullptr, input, nullptr }, m, begin, begin + count, z + begin, n);
            for (int64_t t = 0; t < m; t++) {
                activate(sae, begin, count, z + t * n + begin);
            }
        }
    });
    Kept          kept{ arena.take<int32_t>(m * n), arena.take<float>(m * n), arena.take<int64_t>(m), n };
    graph.node("sae_active", { z_t }, kept.values, n, m, [=, &sae](int ith, int nth) {
        const Slab s = slab(m, ith, nth);
        for (int64_t t = s.begin; t < s.end; t++) {
            float *   values  = kept.values + t * n;
            int32_t * indices = kept.indices + t * n;
            kept.counts[t]    = sae.params().activation == SAE4J_GROUPMAX ?
                                    collect_groups(sae.params(), z + t * n, values, indices) :
                                    static_cast<int64_t>(kernels().collect_above(z + t * n, n, 0.0f, 0, values, indices));
        }
    });
    return kept;
}

}  // namespace

int64_t tokens_a_piece(const Sae & sae) {
    return sae.params().activation == SAE4J_TOPK ? piece_tokens :
                                                   std::clamp<int64_t>(dense_floats / sae.params().n, 1, piece_tokens);
}

void encode_piece(Session & session, const Sae & sae, const float * x, int64_t m, int64_t first, Latents & latents) {
    const Timer       timer(session.times().encode);
    Graph             graph(session);
    std::atomic<bool> not_finite{ false };
    const Piece       piece = prepare(graph, sae, x, m, latents, first, &not_finite);
    const Kept kept = sae.params().activation == SAE4J_TOPK ? encode_topk(graph, piece) : encode_dense(graph, piece);
    graph.compute();
    check_finite(not_finite, "SAE input");
    if (kept.seconds) {
        session.times().top_k += *kept.seconds;
        session.times().encode -= *kept.seconds;
    }
    append(kept, m, latents);
}

void encode(Session & session, const Sae & sae, const float * x, int64_t n_tokens, Latents & latents) {
    latents.clear(n_tokens);
    const int64_t step = tokens_a_piece(sae);
    for (int64_t first = 0; first < n_tokens; first += step) {
        const Arena::Mark mark(session.arena());
        encode_piece(session, sae, x + first * sae.params().d, std::min(step, n_tokens - first), first, latents);
    }
}

}  // namespace sae4j
