#include "sae.h"

#include "kernels/kernels.h"
#include "linear.h"
#include "session.h"
#include "status.h"
#include "topk.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

namespace sae4j {

namespace {

const char * tensor_name(sae4j_sae_tensor tensor) {
    constexpr const char * names[] = { "W_enc",  "W_dec", "b_enc", "b_dec", "threshold",
                                       "b_gate", "b_mag", "r_mag", "W_skip" };
    return names[tensor];
}

void check(const sae4j_sae_params & p) {
    constexpr int32_t max_d = 1 << 18, max_n = 1 << 26;
    if (p.d < 1 || p.d > max_d || p.n < 1 || p.n > max_n) {
        fail(SAE4J_BAD_FILE, "SAE shape: expected d in 1 … %d and n in 1 … %d, found d %d, n %d", max_d, max_n, p.d,
             p.n);
    }
    if (p.d_out < 0 || p.d_out > max_d) {
        fail(SAE4J_BAD_FILE, "SAE shape: expected d_out in 0 … %d, found %d", max_d, p.d_out);
    }
    if (p.apply_b_dec_to_input && p.d_out != 0 && p.d_out != p.d) {
        fail(SAE4J_BAD_FILE, "apply_b_dec_to_input: expected d_out to be d, found d_out %d, d %d", p.d_out, p.d);
    }
    if (p.activation < SAE4J_RELU || p.activation > SAE4J_GROUPMAX) {
        fail(SAE4J_BAD_ARGUMENT, "unknown activation %d", static_cast<int>(p.activation));
    }
    if (p.activation == SAE4J_GATED && p.rescale_acts_by_decoder_norm) {
        fail(SAE4J_BAD_FILE, "gated: rescale_acts_by_decoder_norm has no meaning for this activation");
    }
    if (p.activation == SAE4J_TOPK && (p.k < 1 || p.k > p.n)) {
        fail(SAE4J_BAD_FILE, "TopK: expected k in 1 … %d, found %d", p.n, p.k);
    }
    if (p.activation == SAE4J_GROUPMAX && (p.k < 1 || p.n % p.k != 0)) {
        fail(SAE4J_BAD_FILE, "GroupMax: expected k to divide the number of latents, %d, found %d", p.n, p.k);
    }
    switch (p.normalization) {
        case SAE4J_NORM_NONE:
        case SAE4J_NORM_CONSTANT_NORM_RESCALE:
            return;
        case SAE4J_NORM_LAYER_NORM:
            if (p.d < 2) {
                fail(SAE4J_BAD_FILE, "layer_norm with ddof 1: expected d of at least 2, found %d", p.d);
            }
            return;
        case SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN:
            if (!(std::isfinite(p.scale) && p.scale > 0)) {
                fail(SAE4J_BAD_ARGUMENT, "expected_average_only_in: expected a positive scale, found %g", p.scale);
            }
            return;
    }
    fail(SAE4J_BAD_ARGUMENT, "unknown normalization %d", static_cast<int>(p.normalization));
}

}  // namespace

Sae::Sae(sae4j_sae_params params) : params_(params) {
    check(params_);
    expect(SAE4J_W_ENC, params_.n, params_.d);
    expect(SAE4J_W_DEC, params_.n, d_out());
    expect(SAE4J_B_DEC, 1, d_out());
    if (params_.skip) {
        expect(SAE4J_W_SKIP, d_out(), params_.d);
    }
    if (params_.activation == SAE4J_GATED) {
        expect(SAE4J_B_GATE, 1, params_.n);
        expect(SAE4J_B_MAG, 1, params_.n);
        expect(SAE4J_R_MAG, 1, params_.n);
    } else {
        expect(SAE4J_B_ENC, 1, params_.n);
    }
    if (params_.activation == SAE4J_JUMPRELU) {
        expect(SAE4J_THRESHOLD, 1, params_.n);
    }
}

void Sae::expect(sae4j_sae_tensor tensor, int64_t rows, int64_t columns) {
    slots_[tensor].expected = true;
    slots_[tensor].writer   = TensorWriter(tensor_name(tensor), rows, columns);
    slots_[tensor].values   = Buffer<float>(static_cast<size_t>(rows * columns));
}

void Sae::write(sae4j_sae_tensor tensor, const sae4j_chunk & chunk) {
    if (tensor < SAE4J_W_ENC || tensor > SAE4J_W_SKIP || !slots_[tensor].expected) {
        fail(SAE4J_BAD_ARGUMENT, "tensor %s: an SAE with these parameters has none",
             tensor < SAE4J_W_ENC || tensor > SAE4J_W_SKIP ? "?" : tensor_name(tensor));
    }
    if (finished_) {
        fail(SAE4J_BAD_ARGUMENT, "tensor %s: the SAE is finished", tensor_name(tensor));
    }
    slots_[tensor].writer.write(chunk, slots_[tensor].values.data());
}

void Sae::finish() {
    for (size_t t = 0; t < slots_.size(); t++) {
        if (slots_[t].expected && !slots_[t].writer.whole()) {
            fail(SAE4J_BAD_FILE, "tensor %s: missing or incomplete", tensor_name(static_cast<sae4j_sae_tensor>(t)));
        }
    }
    if (params_.rescale_acts_by_decoder_norm) {
        decoder_norm_       = Buffer<float>(params_.n);
        const float * w_dec = tensor(SAE4J_W_DEC);
        for (int64_t i = 0; i < params_.n; i++, w_dec += d_out()) {
            decoder_norm_.data()[i] = static_cast<float>(std::sqrt(kernels().dot(w_dec, w_dec, d_out())));
        }
    }
    w_enc_ = pack(SAE4J_W_ENC, params_.n);
    if (params_.skip) {
        w_skip_ = pack(SAE4J_W_SKIP, d_out());
    }
    finished_ = true;
}

Weights Sae::pack(sae4j_sae_tensor tensor, int64_t rows) {
    const Buffer<float> values = std::move(slots_[tensor].values);
    return { values.data(), rows, params_.d, SAE4J_PRECISION_F32 };
}

int64_t Sae::bytes() const {
    size_t bytes = decoder_norm_.bytes() + static_cast<size_t>(w_enc_.bytes() + w_skip_.bytes());
    for (const Slot & slot : slots_) {
        bytes += slot.values.bytes();
    }
    return static_cast<int64_t>(bytes);
}

void check_sae(const Sae & sae, const std::string & in, int64_t width, const std::string & out, int64_t width_out) {
    if (!sae.finished()) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: the SAE is not finished", in.c_str());
    }
    if (sae.params().d != width) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: expected an SAE of width %lld, found %d", in.c_str(), (long long) width,
             sae.params().d);
    }
    if (sae.d_out() != width_out) {
        fail(SAE4J_BAD_ARGUMENT, "hook %s: expected an SAE of output width %lld, found %lld", out.c_str(),
             (long long) width_out, (long long) sae.d_out());
    }
}

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

