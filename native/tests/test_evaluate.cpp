// sae4j_evaluate on tiny random models against KL, cross-entropy and argmax from the full logits in f64.
#include "naive_gpt2.h"
#include "naive_sae.h"

#include <algorithm>
#include <optional>

using namespace test;

namespace {

// ---------------------------------------------------------------- the same numbers, naively

struct Effect {
    std::vector<double> kl, ce, gap;  // gap: what separates the argmaxes from the next best, of both runs the smaller
    std::vector<int>    top1;
};

double log_sum_exp(const double * row, int64_t n) {
    const double highest = *std::max_element(row, row + n);
    double       sum     = 0;
    for (int64_t v = 0; v < n; v++) {
        sum += std::exp(row[v] - highest);
    }
    return highest + std::log(sum);
}

double lead(const double * row, int64_t n) {
    const auto * best   = std::max_element(row, row + n);
    double       second = -INFINITY;
    for (int64_t v = 0; v < n; v++) {
        second = row + v == best ? second : std::max(second, row[v]);
    }
    return *best - second;
}

Effect effect_of(const Matrix & clean, const Matrix & replaced, const Tokens & tokens) {
    Effect        effect;
    const int64_t n   = clean.columns;
    int64_t       end = 0;
    size_t        s   = 0;
    for (int64_t t = 0; t < clean.rows; t++) {
        end             = t == end ? end + tokens.lengths[s++] : end;
        const double *a = clean.row(t), *b = replaced.row(t);
        const double  lse_a = log_sum_exp(a, n), lse_b = log_sum_exp(b, n);
        double        kl = 0;
        for (int64_t v = 0; v < n; v++) {
            kl += std::exp(a[v] - lse_a) * ((a[v] - lse_a) - (b[v] - lse_b));
        }
        effect.kl.push_back(kl);
        effect.ce.push_back(t + 1 == end ? 0 : lse_b - b[tokens.ids[t + 1]]);
        effect.top1.push_back(std::max_element(a, a + n) - a == std::max_element(b, b + n) - b);
        effect.gap.push_back(std::min(lead(a, n), lead(b, n)));
    }
    return effect;
}

// ---------------------------------------------------------------- what the engine says

struct EffectArrays {
    explicit EffectArrays(int64_t n_tokens) : kl(n_tokens, NAN), ce(n_tokens, NAN), top1(n_tokens, 77) {}

    sae4j_effect view() { return { kl.data(), ce.data(), top1.data() }; }

    std::vector<double>  kl, ce;
    std::vector<uint8_t> top1;
};

struct ReconstructionArrays {
    ReconstructionArrays(int64_t n_tokens, int64_t n) :
        squared_error(n_tokens, NAN),
        x_hat_squared(n_tokens, NAN),
        x_dot_x_hat(n_tokens, NAN),
        l1(n_tokens, NAN),
        l0(n_tokens, -1),
        fires(n, 1000) {}

    sae4j_reconstruction view() {
        return { squared_error.data(), x_hat_squared.data(), x_dot_x_hat.data(), l1.data(), l0.data(), fires.data() };
    }

    std::vector<double>  squared_error, x_hat_squared, x_dot_x_hat, l1;
    std::vector<int32_t> l0;
    std::vector<int64_t> fires;
};

// What is evaluated.
struct Case {
    Gpt2Shape             shape;
    Point                 point;
    std::vector<NaiveSae> saes;
    Tokens                tokens;
    std::vector<uint8_t>  replaced, counted;  // empty: all
    std::vector<float>    mean;               // empty: none
    float                 logit_scale = 1;
    std::optional<Point>  in;  // what the SAEs read if it is another activation

    Point reads() const { return in.value_or(point); }
};

// All that one evaluation gives.
struct Result {
    Result(const Case & c) :
        ce_clean(c.tokens.size(), NAN),
        x_squared(c.tokens.size(), NAN),
        x_sum(c.tokens.lengths.size() * width_at(c.shape, c.point), 500),
        zero(c.tokens.size()),
        mean(c.tokens.size()) {
        for (const NaiveSae & sae : c.saes) {
            effects.emplace_back(c.tokens.size());
            reconstructions.emplace_back(c.tokens.size(), sae.params.n);
        }
    }

