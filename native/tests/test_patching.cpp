// Variants of one activation against GPT-2 run naively with that activation in its place, at every hook point.
#include "naive_gpt2.h"

#include <algorithm>
#include <cstring>
#include <functional>

using namespace test;

namespace {

struct PatchingFree {
    void operator()(sae4j_patching * patching) const { sae4j_patching_free(patching); }
};

using PatchingPtr = std::unique_ptr<sae4j_patching, PatchingFree>;

// Everything that a variant was told to have.
struct Heard {
    int64_t                           future, n_vocab, n_top;
    std::vector<std::vector<float>>   logits;        // [future, V] each
    std::vector<sae4j_patch_effect>   effects;       // without their arrays
    std::vector<std::vector<double>>  kl, delta_ce;  // [future] each
    std::vector<std::vector<int32_t>> up, down;      // [n_top] each
    int64_t                           stop_at = -1;

    static int32_t hear(void * self, int64_t index, const sae4j_patch_effect * variant) {
        auto & heard = *static_cast<Heard *>(self);
        CHECK(index == static_cast<int64_t>(heard.logits.size()));
        heard.logits.emplace_back(variant->logits, variant->logits + heard.future * heard.n_vocab);
        heard.effects.push_back(*variant);
        heard.kl.emplace_back(variant->row_kl, variant->row_kl + heard.future);
        heard.delta_ce.emplace_back(variant->row_delta_ce, variant->row_delta_ce + heard.future);
        heard.up.emplace_back(variant->top_up, variant->top_up + heard.n_top);
        heard.down.emplace_back(variant->top_down, variant->top_down + heard.n_top);
        return index == heard.stop_at;
    }
};

// A sequence of a random model, and an activation for each token that is not the clean one.
struct Fixture {
    NaiveGpt2          naive;
    ModelPtr           model;
    SessionPtr         session = open_session(3);
    Tokens             tokens;
    Point              point;
    int64_t            width;
    std::vector<float> other;  // [n_tokens, width]
    PatchingPtr        patching;

    Fixture(const Gpt2Shape & shape, Point point, int32_t length = 21,
            sae4j_precision precision = SAE4J_PRECISION_F32) :
        naive(shape, 3),
        model(make_model(naive, precision)),
        tokens(random_tokens({ length }, shape.n_vocab, 4)),
        point(point),
        width(width_at(shape, point)),
        other(Random(5).normals(length * width)) {
        sae4j_patching * made = nullptr;
        CHECK_OK(sae4j_patching_new(session.get(), model.get(), tokens.ids.data(), length, point, &made));
        patching.reset(made);
    }

    const float * clean() const { return sae4j_patching_get_activation(patching.get()); }

    sae4j_status run(sae4j_patches variants, Heard & heard) const {
        heard.future       = variants.future;
        heard.n_vocab      = naive.shape.n_vocab;
        heard.n_top        = variants.n_top;
        variants.logits    = 1;
        variants.seen      = Heard::hear;
        variants.user_data = &heard;
        return sae4j_patching_run(session.get(), patching.get(), &variants);
    }

    // The same by the engine's plain run.
    std::vector<double> edited(int32_t t, int32_t future, const float * value) const {
        std::vector<float> rows(clean(), clean() + tokens.size() * width);
        std::copy_n(value, width, rows.data() + t * width);
        const sae4j_edit put{ SAE4J_EDIT_ROWS, rows.data(), nullptr, nullptr, nullptr, nullptr };
        const auto       all   = run_logits(session.get(), model.get(), tokens, { { point, &put, 1, nullptr } });
        const auto       begin = all.begin() + int64_t{ t } * naive.shape.n_vocab;
        return std::vector<double>(begin, begin + int64_t{ future } * naive.shape.n_vocab);
    }