void check_finite(const std::atomic<bool> & not_finite, const char * what) {
    if (not_finite) {
        fail(SAE4J_NOT_FINITE, "%s: expected finite numbers, found NaN, infinity or a row of zeros to scale", what);
    }
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

// TopK: each worker finds the candidates among its latents, tile by tile; then each token's are merged.
Kept encode_topk(Graph & graph, const Piece & piece) {
    Arena &       arena = graph.session().arena();
    const Sae &   sae   = piece.sae;
    const int64_t m = piece.m, n = sae.params().n, k = sae.params().k;
    const int     n_workers = graph.session().n_threads();
    const int64_t room      = TopK::capacity(k, tile);
    auto *        memory    = arena.take<Candidate>(n_workers * m * room);
    auto *        rows      = arena.take<TopK>(n_workers * m);
    auto *        scratch   = arena.take<float>(n_workers * (m + 1) * tile);
    auto *        found     = arena.take<int32_t>(n_workers * tile);
    for (int64_t r = 0; r < n_workers * m; r++) {
        new (rows + r) TopK(memory + r * room, k);
    }
    const float * input   = piece.input;
    double *      seconds = arena.take<double>(n_workers);  // in the selection; the first worker's stands for all
    std::fill_n(seconds, n_workers, 0.0);
    auto candidates = [=, &sae](int ith, int nth) {
        const Slab latents = slab(n, ith, nth, sae.w_enc().column_step());
        float *    h       = scratch + ith * (m + 1) * tile;  // [m, tile]
        float *    values  = h + m * tile;
        int32_t *  indices = found + ith * tile;
        for (int64_t begin = latents.begin; begin < latents.end; begin += tile) {
            const int64_t count = std::min(tile, latents.end - begin);
            sae.w_enc().multiply({ nullptr, input, nullptr }, m, begin, begin + count, h, tile);
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
    ggml_tensor * tiles = graph.node("sae_candidates", { piece.prepared }, scratch, tile, m, candidates);

    Kept   kept{ arena.take<int32_t>(m * k), arena.take<float>(m * k), arena.take<int64_t>(m), k, seconds };
    auto * merged = arena.take<Candidate>(n_workers * n_workers * 2 * k);
    auto   merge  = [=](int ith, int nth) {
        const Timer timer(seconds[ith]);
        const Slab  s    = slab(m, ith, nth);
        Candidate * best = merged + ith * n_workers * 2 * k;
        for (int64_t t = s.begin; t < s.end; t++) {
            int64_t count = 0;
            for (int w = 0; w < nth; w++) {
                count = std::copy(rows[w * m + t].begin(), rows[w * m + t].end(), best + count) - best;
            }
            count = keep_best(best, count, k);
            std::sort(best, best + count, [](auto a, auto b) { return a.index < b.index; });
            kept.counts[t] = 0;
            for (int64_t j = 0; j < count; j++) {
                if (best[j].value > 0) {  // the ReLU after TopK
                    const int64_t at = t * k + kept.counts[t]++;
                    kept.indices[at] = best[j].index;
                    kept.values[at]  = best[j].value;
                }
            }
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

int64_t tokens_a_piece(const Sae & sae) {
    return sae.params().activation == SAE4J_TOPK ? piece_tokens :
                                                   std::clamp<int64_t>(dense_floats / sae.params().n, 1, piece_tokens);
}

// x [m, d], tokens first … first + m of latents, which were cleared for all of them.
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

// Tokens first … first + m of latents -> x_hat [m, d_out]. x [m, d] for what W_skip adds, or NULL for without.
void decode_piece(Session & session, const Sae & sae, const sae4j_latents & latents, int64_t first, int64_t m,
                  const float * x, float * x_hat) {
    const Timer     timer(session.times().decode);
    Graph           graph(session);
    const int64_t   d     = sae.d_out();
    const int64_t   begin = latents.offsets[first], count = latents.offsets[first + m] - begin;
    const int32_t * indices = latents.indices + begin;
    const float *   values  = latents.values + begin;
    if (sae.decoder_norm()) {
        float * divided = session.arena().take<float>(count);
        for (int64_t j = 0; j < count; j++) {
            divided[j] = values[j] / sae.decoder_norm()[indices[j]];
        }
        values = divided;
    }
    ggml_tensor * z    = graph.leaf("z", values, count, 1);
    const float * skip = nullptr;  // [m, d_out]
    if (sae.params().skip && x) {
        float * product = session.arena().take<float>(m * d);
        linear(graph, "skip", sae.w_skip(), graph.leaf("x", x, sae.params().d, m), {}, product, nullptr);
        skip = product;
    }
    std::atomic<bool> not_finite{ false };
    graph.node("x_hat", { z }, x_hat, d, m, [=, &sae, &not_finite](int ith, int nth) {
        const Slab s = slab(m, ith, nth);
        for (int64_t t = s.begin; t < s.end; t++) {
            const int64_t at = latents.offsets[first + t] - begin, active = latents.offsets[first + t + 1] - begin - at;
            float *       y     = x_hat + t * d;
            const float   scale = latents.scale[first + t], shift = latents.shift[first + t];
            kernels().sparse_decode(indices + at, values + at, active, sae.tensor(SAE4J_W_DEC), sae.tensor(SAE4J_B_DEC),
                                    d, y);
            for (int64_t i = 0; i < d; i++) {
                y[i] = y[i] * scale + shift;
            }
            if (skip) {
                kernels().axpy(1.0f, skip + t * d, y, d);
            }
            if (!std::isfinite(kernels().dot(y, y, d))) {
                not_finite = true;
            }
        }
    });
    graph.compute();
    check_finite(not_finite, "SAE reconstruction");
}

void check_latents(const Sae & sae, const sae4j_latents & latents) {
    if (latents.n_tokens > 0 && (!latents.scale || !latents.shift)) {
        fail(SAE4J_BAD_ARGUMENT, "latents: scale and shift are needed");
    }
    int64_t previous = 0;
    for (int64_t t = 0; t <= latents.n_tokens; t++) {
        if (latents.offsets[t] < previous || (t == 0 && latents.offsets[t] != 0)) {
            fail(SAE4J_BAD_ARGUMENT, "latents: offsets must start at 0 and not fall, found %lld at token %lld",
                 (long long) latents.offsets[t], (long long) t);
        }
        previous = latents.offsets[t];
    }
    if (previous > 0 && (!latents.indices || !latents.values)) {
        fail(SAE4J_BAD_ARGUMENT, "latents: indices and values are needed");
    }
    for (int64_t j = 0; j < previous; j++) {
        if (latents.indices[j] < 0 || latents.indices[j] >= sae.params().n) {
            fail(SAE4J_BAD_ARGUMENT, "latents: expected indices in 0 … %d, found %d", sae.params().n - 1,
                 latents.indices[j]);
        }
    }
}

}  // namespace

void encode(Session & session, const Sae & sae, const float * x, int64_t n_tokens, Latents & latents) {
    latents.clear(n_tokens);
    const int64_t step = tokens_a_piece(sae);
    for (int64_t first = 0; first < n_tokens; first += step) {
        const Arena::Mark mark(session.arena());
        encode_piece(session, sae, x + first * sae.params().d, std::min(step, n_tokens - first), first, latents);
    }
}

void decode(Session & session, const Sae & sae, const sae4j_latents & latents, float * x_hat) {
    check_latents(sae, latents);
    if (latents.n_tokens > 0) {
        decode_piece(session, sae, latents, 0, latents.n_tokens, nullptr, x_hat);
    }
}

void reconstruct(Session & session, const Sae & sae, const float * x, int64_t n_tokens, float * x_hat,
                 const std::function<void(int64_t, const Latents &)> & seen) {
    const int64_t d = sae.params().d, step = tokens_a_piece(sae);
    Latents &     latents = session.latents();
    for (int64_t first = 0; first < n_tokens; first += step) {
        const Arena::Mark mark(session.arena());
        const int64_t     m = std::min(step, n_tokens - first);
        latents.clear(m);
        encode_piece(session, sae, x + first * d, m, 0, latents);
        decode_piece(session, sae, latents.view(), 0, m, x + first * d, x_hat + first * sae.d_out());
        if (seen) {
            seen(first, latents);
        }
    }
}

}  // namespace sae4j
