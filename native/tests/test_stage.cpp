// Variants of one activation against GPT-2 run naively with that activation in its place, at every hook point.
#include "naive_gpt2.h"

#include <cstring>

using namespace test;

namespace {

struct StageFree {
    void operator()(sae4j_stage * stage) const { sae4j_stage_free(stage); }
};

using StagePtr = std::unique_ptr<sae4j_stage, StageFree>;

// Everything that a variant was told to have.
struct Heard {
    int64_t                         future, n_vocab, n_top;
    std::vector<std::vector<float>> logits;  // [future, V] each
    std::vector<double>             sparsity;
    int64_t                         stop_at = -1;

    static int32_t hear(void * self, int64_t index, const sae4j_variant * variant) {
        auto & heard = *static_cast<Heard *>(self);
        CHECK(index == static_cast<int64_t>(heard.logits.size()));
        heard.logits.emplace_back(variant->logits, variant->logits + heard.future * heard.n_vocab);
        heard.sparsity.push_back(variant->sparsity);
        for (int64_t i = 0; i < heard.n_top; i++) {
            CHECK(variant->top_up[i] >= 0 && variant->top_up[i] < heard.n_vocab);
            CHECK(variant->top_down[i] >= 0 && variant->top_down[i] < heard.n_vocab);
        }
        return index == heard.stop_at;
    }
};

// A sequence of a random model, and an activation for each token that is not the clean one.
struct Fixture {
    NaiveGpt2          naive;
    ModelPtr           model;
    SessionPtr         session = open_session(3);
    Tokens             tokens;
    sae4j_point        point;
    int64_t            width;
    std::vector<float> other;  // [n_tokens, width]
    StagePtr           stage;

    Fixture(const sae4j_model_shape & shape, sae4j_point point, int32_t length = 21,
            sae4j_precision precision = SAE4J_PRECISION_F32) :
        naive(shape, 3),
        model(make_model(naive, precision)),
        tokens(random_tokens({ length }, shape.n_vocab, 4)),
        point(point),
        width(width_at(shape, point)),
        other(Random(5).normals(length * width)) {
        sae4j_stage * made = nullptr;
        CHECK_OK(sae4j_stage_new(session.get(), model.get(), tokens.ids.data(), length, point, &made));
        stage.reset(made);
    }

    const float * clean() const { return sae4j_stage_get_activation(stage.get()); }

    sae4j_status run(sae4j_variants variants, Heard & heard) const {
        heard.future       = variants.future;
        heard.n_vocab      = naive.shape.n_vocab;
        heard.n_top        = variants.n_top;
        variants.logits    = 1;
        variants.seen      = Heard::hear;
        variants.user_data = &heard;
        return sae4j_stage_run(session.get(), stage.get(), &variants);
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
        const Matrix all = naive.logits(tokens, [&](sae4j_point at, Matrix & x) {
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

void test_every_point(const sae4j_model_shape & shape, sae4j_precision precision = SAE4J_PRECISION_F32,
                      double tolerance = 5e-6) {
    for (sae4j_point point : all_points(shape)) {
        const Fixture f(shape, point, 21, precision);
        for (const float * context : { static_cast<const float *>(nullptr), f.other.data() }) {
            CHECK_OK(sae4j_stage_set_context(f.session.get(), f.stage.get(), context));
            for (int32_t t : { 0, 9, 20 }) {
                context               = context ? f.other.data() : nullptr;
                const int32_t  future = std::min(5, 21 - t);
                sae4j_variants v{};
                Heard          heard;
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
void test_shape(const sae4j_model_shape & shape, int32_t t, int32_t future, int64_t n, sae4j_precision precision) {
    test::context = "t " + std::to_string(t) + ", T " + std::to_string(future) + ", " + std::to_string(n) +
                    " variants, precision " + std::to_string(precision);
    const bool     f32 = precision == SAE4J_PRECISION_F32;
    const Fixture  f(shape, { SAE4J_HOOK_RESID_POST, 0 }, t + future + 4, precision);
    sae4j_variants v{};
    Heard          heard;
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

// Behind the last attention only row t is reached; the others are the base's to the bit.
void test_unreached(const sae4j_model_shape & shape) {
    test::context = "unreached rows";
    const Fixture  f(shape, { SAE4J_HOOK_RESID_POST, shape.n_layer - 1 });
    sae4j_variants v{};
    Heard          heard;
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

void test_misuse(const sae4j_model_shape & shape) {
    test::context = "misuse";
    const Fixture  f(shape, { SAE4J_HOOK_RESID_POST, 0 });
    sae4j_variants good{};
    good.position      = 3;
    good.future        = 4;
    good.base          = f.clean();
    good.values        = f.other.data();
    good.n             = 2;
    const auto refused = [&](auto change) {
        sae4j_variants bad = good;
        Heard          heard;
        change(bad);
        CHECK_STATUS(f.run(bad, heard), SAE4J_BAD_ARGUMENT);
        CHECK(heard.logits.empty());
    };
    refused([](sae4j_variants & v) { v.position = -1; });
    refused([](sae4j_variants & v) { v.position = 18; });
    refused([](sae4j_variants & v) { v.future = 0; });
    refused([](sae4j_variants & v) { v.future = INT32_MAX; });
    refused([](sae4j_variants & v) { v.n = -1; });
    refused([](sae4j_variants & v) { v.base = nullptr; });
    refused([](sae4j_variants & v) { v.values = nullptr; });
    refused([](sae4j_variants & v) { v.n_top = -1; });
    refused([&](sae4j_variants & v) { v.n_top = shape.n_vocab + 1; });

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
    const sae4j_model_shape tied{ 3, 2, 24, 32, 48, 67, 1, 1e-5f, SAE4J_MLP_GELU, 0, 0 },
        one_block{ 1, 1, 8, 21, 40, 130, 0, 1e-5f, SAE4J_MLP_GELU, 0, 0 };
    test_every_point(tied);
    test_every_point(one_block);
    test_every_point({ 3, 2, 24, 32, 48, 67, 1, 1e-5f, SAE4J_MLP_SILU, 0.8f, 1 });
    const sae4j_model_shape large_heads{ 3, 2, 160, 100, 140, 67, 1, 1e-5f, SAE4J_MLP_GELU, 0, 0 },
        long_context{ 3, 2, 24, 32, 1024, 67, 1, 1e-5f, SAE4J_MLP_GELU, 0, 0 };
    for (sae4j_precision precision : { SAE4J_PRECISION_F32, SAE4J_PRECISION_BF16 }) {
        test_shape(long_context, 980, 16, 40, precision);  // a past of more keys than a product sums at a time
        test_shape(large_heads, 30, 100, 1, precision);    // more rows than one block of queries has
        test_shape(large_heads, 0, 1, 3, precision);
    }
    test_every_point(tied, SAE4J_PRECISION_BF16, 2e-2);
    test_unreached(tied);
    test_misuse(tied);
    return conclude("stage");
}
