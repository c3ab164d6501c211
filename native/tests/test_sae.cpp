// The canonical SAE against a naive f64 implementation: every activation and normalisation, odd shapes, ties, splits.
#include "kernels/kernels.h"
#include "naive_sae.h"
#include "sae/bf16_filter.h"

#include <cstring>

using namespace test;

namespace {

constexpr double relative = 1e-5;

// The engine's latents, copied out of the session, and dense.
struct Encoded {
    std::vector<int64_t> offsets;
    std::vector<int32_t> indices;
    std::vector<float>   values, scale, shift;

    sae4j_latents view() const {
        return { static_cast<int64_t>(scale.size()),
                 offsets.data(),
                 indices.data(),
                 values.data(),
                 scale.data(),
                 shift.data() };
    }

    std::vector<double> dense(int64_t token, int64_t n) const {
        std::vector<double> z(n);
        for (int64_t j = offsets[token]; j < offsets[token + 1]; j++) {
            z[indices[j]] = values[j];
        }
        return z;
    }

    bool operator==(const Encoded & other) const = default;
};

Encoded copy_of(const sae4j_latents & l) {
    const int64_t count = l.offsets[l.n_tokens];
    return { { l.offsets, l.offsets + l.n_tokens + 1 },
             { l.indices, l.indices + count },
             { l.values, l.values + count },
             { l.scale, l.scale + l.n_tokens },
             { l.shift, l.shift + l.n_tokens } };
}

Encoded encode(sae4j_session * session, const sae4j_sae * sae, const std::vector<float> & x, int64_t n_tokens) {
    sae4j_latents latents{};
    CHECK_OK(sae4j_sae_encode(session, sae, x.data(), n_tokens, &latents));
    CHECK(latents.n_tokens == n_tokens && latents.offsets[0] == 0);
    return copy_of(latents);
}

std::vector<float> decode(sae4j_session * session, const sae4j_sae * sae, const sae4j_latents & latents, int64_t d) {
    std::vector<float> x_hat(latents.n_tokens * d, nan_f32);
    CHECK_OK(sae4j_sae_decode(session, sae, &latents, x_hat.data()));
    return x_hat;
}

// d_out: 0 for an SAE, whose output is as wide as x.
std::vector<float> reconstruct(sae4j_session * session, const sae4j_sae * sae, const std::vector<float> & x,
                               int64_t n_tokens, int64_t d_out = 0) {
    std::vector<float> x_hat(d_out ? n_tokens * d_out : x.size(), nan_f32);
    CHECK_OK(sae4j_sae_reconstruct(session, sae, x.data(), n_tokens, x_hat.data()));
    return x_hat;
}

void check_csr(const Encoded & got, const sae4j_sae_params & p) {
    for (size_t t = 0; t + 1 < got.offsets.size(); t++) {
        const int64_t begin = got.offsets[t], end = got.offsets[t + 1];
        CHECK(end >= begin &&
              end - begin <= (p.activation == SAE4J_TOPK || p.activation == SAE4J_GROUPMAX ? p.k : p.n));
        for (int64_t j = begin; j < end; j++) {
            CHECK(got.indices[j] >= 0 && got.indices[j] < p.n && got.values[j] > 0);
            CHECK(j == begin || got.indices[j] > got.indices[j - 1]);
        }
    }
}

// Whether rounding may decide if latent j is on: it lies within tolerance of the border between on and off.
bool on_the_border(const NaiveSae & naive, const NaiveSae::Token & token, int64_t j, double tolerance) {
    switch (naive.params.activation) {
        case SAE4J_RELU:
            return false;  // continuous: small is as good as off
        case SAE4J_TOPK: {
            const auto [kth, next] = naive.top_k_border(token);
            return std::fabs(token.h[j] - kth) < tolerance || std::fabs(token.h[j] - next) < tolerance;
        }
        case SAE4J_JUMPRELU:
            return std::fabs(token.h[j] - naive.at(SAE4J_THRESHOLD, j)) < tolerance;
        case SAE4J_GATED:
            return std::fabs(token.gate[j]) < tolerance;
        case SAE4J_GROUPMAX: {
            const auto [best, next] = naive.best_of_group(token, j);
            return token.h[best] - next < tolerance && token.h[best] - token.h[j] < tolerance;
        }
    }
    return false;
}

// Latents of one token against the naive ones, and x̂ of these very latents, without W_skip, against f64.
void check_token(const NaiveSae & naive, const Encoded & got, int64_t t, const float * x, const float * x_hat) {
    const int64_t             d = naive.params.d, n = naive.params.n;
    const std::vector<double> wide(x, x + d);
    const auto                token = naive.encode(wide.data());
    const std::vector<double> z     = got.dense(t, n);
    for (int64_t j = 0; j < n; j++) {
        const double tolerance = relative * token.size[j];
        if (std::fabs(z[j] - token.z[j]) > tolerance && !on_the_border(naive, token, j, tolerance)) {
            CHECK_NEAR(z[j], token.z[j], tolerance);
        }
    }
    CHECK_NEAR(got.scale[t], token.scale, relative * std::fabs(token.scale));
    CHECK_NEAR(got.shift[t], token.shift, relative * (1 + std::fabs(token.shift)));
    std::vector<double>       sizes;
    const std::vector<double> expected = naive.decode(z, token.scale, token.shift, &sizes);
    for (int64_t i = 0; i < naive.d_out(); i++) {
        CHECK_NEAR(x_hat[i], expected[i], relative * sizes[i] + 1e-30);
    }
}

// What W_skip adds to one token's output.
void check_skip(const NaiveSae & naive, const float * x, const float * without, const float * with) {
    for (int64_t i = 0; i < naive.d_out(); i++) {
        double sum = without[i], size = std::fabs(sum);
        for (int64_t j = 0; j < naive.params.d; j++) {
            const double term = naive.at(SAE4J_W_SKIP, i * naive.params.d + j) * x[j];
            sum += term;
            size += std::fabs(term);
        }
        CHECK_NEAR(with[i], sum, relative * size);
    }
}

// Enough tokens of a batch to compare, and always the last.
std::vector<int64_t> some_tokens(int64_t n_tokens) {
    std::vector<int64_t> tokens;
    for (int64_t t = 0; t < n_tokens; t += 1 + n_tokens / 12) {
        tokens.push_back(t);
    }
    tokens.push_back(n_tokens - 1);
    return tokens;
}

void compare(const NaiveSae & naive, int64_t n_tokens, uint32_t seed) {
    const SaePtr             sae     = make_sae(naive);
    const SessionPtr         session = open_session(1);
    const std::vector<float> x       = Random(seed).normals(n_tokens * naive.params.d, 2, 0.5);
    const Encoded            got     = encode(session.get(), sae.get(), x, n_tokens);
    check_csr(got, naive.params);
    const int64_t            d = naive.params.d, d_out = naive.d_out();
    const std::vector<float> decoded = decode(session.get(), sae.get(), got.view(), d_out);
    const std::vector<float> x_hat   = reconstruct(session.get(), sae.get(), x, n_tokens, d_out);
    CHECK((x_hat == decoded) != (naive.params.skip == 1));
    for (int64_t t : some_tokens(n_tokens)) {
        check_token(naive, got, t, x.data() + t * d, decoded.data() + t * d_out);
        if (naive.params.skip) {
            check_skip(naive, x.data() + t * d, decoded.data() + t * d_out, x_hat.data() + t * d_out);
        }
    }
}

const char * const activation_names[]    = { "relu", "topk", "jumprelu", "gated", "groupmax" };
const char * const normalization_names[] = { "none", "layer_norm", "constant_norm_rescale", "average_only_in" };

std::string describe(const sae4j_sae_params & p, int64_t n_tokens) {
    return std::string(activation_names[p.activation]) + ", " + normalization_names[p.normalization] + ", d " +
           std::to_string(p.d) + ", d_out " + std::to_string(p.d_out) + ", skip " + std::to_string(p.skip) + ", n " +
           std::to_string(p.n) + ", k " + std::to_string(p.k) + ", b_dec " + std::to_string(p.apply_b_dec_to_input) +
           ", norm " + std::to_string(p.rescale_acts_by_decoder_norm) + ", centre " + std::to_string(p.centre_input) +
           ", " + std::to_string(n_tokens) + " tokens";
}

// All combinations of the options for one activation at one shape.
void test_options(sae4j_activation activation) {
    uint32_t seed = 100 * activation;
    for (int options = 0; options < 64; options++) {
        sae4j_sae_params p             = sae_params(19, 56, activation, 7);
        p.normalization                = static_cast<sae4j_normalization>(options & 3);
        p.scale                        = 0.37f;
        p.apply_b_dec_to_input         = options >> 2 & 1;
        p.rescale_acts_by_decoder_norm = options >> 3 & 1;
        p.centre_input                 = options >> 4 & 1;
        p.skip                         = options >> 5 & 1;
        if (activation == SAE4J_GATED && p.rescale_acts_by_decoder_norm) {
            continue;  // not defined: a gated SAE has two pre-activations
        }
        context = describe(p, 7);
        seed++;
        compare(random_sae(p, seed), 7, seed);
    }
}

void test_shapes(sae4j_activation activation) {
    const int32_t shapes[][4] = {
        { 1, 1, 1, 1 },      { 1, 5, 3, 7 },     { 2, 3, 3, 1 },        { 3, 2, 1, 7 },      { 16, 512, 32, 7 },
        { 17, 513, 513, 7 }, { 33, 1031, 1, 1 }, { 64, 1025, 64, 130 }, { 5, 77, 13, 1500 }, { 192, 700, 350, 7 },
    };
    for (const auto & s : shapes) {
        const int32_t          k = activation == SAE4J_GROUPMAX ? std::gcd(s[1], s[2]) : s[2];
        const sae4j_sae_params p = sae_params(s[0], s[1], activation, k);
        context                  = describe(p, s[3]);
        compare(random_sae(p, 7 + s[1]), s[3], 8 + s[1]);
    }
}

// Another activation as output, narrower, wider or as wide, with every normalisation of the input.
void test_transcoders(sae4j_activation activation) {
    uint32_t seed = 1000 * activation;
    for (int32_t d_out : { 7, 19, 70 }) {
        for (int options = 0; options < 16; options++) {
            sae4j_sae_params p             = sae_params(19, 56, activation, 7);
            p.d_out                        = d_out;
            p.normalization                = static_cast<sae4j_normalization>(options & 3);
            p.scale                        = 0.37f;
            p.skip                         = options >> 2 & 1;
            p.rescale_acts_by_decoder_norm = options >> 3 & 1 && activation != SAE4J_GATED;
            p.apply_b_dec_to_input         = d_out == p.d && p.skip;
            context                        = describe(p, 1030);
            seed++;
            compare(random_sae(p, seed), 1030, seed);
        }
    }
}

// The output may go where the input is.
void test_in_place() {
    context                     = "in place";
    sae4j_sae_params p          = sae_params(19, 56, SAE4J_RELU);
    p.d_out                     = p.d;
    p.skip                      = 1;
    const SaePtr       sae      = make_sae(random_sae(p, 3));
    const SessionPtr   session  = open_session(2);
    std::vector<float> x        = Random(4).normals(1500 * p.d);
    const auto         expected = reconstruct(session.get(), sae.get(), x, 1500);
    CHECK_OK(sae4j_sae_reconstruct(session.get(), sae.get(), x.data(), 1500, x.data()));
    CHECK(x == expected);
}

// Weights and activations that are whole numbers: every sum is exact, so ties are real and results must be equal.
NaiveSae integer_sae(const sae4j_sae_params & p, uint32_t seed) {
    Random   random(seed);
    NaiveSae sae{ p, {} };
    for (sae4j_sae_tensor tensor : tensors_of(p)) {
        sae.tensors[tensor] = random.integers(size_of(p, tensor), tensor == SAE4J_R_MAG ? 0 : 2);
    }
    return sae;
}

void test_exact(sae4j_activation activation, int32_t d, int32_t n, int32_t k) {
    const sae4j_sae_params p        = sae_params(d, n, activation, k);
    const NaiveSae         naive    = integer_sae(p, n);
    const SaePtr           sae      = make_sae(naive);
    const SessionPtr       session  = open_session(3);
    const int64_t          n_tokens = 40;
    const auto             x        = Random(n + 1).integers(n_tokens * d, 2);
    const auto             got      = encode(session.get(), sae.get(), x, n_tokens);
    const auto             x_hat    = reconstruct(session.get(), sae.get(), x, n_tokens);
    context                         = "whole numbers, " + describe(p, n_tokens);
    check_csr(got, p);
    for (int64_t t = 0; t < n_tokens; t++) {
        const std::vector<double> wide(x.begin() + t * d, x.begin() + (t + 1) * d);
        const auto                token = naive.encode(wide.data());
        CHECK(got.dense(t, n) == token.z);
        const auto expected = naive.decode(token.z, 1, 0);
        CHECK(std::equal(expected.begin(), expected.end(), x_hat.begin() + t * d));
    }
}

// All pre-activations equal: the lowest k indices win, wherever tiles and threads cut.
void test_all_tied(int32_t n, int32_t k) {
    NaiveSae naive = integer_sae(sae_params(3, n, SAE4J_TOPK, k), 5);
    std::fill(naive.tensors[SAE4J_W_ENC].begin(), naive.tensors[SAE4J_W_ENC].end(), 1.0f);
    std::fill(naive.tensors[SAE4J_B_ENC].begin(), naive.tensors[SAE4J_B_ENC].end(), 2.0f);
    std::fill(naive.tensors[SAE4J_B_DEC].begin(), naive.tensors[SAE4J_B_DEC].end(), 0.0f);
    const SaePtr sae = make_sae(naive);
    for (int32_t n_threads : { 1, 2, 3 }) {
        context            = "all tied, " + std::to_string(n_threads) + " threads";
        const auto session = open_session(n_threads);
        const auto got     = encode(session.get(), sae.get(), { 1, 1, 1 }, 1);
        CHECK(got.indices.size() == static_cast<size_t>(k));
        for (int32_t j = 0; j < k && j < static_cast<int32_t>(got.indices.size()); j++) {
            CHECK(got.indices[j] == j && got.values[j] == 5);
        }
    }
}

// The same tokens in other batches and with other numbers of threads.
void test_splits(sae4j_activation activation, int32_t n = 1100) {
    const sae4j_sae_params p        = sae_params(24, n, activation, 20);
    const NaiveSae         exact    = integer_sae(p, 11);
    const SaePtr           sae      = make_sae(exact);
    const int64_t          n_tokens = 1500;
    const auto             x        = Random(12).integers(n_tokens * p.d, 2);
    const auto             whole    = reconstruct(open_session(1).get(), sae.get(), x, n_tokens);
    for (int32_t n_threads : { 1, 2, 3 }) {
        const SessionPtr session = open_session(n_threads);
        for (int64_t step : { int64_t{ 1500 }, int64_t{ 1024 }, int64_t{ 311 }, int64_t{ 7 } }) {
            if (n_threads > 1 && step == 7) {
                continue;  // says nothing new, and threads outnumbering the cores wait for each other at every step
            }
            context = describe(p, step) + " a call, " + std::to_string(n_threads) + " threads";
            std::vector<float> parts;
            for (int64_t first = 0; first < n_tokens; first += step) {
                const int64_t            m = std::min(step, n_tokens - first);
                const std::vector<float> part(x.begin() + first * p.d, x.begin() + (first + m) * p.d);
                const auto               x_hat = reconstruct(session.get(), sae.get(), part, m);
                parts.insert(parts.end(), x_hat.begin(), x_hat.end());
            }
            CHECK(parts == whole);
        }
    }
}

// The same with real numbers and an activation that is continuous.
void test_splits_of_reals() {
    context                         = "splits of real numbers";
    const sae4j_sae_params p        = sae_params(48, 700, SAE4J_RELU);
    const SaePtr           sae      = make_sae(random_sae(p, 21));
    const int64_t          n_tokens = 130;
    const auto             x        = Random(22).normals(n_tokens * p.d);
    const auto             whole    = reconstruct(open_session(1).get(), sae.get(), x, n_tokens);
    for (int32_t n_threads : { 1, 2, 3 }) {
        const SessionPtr session = open_session(n_threads);
        CHECK(largest_difference(reconstruct(session.get(), sae.get(), x, n_tokens), whole) < relative);
        for (int64_t t = 0; t < n_tokens; t += 13) {
            const std::vector<float> row(x.begin() + t * p.d, x.begin() + (t + 1) * p.d);
            const std::vector<float> expected(whole.begin() + t * p.d, whole.begin() + (t + 1) * p.d);
            CHECK(largest_difference(reconstruct(session.get(), sae.get(), row, 1), expected) < relative);
        }
    }
}

// Few of many latents: where the CPU has bf16 products, a rounded look comes first, and must rule out nothing wrongly.
void test_filtered() {
    CHECK(!sae4j::Bf16Filter::pays(1151, 4));
    CHECK(sae4j::Bf16Filter::pays(1152, 4) == sae4j::kernels().bf16_dot);
    const int32_t shapes[][4] = {
        { 1, 1152, 4, 7 }, { 33, 1300, 1, 130 }, { 64, 4097, 32, 1030 }, { 192, 6144, 16, 40 }
    };
    for (const auto & s : shapes) {
        sae4j_sae_params p             = sae_params(s[0], s[1], SAE4J_TOPK, s[2]);
        p.rescale_acts_by_decoder_norm = s[0] % 2;
        context                        = "filtered, " + describe(p, s[3]);
        compare(random_sae(p, 5 + s[1]), s[3], 6 + s[1]);
    }
    const sae4j_sae_params p      = sae_params(48, 3000, SAE4J_TOPK, 12);
    NaiveSae               alike  = random_sae(p, 71);
    NaiveSae               uneven = alike;
    NaiveSae               biased = alike;
    Random                 random(72);
    for (int64_t i = 0; i < p.n * p.d; i++) {
        // closer to one another than bf16 can tell
        alike.tensors[SAE4J_W_ENC][i] = alike.tensors[SAE4J_W_ENC][i % p.d] * (1 + 1e-3f * random.normals(1)[0]);
    }
    std::fill(alike.tensors[SAE4J_B_ENC].begin(), alike.tensors[SAE4J_B_ENC].end(), 0.25f);
    for (int64_t i = 0; i < p.d; i++) {
        uneven.tensors[SAE4J_W_ENC][7 * p.d + i] *= 1e4f;
    }
    for (float & b : biased.tensors[SAE4J_B_ENC]) {
        b = 1e4f + 1e-2f * b;
    }
    context = "filtered, rows alike";
    compare(alike, 60, 73);
    context = "filtered, one row far longer";
    compare(uneven, 60, 74);
    context = "filtered, large biases";
    compare(biased, 60, 75);
}

// What can be among the k best after a look that is wrong by as much as error: the k-th may look larger by it than it
// is, and another smaller.
void test_likely() {
    context           = "likely";
    const auto likely = [](std::vector<float> values, int64_t k) {
        std::vector<sae4j::Candidate> best;
        for (int32_t i = 0; i < sae4j::Bf16Filter::wanted(k); i++) {
            best.push_back({ i < static_cast<int32_t>(values.size()) ? values[i] : -9.0f, i });
        }
        const int64_t        count = static_cast<int64_t>(best.size());
        const int64_t        found = sae4j::Bf16Filter::likely(best.data(), count, k, 0.1f);
        std::vector<int32_t> indices;
        for (int64_t i = 0; i < found; i++) {
            indices.push_back(best[i].index);
        }
        std::sort(indices.begin(), indices.end());
        return indices;
    };
    CHECK((likely({ 0.79f, 1, 0.81f, 1.2f, 0.5f }, 2) == std::vector<int32_t>{ 1, 2, 3 }));
    CHECK((likely({ -0.11f, 0.03f, -0.09f, 0.05f }, 2) == std::vector<int32_t>{ 1, 2, 3 }));  // above zero, or nothing
    CHECK((likely({ -0.11f, -0.3f, -0.09f }, 1) == std::vector<int32_t>{ 2 }));
    CHECK(likely(std::vector<float>(66, 1), 1).empty());  // others may be as good
}

// Rounding that errs the same way everywhere: no bound can be lower, and none may be lower than what it is.
void test_filter_error() {
    const int64_t d = 96;
    for (float x_value : { 1.0f, 1.0039f }) {  // bf16 has it, or makes 1 of it
        for (float w_value : { 1.0f, 1.0039f }) {
            for (float factor : { 1.0f, 3.0f }) {
                context = "error of the filter, x " + std::to_string(x_value) + ", w " + std::to_string(w_value);
                const std::vector<float> x(d, x_value);
                sae4j::Buffer<float>     w(2 * d);
                std::vector<uint16_t>    rounded(d);
                const std::vector<float> factors{ 0.1f, factor };
                std::fill_n(w.data(), 2 * d, w_value);
                sae4j::kernels().to_bf16(x.data(), d, rounded.data());
                const sae4j::Bf16Filter filter(std::move(w), 2, d, factors.data());
                const double            found  = filter.error(x.data(), rounded.data());
                const double            wanted = static_cast<double>(d) * factor * (double{ x_value } * w_value - 1);
                CHECK(found >= wanted && found <= 1.01 * wanted + 4e-3);
            }
        }
    }
}

// NaN and infinity anywhere, and a row of zeros that constant_norm_rescale cannot scale; afterwards all is well.
void test_not_finite(sae4j_activation activation) {
    sae4j_sae_params p        = sae_params(9, 40, activation, 4);
    const SaePtr     sae      = make_sae(random_sae(p, 31));
    const auto       session  = open_session(2);
    const auto       good     = Random(32).normals(1100 * p.d);
    const auto       expected = reconstruct(session.get(), sae.get(), good, 1100);
    context                   = std::string("not finite, ") + activation_names[activation];
    for (float bad : { nan_f32, inf_f32, -inf_f32 }) {
        for (size_t at : { size_t{ 0 }, good.size() / 2, good.size() - 1 }) {
            std::vector<float> x = good, x_hat(x.size());
            sae4j_latents      latents{};
            x[at] = bad;
            CHECK_STATUS(sae4j_sae_encode(session.get(), sae.get(), x.data(), 1100, &latents), SAE4J_NOT_FINITE);
            CHECK_STATUS(sae4j_sae_reconstruct(session.get(), sae.get(), x.data(), 1100, x_hat.data()),
                         SAE4J_NOT_FINITE);
        }
    }
    CHECK(reconstruct(session.get(), sae.get(), good, 1100) == expected);
    p.normalization                = SAE4J_NORM_CONSTANT_NORM_RESCALE;
    const SaePtr             other = make_sae(random_sae(p, 31));
    const std::vector<float> zeros(p.d);
    sae4j_latents            latents{};
    CHECK_STATUS(sae4j_sae_encode(session.get(), other.get(), zeros.data(), 1, &latents), SAE4J_NOT_FINITE);
}

// Finite weights and activations whose products are not: no reconstruction, not a wrong one.
void test_overflow(sae4j_activation activation) {
    context        = std::string("overflow, ") + activation_names[activation];
    NaiveSae naive = random_sae(sae_params(4, 8, activation, 2), 1);
    for (float & v : naive.tensors[SAE4J_W_ENC]) {
        v *= 1e30f;
    }
    const SaePtr             sae = make_sae(naive);
    const std::vector<float> x{ 1e30f, -1e30f, 1e30f, 1e29f };
    std::vector<float>       x_hat(4);
    CHECK_STATUS(sae4j_sae_reconstruct(open_session(1).get(), sae.get(), x.data(), 1, x_hat.data()), SAE4J_NOT_FINITE);
}

// layer_norm of a row without variance is its mean, plus what b_enc alone switches on, times zero.
void test_flat_row() {
    context            = "flat row";
    sae4j_sae_params p = sae_params(6, 11, SAE4J_TOPK, 3);
    p.normalization    = SAE4J_NORM_LAYER_NORM;
    const SaePtr sae   = make_sae(random_sae(p, 41));
    const auto   x_hat = reconstruct(open_session(1).get(), sae.get(), std::vector<float>(6, 3.25f), 1);
    for (float v : x_hat) {
        CHECK(v == 3.25f);
    }
}

// What layer_norm adds to the deviation, not to the variance, shows where that is small.
void test_small_deviation() {
    for (double deviation : { 1e-3, 1e-5, 1e-7 }) {
        context                          = "deviation " + std::to_string(deviation);
        sae4j_sae_params p               = sae_params(24, 60, SAE4J_RELU);
        p.normalization                  = SAE4J_NORM_LAYER_NORM;
        const NaiveSae           naive   = random_sae(p, 42);
        const SaePtr             sae     = make_sae(naive);
        const SessionPtr         session = open_session(1);
        const std::vector<float> x       = Random(43).normals(p.d, deviation);
        const Encoded            got     = encode(session.get(), sae.get(), x, 1);
        check_token(naive, got, 0, x.data(), decode(session.get(), sae.get(), got.view(), p.d).data());
    }
}

void test_no_tokens() {
    context                  = "no tokens";
    const SaePtr     sae     = make_sae(random_sae(sae_params(4, 8, SAE4J_RELU), 51));
    const SessionPtr session = open_session(1);
    const auto       got     = encode(session.get(), sae.get(), std::vector<float>(4), 0);
    CHECK(got.offsets.size() == 1 && got.values.empty());
    const sae4j_latents none = got.view();
    float               nothing;
    CHECK_OK(sae4j_sae_decode(session.get(), sae.get(), &none, &nothing));
}

void test_bad_latents() {
    context                  = "bad latents";
    const SaePtr     sae     = make_sae(random_sae(sae_params(4, 8, SAE4J_RELU), 61));
    const SessionPtr session = open_session(1);
    const Encoded    good{ { 0, 1, 2 }, { 3, 7 }, { 1, 2 }, { 1, 1 }, { 0, 0 } };
    float            x_hat[8];
    const auto       status = [&](Encoded bad) {
        const sae4j_latents latents = bad.view();
        return sae4j_sae_decode(session.get(), sae.get(), &latents, x_hat);
    };
    CHECK_OK(status(good));
    for (const std::vector<int64_t> & offsets :
         std::vector<std::vector<int64_t>>{ { 1, 1, 2 }, { 0, 2, 1 }, { 0, -1, 2 } }) {
        Encoded bad = good;
        bad.offsets = offsets;
        CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    }
    for (int32_t index : { -1, 8, INT32_MAX }) {
        Encoded bad    = good;
        bad.indices[1] = index;
        CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    }
}

}  // namespace

int main() {
    for (sae4j_activation activation : { SAE4J_RELU, SAE4J_TOPK, SAE4J_JUMPRELU, SAE4J_GATED, SAE4J_GROUPMAX }) {
        test_options(activation);
        test_transcoders(activation);
        test_shapes(activation);
        test_exact(activation, 8, 50, 5);
        test_exact(activation, 5, 1200, 300);
        test_splits(activation);
        test_not_finite(activation);
        test_overflow(activation);
    }
    test_exact(SAE4J_TOPK, 7, 90, 90);
    test_exact(SAE4J_TOPK, 4, 2000, 1);
    test_exact(SAE4J_TOPK, 5, 1300, 4);
    test_splits(SAE4J_TOPK, 1700);
    test_filtered();
    test_likely();
    test_filter_error();
    test_in_place();
    test_all_tied(1300, 600);
    test_all_tied(1300, 4);
    test_splits_of_reals();
    test_flat_row();
    test_small_deviation();
    test_no_tokens();
    test_bad_latents();
    return conclude("test_sae");
}