    // Logits of rows t … t + future − 1 with value at t, and all of context at the others (NULL: the clean ones).
    std::vector<double> plainly(int32_t t, int32_t future, const float * value, const float * context) const {
        const Matrix all = naive.logits(tokens, [&](Point at, Matrix & x) {
            if (at.site == point.site && at.layer == point.layer) {
                for (int64_t row = 0; context && row < x.rows; row++) {
                    std::copy_n(context + row * width, width, x.row(row));
                }
                std::copy_n(value, width, x.row(t));
            }
        });
        return { all.row(t), all.row(t) + future * all.columns };
    }
};

void check_logits(const std::vector<float> & got, const std::vector<double> & wanted, double tolerance = 5e-6) {
    double largest = 0, size = 0;
    for (size_t i = 0; i < got.size(); i++) {
        largest = std::max(largest, std::fabs(got[i] - wanted[i]));
        size    = std::max(size, std::fabs(wanted[i]));
    }
    CHECK_NEAR(largest / size, 0, tolerance);
}

void test_every_point(const Gpt2Shape & shape, sae4j_precision precision = SAE4J_PRECISION_F32,
                      double tolerance = 5e-6) {
    for (Point point : all_points(shape)) {
        const Fixture f(shape, point, 21, precision);
        for (const float * context : { static_cast<const float *>(nullptr), f.other.data() }) {
            CHECK_OK(sae4j_patching_set_context(f.session.get(), f.patching.get(), context));
            for (int32_t t : { 0, 9, 20 }) {
                context              = context ? f.other.data() : nullptr;
                const int32_t future = std::min(5, 21 - t);
                sae4j_patches v{};
                Heard         heard;
                test::context = name_of(point) + ", t " + std::to_string(t) + (context ? ", other context" : "");
                v.position    = t;
                v.future      = future;
                v.base        = f.clean() + t * f.width;
                v.values      = f.other.data();
                v.n           = 21;
                v.n_top       = 3;
                CHECK_OK(f.run(v, heard));
                CHECK(heard.logits.size() == 21);
                for (int64_t i = 0; i < 21; i += 4) {
                    check_logits(heard.logits[i], f.plainly(t, future, v.values + i * f.width, context), tolerance);
                }
            }
        }
    }
}

// Rows behind t by the variants' attention and by a plain run's, which in BF16 does not round.
void test_shape(const Gpt2Shape & shape, int32_t t, int32_t future, int64_t n, sae4j_precision precision) {
    test::context = "t " + std::to_string(t) + ", T " + std::to_string(future) + ", " + std::to_string(n) +
                    " variants, precision " + std::to_string(precision);
    const bool    f32 = precision == SAE4J_PRECISION_F32;
    const Fixture f(shape, { HOOK_RESID_POST, 0 }, t + future + 4, precision);
    sae4j_patches v{};
    Heard         heard;
    v.position = t;
    v.future   = future;
    v.base     = f.clean() + t * f.width;
    v.values   = f.other.data();
    v.n        = n;
    CHECK_OK(f.run(v, heard));
    for (int64_t i = 0; i < n; i += 13) {
        const float * value = v.values + i * f.width;
        check_logits(heard.logits[i], f.edited(t, future, value), f32 ? 5e-6 : 4e-3);  // 2^-8 is an ulp of bf16
        if (f32) {
            check_logits(heard.logits[i], f.plainly(t, future, value, nullptr));
        }
    }
}

// One row of a variant against the base's, in f64.
struct PlainRow {
    std::vector<double> d;  // [V]
    double              rise = 0, kl = 0;