    std::vector<double>               ce_clean, x_squared, x_sum;
    EffectArrays                      zero, mean;
    std::vector<EffectArrays>         effects;
    std::vector<ReconstructionArrays> reconstructions;
};

const uint8_t * or_null(const std::vector<uint8_t> & mask) {
    return mask.empty() ? nullptr : mask.data();
}

// Cases of the same tokens and masks, in one call.
std::vector<Result> evaluate(const std::vector<Case> & cases, const sae4j_model * model, int32_t n_threads) {
    std::vector<Result>       results(cases.begin(), cases.end());
    std::vector<SaePtr>       saes;
    std::vector<sae4j_place>  places;
    std::vector<sae4j_splice> splices;
    for (size_t p = 0; p < cases.size(); p++) {
        const Case & c = cases[p];
        Result &     r = results[p];
        places.push_back({ c.point, 1, c.mean.empty() ? nullptr : c.mean.data(), r.x_squared.data(), r.x_sum.data(),
                           r.zero.view(), r.mean.view() });
        for (size_t i = 0; i < c.saes.size(); i++) {
            saes.push_back(make_sae(c.saes[i]));
            splices.push_back({ saes.back().get(), c.reads(), static_cast<int32_t>(p), r.effects[i].view(),
                                r.reconstructions[i].view() });
        }
    }
    const Case &           first = cases[0];
    const sae4j_evaluation wanted{ places.data(),
                                   static_cast<int32_t>(places.size()),
                                   splices.data(),
                                   static_cast<int32_t>(splices.size()),
                                   or_null(first.replaced),
                                   or_null(first.counted),
                                   results[0].ce_clean.data() };
    const sae4j_batch      batch = first.tokens.view();
    CHECK_OK(sae4j_evaluate(open_session(n_threads).get(), model, &batch, &wanted));
    for (Result & result : results) {
        result.ce_clean = results[0].ce_clean;
    }
    return results;
}

Result evaluate(const Case & c, const sae4j_model * model, int32_t n_threads) {
    return evaluate(std::vector<Case>{ c }, model, n_threads)[0];
}

// ---------------------------------------------------------------- comparing

// Tolerances: relative to the value, and absolutely what f32 logits of this size can tell.
struct Tolerance {
    double relative, absolute;