    PlainRow(const float * base, const float * variant, int64_t n) {
        double sum_base = 0, sum_variant = 0;
        for (int64_t v = 0; v < n; v++) {
            d.push_back(static_cast<double>(variant[v]) - base[v]);
            sum_base += std::exp(static_cast<double>(base[v]));
            sum_variant += std::exp(static_cast<double>(variant[v]));
        }
        rise = std::log(sum_variant / sum_base);
        for (int64_t v = 0; v < n; v++) {
            kl += std::exp(static_cast<double>(base[v])) / sum_base * (rise - d[v]);
        }
    }
};

// Tokens are those whose change, summed over all rows, is largest, the largest first. sums [V]
void check_top(const std::vector<int32_t> & tokens, const std::vector<double> & sums) {
    std::vector<double> sorted = sums;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (size_t i = 0; i < tokens.size(); i++) {
        CHECK(tokens[i] >= 0 && tokens[i] < static_cast<int64_t>(sums.size()));
        CHECK_NEAR(sums[tokens[i]], sorted[i], 1e-4);
    }
}

// What is said of variant i against the base's logits, from the logits of both.
void check_effect(const Heard & heard, const std::vector<float> & base, int64_t i, const int32_t * tokens,
                  int64_t n_tokens) {
    const int64_t       n = heard.n_vocab;
    std::vector<double> sums(n), opposite;
    double              kl = 0, delta_ce = 0, l1 = 0, squares = 0;
    int64_t             n_targets = 0;
    for (int64_t tau = 0; tau < heard.future; tau++) {
        const PlainRow row(base.data() + tau * n, heard.logits[i].data() + tau * n, n);
        kl += row.kl;
        CHECK_NEAR(heard.kl[i][tau], row.kl, 1e-4 * row.kl + 1e-9);
        if (tau + 1 < n_tokens) {
            const double wanted = row.rise - row.d[tokens[tau + 1]];
            CHECK_NEAR(heard.delta_ce[i][tau], wanted, 1e-5);
            delta_ce += wanted;
            n_targets++;
        } else {
            CHECK(std::isnan(heard.delta_ce[i][tau]));
        }
        std::vector<double> sorted = row.d;
        std::sort(sorted.begin(), sorted.end());
        for (int64_t v = 0; v < n; v++) {
            const double centred = row.d[v] - sorted[(n - 1) / 2];
            l1 += std::fabs(centred);
            squares += centred * centred;
            sums[v] += row.d[v];
        }
    }
    const sae4j_patch_effect & effect = heard.effects[i];
    const auto                 rows   = static_cast<double>(heard.future);
    CHECK_NEAR(effect.kl, kl / rows, 1e-4 * kl / rows + 1e-9);
    CHECK_NEAR(effect.sparsity, l1 * l1 / squares / static_cast<double>(n) / rows, 1e-4);
    if (n_targets > 0) {
        CHECK_NEAR(effect.delta_ce, delta_ce / static_cast<double>(n_targets), 1e-5);
    } else {
        CHECK(std::isnan(effect.delta_ce));
    }
    for (double sum : sums) {
        opposite.push_back(-sum);
    }
    check_top(heard.up[i], sums);
    check_top(heard.down[i], opposite);
}

// n variants at t of a sequence that has room for future rows and behind tokens more: effects and logits of them all.
void test_effects(const Gpt2Shape & shape, int32_t t, int32_t future, int32_t behind, int64_t n) {
    test::context = "effects, t " + std::to_string(t) + ", T " + std::to_string(future) + ", " +
                    std::to_string(behind) + " behind, " + std::to_string(n) + " variants";
    const int32_t      length = t + future + behind;
    const Fixture      f(shape, { HOOK_RESID_POST, 0 }, length);
    std::vector<float> values(f.clean() + t * f.width, f.clean() + (t + 1) * f.width);  // the first one is the base
    const auto         others = Random(6).normals((n - 1) * f.width);
    values.insert(values.end(), others.begin(), others.end());
    sae4j_patches v{};
    Heard         heard;
    v.position = t;
    v.future   = future;
    v.base     = values.data();
    v.values   = values.data();
    v.n        = n;
    v.n_top    = 7;
    CHECK_OK(f.run(v, heard));
    CHECK(static_cast<int64_t>(heard.logits.size()) == n);
    for (int64_t i = 1; i < n; i++) {
        check_effect(heard, heard.logits[0], i, f.tokens.ids.data() + t, length - t);
        if (i % 64 == 63 || i == n - 1) {
            check_logits(heard.logits[i], f.plainly(t, future, values.data() + i * f.width, nullptr));
        }
    }
}

// Activations that are no numbers, or of which the model makes none, have no effect to tell.
void test_not_finite(const Gpt2Shape & shape) {
    test::context = "not finite";
    const Fixture f(shape, { HOOK_RESID_POST, 0 });
    const auto    good = Random(7).normals(4 * f.width);
    sae4j_patches v{};
    v.position = 3;
    v.future   = 4;
    v.n        = 3;
    v.n_top    = 5;
    for (float bad : { nan_f32, inf_f32, -inf_f32 }) {
        for (int64_t row : { 0, 3 }) {
            std::vector<float> rows = good;
            rows[row * f.width + 1] = bad;
            v.base                  = rows.data();
            v.values                = rows.data() + f.width;
            Heard heard;
            CHECK_STATUS(f.run(v, heard), SAE4J_NOT_FINITE);
            CHECK(heard.logits.empty());
        }
    }
    v.base   = good.data();
    v.values = good.data() + f.width;
    Heard heard;
    CHECK_OK(f.run(v, heard));
    CHECK(heard.up[2].size() == 5);
}

// Behind the last attention only row t is reached; the others are the base's to the bit.
void test_unreached(const Gpt2Shape & shape) {
    test::context = "unreached rows";
    const Fixture f(shape, { HOOK_RESID_POST, shape.n_layer - 1 });
    sae4j_patches v{};
    Heard         heard;
    v.position = 2;
    v.future   = 4;
    v.base     = f.clean() + 2 * f.width;
    v.values   = f.other.data();
    v.n        = 3;
    CHECK_OK(f.run(v, heard));
    const size_t row = shape.n_vocab, bytes = 3 * row * sizeof(float);
    CHECK(memcmp(heard.logits[0].data() + row, heard.logits[2].data() + row, bytes) == 0);
    CHECK(memcmp(heard.logits[0].data(), heard.logits[2].data(), row * sizeof(float)) != 0);
}

void test_misuse(const Gpt2Shape & shape) {
    test::context = "misuse";
    const Fixture f(shape, { HOOK_RESID_POST, 0 });
    sae4j_patches good{};
    good.position      = 3;
    good.future        = 4;
    good.base          = f.clean();
    good.values        = f.other.data();
    good.n             = 2;
    const auto refused = [&](auto change) {
        sae4j_patches bad = good;
        Heard         heard;
        change(bad);
        CHECK_STATUS(f.run(bad, heard), SAE4J_BAD_ARGUMENT);
        CHECK(heard.logits.empty());
    };
    refused([](sae4j_patches & v) { v.position = -1; });
    refused([](sae4j_patches & v) { v.position = 18; });
    refused([](sae4j_patches & v) { v.future = 0; });
    refused([](sae4j_patches & v) { v.future = INT32_MAX; });
    refused([](sae4j_patches & v) { v.n = -1; });
    refused([](sae4j_patches & v) { v.base = nullptr; });
    refused([](sae4j_patches & v) { v.values = nullptr; });
    refused([](sae4j_patches & v) { v.n_top = -1; });
    refused([&](sae4j_patches & v) { v.n_top = shape.n_vocab + 1; });

    Heard stopped;
    stopped.stop_at = 0;
    CHECK_STATUS(f.run(good, stopped), SAE4J_STOPPED);
    CHECK(stopped.logits.size() == 1);
    good.n = 0;
    Heard none;
    CHECK_OK(f.run(good, none));
    CHECK(none.logits.empty());
}

}  // namespace

int main() {
    const Gpt2Shape tied{ 3, 2, 24, 32, 48, 67, 1, 1e-5f, MLP_GELU, 0, 0 },
        one_block{ 1, 1, 8, 21, 40, 130, 0, 1e-5f, MLP_GELU, 0, 0 };
    test_every_point(tied);
    test_every_point(one_block);
    test_every_point({ 3, 2, 24, 32, 48, 67, 1, 1e-5f, MLP_SILU, 0.8f, 1 });
    const Gpt2Shape large_heads{ 3, 2, 160, 100, 140, 67, 1, 1e-5f, MLP_GELU, 0, 0 },
        long_context{ 3, 2, 24, 32, 1024, 67, 1, 1e-5f, MLP_GELU, 0, 0 };
    for (sae4j_precision precision : { SAE4J_PRECISION_F32, SAE4J_PRECISION_BF16 }) {
        test_shape(long_context, 980, 16, 40, precision);  // a past of more keys than a product sums at a time
        test_shape(large_heads, 30, 100, 1, precision);    // more rows than one block of queries has
        test_shape(large_heads, 0, 1, 3, precision);
    }
    test_every_point(tied, SAE4J_PRECISION_BF16, 2e-2);
    test_effects(tied, 5, 4, 3, 40);
    test_effects(tied, 5, 4, 0, 40);    // the last row has no next token
    test_effects(tied, 20, 1, 0, 3);    // and here none has
    test_effects(tied, 2, 16, 5, 200);  // more rows than one tail has
    test_not_finite(tied);
    test_unreached(tied);
    test_misuse(tied);
    return conclude("test_patching");
}