    double of(double value) const { return relative * std::fabs(value) + absolute; }
};

Tolerance tolerance_for(const Matrix & logits) {
    double size = 1;
    for (double v : logits.values) {
        size = std::max(size, std::fabs(v));
    }
    return { 1e-4, 2e-5 * size };
}

void check_effect(const EffectArrays & got, const Effect & expected, const Tolerance & tolerance) {
    for (size_t t = 0; t < got.kl.size(); t++) {
        CHECK_NEAR(got.kl[t], expected.kl[t], tolerance.of(expected.kl[t]));
        CHECK_NEAR(got.ce[t], expected.ce[t], tolerance.of(expected.ce[t]));
        if (expected.gap[t] > 10 * tolerance.absolute) {
            CHECK(got.top1[t] == expected.top1[t]);
        }
        CHECK(got.top1[t] <= 1);
    }
}

bool same(Point a, Point b) {
    return a.site == b.site && a.layer == b.layer;
}

// The naive run in which put(t, row) changes the activation of the tokens that are replaced.
template <typename F> Matrix replaced_run(const Case & c, const NaiveGpt2 & naive, F put) {
    return naive.logits(c.tokens, [&](Point point, Matrix & x) {
        for (int64_t t = 0; t < x.rows && same(point, c.point); t++) {
            if (c.replaced.empty() || c.replaced[t]) {
                put(t, x.row(t));
            }
        }
    });
}

// x is read, and the output stands for target.
void check_reconstruction(const Case & c, const NaiveSae & sae, const Matrix & x, const Matrix & target,
                          const ReconstructionArrays & got) {
    std::vector<int64_t> fires(sae.params.n, 1000);
    for (int64_t t = 0; t < x.rows; t++) {
        const auto token = sae.encode(x.row(t));
        const auto x_hat = sae.reconstruct(x.row(t));
        double     error = 0, squared = 0, dot = 0, x_squared = 0, l1 = 0;
        int32_t    l0 = 0;
        for (int64_t i = 0; i < target.columns; i++) {
            error += (target.row(t)[i] - x_hat[i]) * (target.row(t)[i] - x_hat[i]);
            squared += x_hat[i] * x_hat[i];
            dot += target.row(t)[i] * x_hat[i];
            x_squared += target.row(t)[i] * target.row(t)[i];
        }
        for (int64_t j = 0; j < sae.params.n; j++) {
            l1 += token.z[j];
            l0 += token.z[j] > 0;
            fires[j] += token.z[j] > 0 && (c.counted.empty() || c.counted[t]);
        }
        const double size = squared + x_squared;
        CHECK_NEAR(got.squared_error[t], error, 1e-4 * size);
        CHECK_NEAR(got.x_hat_squared[t], squared, 1e-4 * size);
        CHECK_NEAR(got.x_dot_x_hat[t], dot, 1e-4 * size);
        CHECK_NEAR(got.l1[t], l1, 1e-4 * (1 + l1));
        CHECK(got.l0[t] == l0);
    }
    CHECK(got.fires == fires);
}

void check_sums(const Case & c, const Matrix & x, const Result & got) {
    std::vector<double> sums;  // [n_sequences, width]
    double              size = 1;
    for (int64_t s = 0, t = 0, end = 0; s < static_cast<int64_t>(c.tokens.lengths.size()); s++) {
        std::vector<double> sum(x.columns, 500);
        for (end += c.tokens.lengths[s]; t < end; t++) {
            double squared = 0;
            for (int64_t i = 0; i < x.columns; i++) {
                squared += x.row(t)[i] * x.row(t)[i];
                sum[i] += c.counted.empty() || c.counted[t] ? x.row(t)[i] : 0;
            }
            size = std::max(size, squared);
            CHECK_NEAR(got.x_squared[t], squared, 1e-4 * squared);
        }
        sums.insert(sums.end(), sum.begin(), sum.end());
    }
    CHECK(got.x_sum.size() == sums.size());
    for (size_t i = 0; i < sums.size(); i++) {
        CHECK_NEAR(got.x_sum[i], sums[i], 1e-5 * std::sqrt(size) * static_cast<double>(x.rows));
    }
}

void check(const Case & c) {
    NaiveGpt2 naive(c.shape, 3);
    naive.scale_logits(c.logit_scale);
    const ModelPtr  model = make_model(naive);
    const Result    got   = evaluate(c, model.get(), 1);
    Matrix          x(0, 0), read(0, 0);
    const Matrix    clean     = naive.logits(c.tokens, [&](Point point, Matrix & activation) {
        x    = same(point, c.point) ? activation : x;
        read = same(point, c.reads()) ? activation : read;
    });
    const Tolerance tolerance = tolerance_for(clean);
    const Effect    itself    = effect_of(clean, clean, c.tokens);
    for (int64_t t = 0; t < c.tokens.size(); t++) {
        CHECK_NEAR(got.ce_clean[t], itself.ce[t], tolerance.of(itself.ce[t]));
    }
    check_sums(c, x, got);
    for (size_t i = 0; i < c.saes.size(); i++) {
        const Matrix logits = replaced_run(c, naive, [&](int64_t t, double * row) {
            const auto x_hat = c.saes[i].reconstruct(read.row(t));
            std::copy(x_hat.begin(), x_hat.end(), row);
        });
        check_effect(got.effects[i], effect_of(clean, logits, c.tokens), tolerance);
        check_reconstruction(c, c.saes[i], read, x, got.reconstructions[i]);
    }
    const Matrix zero = replaced_run(c, naive, [&](int64_t, double * row) { std::fill_n(row, x.columns, 0.0); });
    check_effect(got.zero, effect_of(clean, zero, c.tokens), tolerance);
    if (!c.mean.empty()) {
        const Matrix mean =
            replaced_run(c, naive, [&](int64_t, double * row) { std::copy(c.mean.begin(), c.mean.end(), row); });
        check_effect(got.mean, effect_of(clean, mean, c.tokens), tolerance);
    }
}

// ---------------------------------------------------------------- cases

std::vector<NaiveSae> saes_for(int64_t width, int count) {
    const int32_t         d = static_cast<int32_t>(width);
    std::vector<NaiveSae> saes{ random_sae(sae_params(d, 37, SAE4J_TOPK, 6), 1),
                                random_sae(sae_params(d, 61, SAE4J_RELU), 2),
                                random_sae(sae_params(d, 20, SAE4J_JUMPRELU), 3),
                                random_sae(sae_params(d, 23, SAE4J_GATED), 4) };
    saes[0].params.normalization = SAE4J_NORM_LAYER_NORM;
    saes.resize(count);
    return saes;
}

Case case_at(const Gpt2Shape & shape, Point point, int n_saes, const std::vector<int32_t> & lengths) {
    const int64_t width = width_at(shape, point);
    return { shape, point, saes_for(width, n_saes),       random_tokens(lengths, shape.n_vocab, 8),
             {},    {},    Random(9).normals(width, 0.3), 1,
             {} };
}

// Transcoders, with W_skip and without, from one activation to another.
Case transcoders_at(const Gpt2Shape & shape, Point in, Point out, const std::vector<int32_t> & lengths) {
    Case c = case_at(shape, out, 0, lengths);
    c.in   = in;
    for (sae4j_activation activation : { SAE4J_GROUPMAX, SAE4J_TOPK, SAE4J_RELU }) {
        sae4j_sae_params params     = sae_params(static_cast<int32_t>(width_at(shape, in)), 36, activation, 6);
        params.d_out                = static_cast<int32_t>(width_at(shape, out));
        params.skip                 = activation != SAE4J_RELU;
        params.apply_b_dec_to_input = 0;
        params.normalization        = activation == SAE4J_TOPK ? SAE4J_NORM_LAYER_NORM : SAE4J_NORM_NONE;
        c.saes.push_back(random_sae(params, 30 + activation));
    }
    return c;
}

std::string describe(const Case & c) {
    return (c.in ? name_of(*c.in) + " to " : "") + name_of(c.point) + ", vocabulary " +
           std::to_string(c.shape.n_vocab) + ", logits × " + std::to_string(static_cast<int>(c.logit_scale)) +
           (c.replaced.empty() ? "" : ", some replaced");
}

constexpr Gpt2Shape small{ 2, 2, 12, 20, 16, 50, 1, 1e-5f, MLP_GELU, 0, 0 };

// Every hook point, replaced everywhere or at some tokens.
void test_every_point() {
    for (Point point : all_points(small)) {
        Case c  = case_at(small, point, 4, { 16, 1, 7 });
        context = describe(c);
        check(c);
        c.replaced = Random(5).mask(c.tokens.size(), 0.6);
        c.counted  = Random(6).mask(c.tokens.size(), 0.6);
        context    = describe(c);
        check(c);
    }
}

void mask(Case & c) {
    c.replaced = Random(5).mask(c.tokens.size(), 0.6);
    c.counted  = Random(6).mask(c.tokens.size(), 0.6);
}

void test_transcoders() {
    const std::pair<Point, Point> ways[] = {
        { { HOOK_RESID_MID, 0 }, { HOOK_MLP_OUT, 0 } },
        { { HOOK_LN2, 0 }, { HOOK_MLP_OUT, 0 } },
        { { HOOK_LN1, 1 }, { HOOK_ATTN_OUT, 1 } },
        { { HOOK_LN1, 0 }, { HOOK_LN2, 1 } },
        { { HOOK_RESID_PRE, 1 }, { HOOK_LN1, 1 } },
        { { HOOK_LN2, 1 }, { HOOK_LN2, 1 } },
        { { HOOK_LN2_STANDARDIZED, 0 }, { HOOK_MLP_OUT, 0 } },
        { { HOOK_LN1_STANDARDIZED, 1 }, { HOOK_LN1, 1 } },
        { { HOOK_LN1, 0 }, { HOOK_LN2_STANDARDIZED, 1 } },
        { { HOOK_LN1_STANDARDIZED, 1 }, { HOOK_LN1_STANDARDIZED, 1 } },
        { { HOOK_STANDARDIZED, 0 }, { HOOK_NORMALIZED, 0 } },
        { { HOOK_MLP_POST, 1 }, { HOOK_RESID_POST, 1 } },
        { { HOOK_EMBED, 0 }, { HOOK_MLP_POST, 1 } },
        { { HOOK_POS_EMBED, 0 }, { HOOK_NORMALIZED, 0 } },
        { { HOOK_RESID_POST, 0 }, { HOOK_RESID_PRE, 1 } },
        { { HOOK_ATTN_OUT, 1 }, { HOOK_ATTN_OUT, 1 } },
    };
    for (const auto & [in, out] : ways) {
        Case c  = transcoders_at(small, in, out, { 16, 1, 7 });
        context = describe(c);
        check(c);
        mask(c);
        context = describe(c);
        check(c);
    }
}

bool operator==(const EffectArrays & a, const EffectArrays & b) {
    return a.kl == b.kl && a.ce == b.ce && a.top1 == b.top1;
}

bool operator==(const ReconstructionArrays & a, const ReconstructionArrays & b) {
    return a.squared_error == b.squared_error && a.x_hat_squared == b.x_hat_squared && a.x_dot_x_hat == b.x_dot_x_hat &&
           a.l1 == b.l1 && a.l0 == b.l0 && a.fires == b.fires;
}

// SAEs and transcoders at many places, some twice and in no order, in one call: to the bit what each place gives alone.
void test_together() {
    const std::vector<int32_t> lengths{ 16, 1, 7 };
    for (bool masked : { false, true }) {
        std::vector<Case> cases{
            case_at(small, { HOOK_RESID_POST, 1 }, 4, lengths),
            case_at(small, { HOOK_MLP_POST, 0 }, 2, lengths),
            transcoders_at(small, { HOOK_RESID_MID, 0 }, { HOOK_MLP_OUT, 0 }, lengths),
            case_at(small, { HOOK_NORMALIZED, 0 }, 1, lengths),
            case_at(small, { HOOK_EMBED, 0 }, 1, lengths),
            case_at(small, { HOOK_Z, 1 }, 2, lengths),
            transcoders_at(small, { HOOK_LN2, 1 }, { HOOK_MLP_OUT, 1 }, lengths),
            transcoders_at(small, { HOOK_LN1, 0 }, { HOOK_ATTN_OUT, 0 }, lengths),
            case_at(small, { HOOK_LN1, 1 }, 2, lengths),
            case_at(small, { HOOK_LN1_STANDARDIZED, 1 }, 2, lengths),
            transcoders_at(small, { HOOK_LN2_STANDARDIZED, 1 }, { HOOK_MLP_OUT, 1 }, lengths),
            case_at(small, { HOOK_STANDARDIZED, 0 }, 1, lengths),
            transcoders_at(small, { HOOK_Z, 1 }, { HOOK_RESID_POST, 1 }, lengths),
            case_at(small, { HOOK_RESID_POST, 1 }, 0, lengths),
        };
        if (masked) {
            std::for_each(cases.begin(), cases.end(), mask);
        }
        const ModelPtr model = make_model(NaiveGpt2(small, 3));
        const auto     got   = evaluate(cases, model.get(), 2);
        for (size_t i = 0; i < cases.size(); i++) {
            context               = "together, " + describe(cases[i]);
            const Result expected = evaluate(cases[i], model.get(), 2);
            CHECK(got[i].ce_clean == expected.ce_clean);
            CHECK(got[i].x_squared == expected.x_squared && got[i].x_sum == expected.x_sum);
            CHECK(got[i].zero == expected.zero && got[i].mean == expected.mean);
            CHECK(got[i].effects == expected.effects);
            CHECK(got[i].reconstructions == expected.reconstructions);
        }
    }
}

void test_vocabularies() {
    for (int32_t n_vocab : { 1, 5, 1000, 2100 }) {
        Gpt2Shape shape = small;
        shape.n_vocab   = n_vocab;
        shape.tied      = n_vocab % 2;
        for (Site site : { HOOK_RESID_POST, HOOK_MLP_POST }) {
            const Case c = case_at(shape, { site, 0 }, 2, { 9, 16 });
            context      = describe(c);
            check(c);
        }
    }
}

// More tokens than are encoded at a time.
void test_pieces() {
    const Gpt2Shape shape{ 1, 2, 12, 20, 110, 50, 1, 1e-5f, MLP_GELU, 0, 0 };
    Case            c = case_at(shape, { HOOK_RESID_POST, 0 }, 2, std::vector<int32_t>(11, 101));
    mask(c);
    context = "pieces, " + describe(c);
    check(c);
}

// Logits of ±1e3 and beyond: exp of none of them exists in f32.
void test_extreme_logits() {
    for (float scale : { 30.0f, 1000.0f }) {
        for (int32_t n_vocab : { 50, 2100 }) {
            Gpt2Shape shape = small;
            shape.n_vocab   = n_vocab;
            for (Site site : { HOOK_EMBED, HOOK_RESID_MID, HOOK_NORMALIZED }) {
                Case c        = case_at(shape, { site, 0 }, 1, { 16, 3 });
                c.logit_scale = scale;
                context       = describe(c);
                check(c);
            }
        }
    }
}

// Only what is asked for is written; nothing need be asked for.
void test_optional_outputs() {
    context                   = "optional outputs";
    const Case        c       = case_at(small, { HOOK_RESID_PRE, 1 }, 1, { 16, 4 });
    const ModelPtr    model   = make_model(NaiveGpt2(small, 3));
    const Result      full    = evaluate(c, model.get(), 1);
    const SaePtr      sae     = make_sae(c.saes[0]);
    const SessionPtr  session = open_session(1);
    const sae4j_batch batch   = c.tokens.view();
    for (int which = 0; which < 3; which++) {
        Result       got(c);
        sae4j_effect effect = got.effects[0].view();
        effect              = { which == 0 ? effect.kl : nullptr, which == 1 ? effect.ce : nullptr,
                   which == 2 ? effect.top1 : nullptr };
        const sae4j_splice     splice{ sae.get(), c.point, 0, effect, got.reconstructions[0].view() };
        const sae4j_place      place{ c.point, 0, nullptr, nullptr, nullptr, {}, {} };
        const sae4j_evaluation wanted{ &place, 1, &splice, 1, nullptr, nullptr, nullptr };
        CHECK_OK(sae4j_evaluate(session.get(), model.get(), &batch, &wanted));
        CHECK(which != 0 || got.effects[0].kl == full.effects[0].kl);
        CHECK(which != 1 || got.effects[0].ce == full.effects[0].ce);
        CHECK(which != 2 || got.effects[0].top1 == full.effects[0].top1);
    }
    const sae4j_evaluation nothing{};
    CHECK_OK(sae4j_evaluate(session.get(), model.get(), &batch, &nothing));
}

// Numbers that cannot be told are an error, not NaN among the results.
void test_not_finite() {
    const Case               c = case_at(small, { HOOK_RESID_PRE, 1 }, 0, { 16, 4 });
    NaiveGpt2                naive(small, 3);
    const ModelPtr           model   = make_model(naive);
    const SessionPtr         session = open_session(1);
    const sae4j_batch        batch   = c.tokens.view();
    EffectArrays             effect(c.tokens.size());
    sae4j_place              place{ c.point, 0, nullptr, nullptr, nullptr, {}, effect.view() };
    sae4j_evaluation         wanted{ &place, 1, nullptr, 0, nullptr, nullptr, nullptr };
    const std::vector<float> bad(small.n_embd, nan_f32);
    context    = "NaN in the mean";
    place.mean = bad.data();
    CHECK_STATUS(sae4j_evaluate(session.get(), model.get(), &batch, &wanted), SAE4J_NOT_FINITE);
    context = "logits beyond f32";
    for (auto & item : naive.tensors) {
        for (float & v : item.second) {
            v *= 1e15f;
        }
    }
    place.mean      = nullptr;
    wanted.ce_clean = effect.ce.data();
    CHECK_STATUS(sae4j_evaluate(session.get(), make_model(naive).get(), &batch, &wanted), SAE4J_NOT_FINITE);
}

// Sums by themselves, without predictions, are the same.
void test_sums_only() {
    Case c                       = case_at(small, { HOOK_Z, 1 }, 0, { 16, 4 });
    c.counted                    = Random(6).mask(c.tokens.size(), 0.5);
    context                      = "sums only";
    const ModelPtr         model = make_model(NaiveGpt2(small, 3));
    const Result           got   = evaluate(c, model.get(), 1);
    std::vector<double>    sum(c.tokens.lengths.size() * small.n_embd, 500);
    const sae4j_place      place{ c.point, 0, nullptr, nullptr, sum.data(), {}, {} };
    const sae4j_evaluation wanted{ &place, 1, nullptr, 0, nullptr, c.counted.data(), nullptr };
    const sae4j_batch      batch   = c.tokens.view();
    const SessionPtr       session = open_session(1);
    CHECK_OK(sae4j_evaluate(session.get(), model.get(), &batch, &wanted));
    CHECK(sum == got.x_sum);
    CHECK(sae4j_session_get_times(session.get()).unembed == 0);
}

// ---------------------------------------------------------------- batches, threads, precision

void check_close(const std::vector<double> & got, const std::vector<double> & expected, double relative) {
    double size = 1e-3;
    for (double v : expected) {
        size = std::max(size, std::fabs(v));
    }
    for (size_t i = 0; i < got.size(); i++) {
        CHECK_NEAR(got[i], expected[i], relative * size);
    }
}

void check_close(const Result & got, const Result & expected, double relative) {
    check_close(got.ce_clean, expected.ce_clean, relative);
    check_close(got.x_squared, expected.x_squared, relative);
    check_close(got.zero.kl, expected.zero.kl, relative);
    check_close(got.zero.ce, expected.zero.ce, relative);
    check_close(got.mean.kl, expected.mean.kl, relative);
    check_close(got.mean.ce, expected.mean.ce, relative);
    for (size_t i = 0; i < got.effects.size(); i++) {
        check_close(got.effects[i].kl, expected.effects[i].kl, relative);
        check_close(got.effects[i].ce, expected.effects[i].ce, relative);
        check_close(got.reconstructions[i].squared_error, expected.reconstructions[i].squared_error, relative);
        check_close(got.reconstructions[i].l1, expected.reconstructions[i].l1, relative);
    }
}

template <typename T> void append(std::vector<T> & to, const std::vector<T> & from) {
    to.insert(to.end(), from.begin(), from.end());
}

void append(EffectArrays & to, const EffectArrays & from) {
    append(to.kl, from.kl);
    append(to.ce, from.ce);
    append(to.top1, from.top1);
}

void append(Result & to, const Result & from) {
    append(to.ce_clean, from.ce_clean);
    append(to.x_squared, from.x_squared);
    append(to.zero, from.zero);
    append(to.mean, from.mean);
    for (size_t i = 0; i < to.effects.size(); i++) {
        append(to.effects[i], from.effects[i]);
        append(to.reconstructions[i].squared_error, from.reconstructions[i].squared_error);
        append(to.reconstructions[i].l1, from.reconstructions[i].l1);
    }
}

// The sequences of a case one by one.
Result evaluate_in_parts(const Case & c, const sae4j_model * model) {
    Case part   = c;
    part.tokens = { {}, {} };
    Result  whole(part);
    int64_t at = 0;
    for (int32_t length : c.tokens.lengths) {
        part.tokens = { { c.tokens.ids.begin() + at, c.tokens.ids.begin() + at + length }, { length } };
        if (!c.replaced.empty()) {
            part.replaced.assign(c.replaced.begin() + at, c.replaced.begin() + at + length);
        }
        append(whole, evaluate(part, model, 1));
        at += length;
    }
    return whole;
}

// More tokens than the head takes at a time, more than one tile of the vocabulary.
Case large_case(Point point, bool masked) {
    const Gpt2Shape shape{ 2, 4, 32, 64, 64, 2100, 0, 1e-5f, MLP_GELU, 0, 0 };
    Case            c = case_at(shape, point, 2, { 64, 64, 64, 1, 64, 33, 64, 64, 64, 64, 50 });
    if (masked) {
        c.replaced = Random(5).mask(c.tokens.size(), 0.6);
    }
    return c;
}

// In bf16 a last bit of an f32 sum that falls otherwise can move an input of the next product by 1 in 256.
void test_batches_and_threads(sae4j_precision precision) {
    const double relative = precision == SAE4J_PRECISION_F32 ? 1e-5 : 2e-3;
    for (bool masked : { false, true }) {
        const Case     c        = large_case({ HOOK_RESID_PRE, 1 }, masked);
        const ModelPtr model    = make_model(NaiveGpt2(c.shape, 3), precision);
        const Result   expected = evaluate(c, model.get(), 1);
        for (int32_t n_threads : { 2, 3 }) {
            context = describe(c) + ", " + std::to_string(n_threads) + " threads";
            check_close(evaluate(c, model.get(), n_threads), expected, relative);
        }
        context = describe(c) + ", one sequence at a time";
        check_close(evaluate_in_parts(c, model.get()), expected, relative);
    }
}

// BF16 goes the same way: its numbers are those of its own logits, and near those of f32.
void test_bf16() {
    Case c = case_at({ 2, 4, 32, 64, 64, 1100, 1, 1e-5f, MLP_GELU, 0, 0 }, { HOOK_RESID_POST, 0 }, 1, { 64, 20 });
    c.saes = { random_sae(sae_params(32, 61, SAE4J_RELU), 2) };
    const NaiveGpt2  naive(c.shape, 3);
    const ModelPtr   f32 = make_model(naive), bf16 = make_model(naive, SAE4J_PRECISION_BF16);
    const SessionPtr session = open_session(2);
    const Result     got     = evaluate(c, bf16.get(), 2);
    const SaePtr     sae     = make_sae(c.saes[0]);
    const sae4j_edit edit{ SAE4J_EDIT_RECONSTRUCT, nullptr, sae.get(), nullptr, nullptr, nullptr };
    const auto       to_f64 = [&](const std::vector<float> & x) {
        Matrix m(c.tokens.size(), c.shape.n_vocab);
        std::copy(x.begin(), x.end(), m.values.begin());
        return m;
    };
    const Matrix clean  = to_f64(run_logits(session.get(), bf16.get(), c.tokens));
    const Matrix edited = to_f64(run_logits(session.get(), bf16.get(), c.tokens, { { c.point, &edit, 1, nullptr } }));
    context             = "bf16 against its own logits";
    check_effect(got.effects[0], effect_of(clean, edited, c.tokens), { 1e-4, 1e-4 });
    context               = "bf16 against f32";
    const Result expected = evaluate(c, f32.get(), 2);
    double       drift    = 0;
    for (int64_t t = 0; t < c.tokens.size(); t++) {
        CHECK_NEAR(got.effects[0].kl[t], expected.effects[0].kl[t], 0.05 + 0.1 * expected.effects[0].kl[t]);
        CHECK_NEAR(got.ce_clean[t], expected.ce_clean[t], 0.2 + 0.02 * expected.ce_clean[t]);
        drift += std::fabs(got.ce_clean[t] - expected.ce_clean[t]);
    }
    CHECK(drift > 0);
}

}  // namespace

int main() {
    test_every_point();
    test_transcoders();
    test_together();
    test_vocabularies();
    test_pieces();
    test_extreme_logits();
    test_optional_outputs();
    test_not_finite();
    test_sums_only();
    test_batches_and_threads(SAE4J_PRECISION_F32);
    test_batches_and_threads(SAE4J_PRECISION_BF16);
    test_bf16();
    return conclude("test_evaluate");
}
