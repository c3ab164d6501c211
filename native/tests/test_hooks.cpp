// Hooks on tiny random GPT-2 models against a naive f64 forward pass: what is seen, changed and left alone.
#include "naive_gpt2.h"
#include "naive_sae.h"

#include <algorithm>

using namespace test;

namespace {

const Gpt2Shape shapes[] = {
    // layers, heads, d, ff, ctx, vocab, tied, eps, MLP's activation, scale, by layer
    { 2, 2, 16, 64, 32, 40, 1, 1e-5f, MLP_GELU, 0, 0 },      // as GPT-2 is
    { 1, 1, 5, 3, 9, 7, 0, 1e-5f, MLP_GELU, 0, 0 },          // one head, n_ff below d, nothing a multiple of anything
    { 3, 7, 21, 50, 80, 33, 1, 1e-3f, MLP_GELU, 0, 0 },      // heads of 3
    { 2, 4, 36, 30, 150, 17, 0, 1e-5f, MLP_GELU, 0, 0 },     // sequences longer than one block of queries
    { 1, 6, 6, 1, 4, 1, 1, 1e-5f, MLP_GELU, 0, 0 },          // heads of 1, n_ff of 1, one token in the vocabulary
    { 3, 2, 16, 64, 80, 40, 1, 1e-5f, MLP_GELU_ERF, 1, 0 },  // scores that are not scaled
    { 3, 2, 16, 64, 32, 40, 1, 1e-5f, MLP_QUICK_GELU, 0, 1 }, { 3, 2, 16, 64, 32, 40, 0, 1e-5f, MLP_SILU, 0.7f, 1 },
    { 2, 2, 16, 64, 32, 40, 1, 1e-5f, MLP_RELU, 0, 0 },       { 2, 2, 16, 64, 32, 40, 1, 1e-5f, MLP_TANH, 0, 0 },
};
// More columns than a product finishes at a time.
const Gpt2Shape wide{ 2, 2, 320, 700, 24, 300, 1, 1e-5f, MLP_GELU, 0, 0 };

Tokens tokens_for(const Gpt2Shape & shape, uint32_t seed) {
    return random_tokens({ shape.n_ctx, 1, (shape.n_ctx + 1) / 2 }, shape.n_vocab, seed);
}

// A model, the same one naively, tokens, a session.
struct Setup {
    explicit Setup(const Gpt2Shape & shape, int32_t n_threads = 1, sae4j_precision precision = SAE4J_PRECISION_F32) :
        naive(shape, 17),
        tokens(tokens_for(shape, 18)),
        model(make_model(naive, precision)),
        session(open_session(n_threads)),
        relative(precision == SAE4J_PRECISION_F32 ? 2e-5 : 0.05) {}

    std::vector<float> logits(const std::vector<sae4j_hook> & hooks = {}) const {
        return run_logits(session.get(), model.get(), tokens, hooks);
    }

    std::vector<float> room(Point point) const {
        return std::vector<float>(tokens.size() * width_at(naive.shape, point), nan_f32);
    }

    std::vector<Point> points() const { return all_points(naive.shape); }

    sae4j_status run(const std::vector<sae4j_hook> & hooks, float * logits) const {
        sae4j_run_params params = sae4j_run_default_params();
        params.hooks            = hooks.data();
        params.n_hooks          = static_cast<int32_t>(hooks.size());
        params.logits           = logits;
        params.n_logit_tokens   = tokens.size();
        const sae4j_batch batch = tokens.view();
        return sae4j_run(session.get(), model.get(), &batch, &params);
    }

    NaiveGpt2  naive;
    Tokens     tokens;
    ModelPtr   model;
    SessionPtr session;
    double     relative;  // f32 or bf16 against f64 through a few blocks, relative to the largest value
};

std::string describe(const Gpt2Shape & s) {
    return "d " + std::to_string(s.n_embd) + ", heads " + std::to_string(s.n_head) + ", ff " + std::to_string(s.n_ff);
}

sae4j_hook observe(Point point, std::vector<float> & kept) {
    return { point, nullptr, 0, kept.data() };
}

// ---------------------------------------------------------------- observing

// Every site kept in one run: none is overwritten, all are right, and the logits are what they are without hooks.
void test_activations(const Setup & s) {
    std::map<std::string, std::vector<float>> kept;
    std::vector<sae4j_hook>                   hooks;
    for (Point point : s.points()) {
        kept[name_of(point)] = s.room(point);
        hooks.push_back(observe(point, kept[name_of(point)]));
    }
    std::reverse(hooks.begin(), hooks.end());  // the order in which hooks are given means nothing
    const std::vector<float> plain = s.logits(), watched = s.logits(hooks);
    CHECK(watched == plain);
    const Matrix logits = s.naive.logits(s.tokens, [&](Point point, Matrix & x) {
        context = describe(s.naive.shape) + ", " + name_of(point);
        CHECK_NEAR(relative_error(kept[name_of(point)], x), 0, s.relative);
    });
    context             = describe(s.naive.shape) + ", logits";
    CHECK_NEAR(relative_error(plain, logits), 0, s.relative);
}

// Each site alone, kept or not, without logits: the run ends there.
void test_each_alone(const Setup & s) {
    const std::vector<float> plain = s.logits();
    for (Point point : s.points()) {
        context                 = describe(s.naive.shape) + ", alone " + name_of(point);
        std::vector<float> kept = s.room(point), again = kept;
        CHECK(s.logits({ observe(point, kept) }) == plain);
        CHECK(s.logits({ { point, nullptr, 0, nullptr } }) == plain);
        CHECK_OK(s.run({ observe(point, again) }, nullptr));
        CHECK(again == kept);
    }
}

// ---------------------------------------------------------------- edits

// What the test's own hook does: x -> 2x + token/8.
template <typename T> void distort(T * x, int64_t n_tokens, int64_t width) {
    for (int64_t i = 0; i < n_tokens * width; i++) {
        x[i] = 2 * x[i] + static_cast<T>(i / width) / 8;
    }
}

int32_t call_distort(void * calls, float * x, int64_t n_tokens, int64_t width) {
    ++*static_cast<int *>(calls);
    distort(x, n_tokens, width);
    return 0;
}

// Everything that an edit may need, for one width.
struct Materials {
    Materials(int64_t n_tokens, int64_t width) :
        row(Random(1).normals(width)),
        rows(Random(2).normals(n_tokens * width)),
        mask(Random(3).mask(n_tokens, 0.4)),
        naive_sae(random_sae(sae_params(static_cast<int32_t>(width), 29, SAE4J_RELU), 4)),
        sae(make_sae(naive_sae)) {}

    sae4j_edit edit(sae4j_edit_kind kind, bool masked) {
        const float *   value  = kind == SAE4J_EDIT_ROWS ? rows.data() : row.data();
        const uint8_t * tokens = masked ? mask.data() : nullptr;
        return { kind, value, sae.get(), call_distort, &calls, tokens };
    }

    // The same edit of x in f64.
    void apply(sae4j_edit_kind kind, bool masked, Matrix & x) const {
        if (kind == SAE4J_EDIT_CALL) {
            distort(x.values.data(), x.rows, x.columns);
            return;
        }
        for (int64_t t = 0; t < x.rows; t++) {
            if (!masked || mask[t]) {
                apply_to_row(kind, t, x.columns, x.row(t));
            }
        }
    }

    std::vector<float>   row, rows;
    std::vector<uint8_t> mask;
    NaiveSae             naive_sae;
    SaePtr               sae;
    int                  calls = 0;

  private:
    void apply_to_row(sae4j_edit_kind kind, int64_t t, int64_t width, double * x) const {
        const std::vector<double> x_hat = naive_sae.reconstruct(x);
        for (int64_t i = 0; i < width; i++) {
            x[i] = kind == SAE4J_EDIT_ZERO ? 0 :
                   kind == SAE4J_EDIT_ROW  ? row[i] :
                   kind == SAE4J_EDIT_ROWS ? rows[t * width + i] :
                   kind == SAE4J_EDIT_ADD  ? x[i] + row[i] :
                                             x_hat[i];
        }
    }
};

bool same(Point a, Point b) {
    return a.site == b.site && a.layer == b.layer;
}

void check_edit(const Setup & s, Point point, sae4j_edit_kind kind, bool masked) {
    context = describe(s.naive.shape) + ", " + name_of(point) + ", edit " + std::to_string(kind) +
              (masked ? ", some tokens" : "");
    Materials          materials(s.tokens.size(), width_at(s.naive.shape, point));
    const sae4j_edit   edit = materials.edit(kind, masked);
    std::vector<float> kept = s.room(point);
    const auto         got  = s.logits({ { point, &edit, 1, kept.data() } });
    CHECK(s.logits({ { point, &edit, 1, nullptr } }) == got);  // in the caller's memory or in the session's
    Matrix     edited(0, 0);
    const auto expected = s.naive.logits(s.tokens, [&](Point at, Matrix & x) {
        if (same(at, point)) {
            materials.apply(kind, masked, x);
            edited = x;
        }
    });
    CHECK_NEAR(relative_error(kept, edited), 0, s.relative);
    CHECK_NEAR(relative_error(got, expected), 0, s.relative);
    CHECK(materials.calls == (kind == SAE4J_EDIT_CALL ? 2 : 0));
}

void test_edits(const Setup & s) {
    for (Point point : s.points()) {
        for (int kind = SAE4J_EDIT_CALL; kind <= SAE4J_EDIT_RECONSTRUCT; kind++) {
            check_edit(s, point, static_cast<sae4j_edit_kind>(kind), false);
            if (kind != SAE4J_EDIT_CALL) {
                check_edit(s, point, static_cast<sae4j_edit_kind>(kind), true);
            }
        }
    }
}

// Edits at one point run in order; hooks at several points see what those before them did.
void test_several_edits() {
    const Setup      s(shapes[0]);
    const Point      first{ HOOK_Z, 0 }, second{ HOOK_MLP_POST, 1 };
    Materials        a(s.tokens.size(), 16), b(s.tokens.size(), 64);
    const sae4j_edit at_first[]  = { a.edit(SAE4J_EDIT_ADD, true), a.edit(SAE4J_EDIT_CALL, false),
                                     a.edit(SAE4J_EDIT_ADD, false) };
    const sae4j_edit at_second[] = { b.edit(SAE4J_EDIT_RECONSTRUCT, true), b.edit(SAE4J_EDIT_ADD, false) };
    const auto       got         = s.logits({ { second, at_second, 2, nullptr }, { first, at_first, 3, nullptr } });
    const auto       expected    = s.naive.logits(s.tokens, [&](Point at, Matrix & x) {
        if (same(at, first)) {
            a.apply(SAE4J_EDIT_ADD, true, x);
            a.apply(SAE4J_EDIT_CALL, false, x);
            a.apply(SAE4J_EDIT_ADD, false, x);
        } else if (same(at, second)) {
            b.apply(SAE4J_EDIT_RECONSTRUCT, true, x);
            b.apply(SAE4J_EDIT_ADD, false, x);
        }
    });
    context                      = "several edits";
    CHECK_NEAR(relative_error(got, expected), 0, s.relative);
}

// An activation of one run put into another: from a point on the stream to the end, the runs are the same bits.
void test_transplant(const Setup & s) {
    const Tokens             others = tokens_for(s.naive.shape, 99);
    const std::vector<float> plain  = s.logits();
    for (Point point : s.points()) {
        context                 = describe(s.naive.shape) + ", transplant at " + name_of(point);
        std::vector<float> kept = s.room(point);
        s.logits({ observe(point, kept) });
        const sae4j_edit put{ SAE4J_EDIT_ROWS, kept.data(), nullptr, nullptr, nullptr, nullptr };
        CHECK(s.logits({ { point, &put, 1, nullptr } }) == plain);
        const bool stream = point.site == HOOK_RESID_PRE || point.site == HOOK_RESID_MID ||
                            point.site == HOOK_RESID_POST || point.site == HOOK_STANDARDIZED ||
                            point.site == HOOK_NORMALIZED;
        if (stream) {
            CHECK(run_logits(s.session.get(), s.model.get(), others, { { point, &put, 1, nullptr } }) == plain);
        }
    }
}

// ---------------------------------------------------------------- calls

struct Visit {
    sae4j_session *     session;
    const sae4j_model * model;
    const sae4j_batch * batch;
    sae4j_status        status = SAE4J_OK;
};

int32_t stop(void *, float *, int64_t, int64_t) {
    return -7;
}

int32_t run_again(void * data, float *, int64_t, int64_t) {
    Visit &          visit  = *static_cast<Visit *>(data);
    sae4j_run_params params = sae4j_run_default_params();
    float            logits;
    params.logits = &logits;
    visit.status  = sae4j_run(visit.session, visit.model, visit.batch, &params);
    return 0;
}

// A hook that runs the same model in a session of its own is welcome.
int32_t run_elsewhere(void * data, float *, int64_t, int64_t) {
    Visit &         visit = *static_cast<Visit *>(data);
    sae4j_session * other = nullptr;
    CHECK_OK(sae4j_session_new({ 1 }, &other));
    std::vector<float> x(visit.batch->lengths[0] * 16);
    const int32_t      one = 1;
    const sae4j_batch  single{ visit.batch->tokens, &one, 1 };
    const sae4j_hook   hook{ Point{ HOOK_EMBED, 0 }, nullptr, 0, x.data() };
    sae4j_run_params   params = sae4j_run_default_params();
    params.hooks              = &hook;
    params.n_hooks            = 1;
    visit.status              = sae4j_run(other, visit.model, &single, &params);
    sae4j_session_free(other);
    return 0;
}

void test_stopping() {
    const Setup              s(shapes[0], 2);
    const std::vector<float> plain = s.logits();
    const sae4j_edit         edit{ SAE4J_EDIT_CALL, nullptr, nullptr, stop, nullptr, nullptr };
    for (Point point : s.points()) {
        context                   = "stop at " + name_of(point);
        std::vector<float> logits = plain;
        CHECK_STATUS(s.run({ { point, &edit, 1, nullptr } }, logits.data()), SAE4J_STOPPED);
        CHECK(s.logits() == plain);
    }
}

void test_calls_from_hooks() {
    const Setup              s(shapes[0], 2);
    const std::vector<float> plain = s.logits();
    const sae4j_batch        batch = s.tokens.view();
    Visit                    visit{ s.session.get(), s.model.get(), &batch };
    for (Point point : s.points()) {
        context = "call at " + name_of(point);
        sae4j_edit edit{ SAE4J_EDIT_CALL, nullptr, nullptr, run_again, &visit, nullptr };
        CHECK(s.logits({ { point, &edit, 1, nullptr } }) == plain);
        CHECK(visit.status == SAE4J_BUSY);
        edit.call = run_elsewhere;
        CHECK(s.logits({ { point, &edit, 1, nullptr } }) == plain);
        CHECK(visit.status == SAE4J_OK);
    }
}

// ---------------------------------------------------------------- logits

void test_logit_tokens(const Setup & s) {
    context                          = describe(s.naive.shape) + ", logit_tokens";
    const std::vector<float>   plain = s.logits();
    const int32_t              last = static_cast<int32_t>(s.tokens.size()) - 1, n_vocab = s.naive.shape.n_vocab;
    const std::vector<int32_t> wanted{ last, 0, last, last / 2 };
    std::vector<float>         logits(wanted.size() * n_vocab, nan_f32);
    sae4j_run_params           params = sae4j_run_default_params();
    params.logits                     = logits.data();
    params.logit_tokens               = wanted.data();
    params.n_logit_tokens             = static_cast<int64_t>(wanted.size());
    const sae4j_batch batch           = s.tokens.view();
    CHECK_OK(sae4j_run(s.session.get(), s.model.get(), &batch, &params));
    double size = 0;
    for (float v : plain) {
        size = std::max(size, std::fabs(static_cast<double>(v)));
    }
    for (size_t r = 0; r < wanted.size(); r++) {
        for (int32_t v = 0; v < n_vocab; v++) {
            CHECK_NEAR(logits[r * n_vocab + v], plain[wanted[r] * n_vocab + v], 1e-6 * size);
        }
    }
}

// Sequences alone, together and in other company; one thread or more.
void test_batches(const Gpt2Shape & shape) {
    const Setup              s(shape);
    const std::vector<float> plain = s.logits();
    double                   size  = 0;
    for (float v : plain) {
        size = std::max(size, std::fabs(static_cast<double>(v)));
    }
    for (int32_t n_threads : { 2, 3 }) {
        context = describe(shape) + ", " + std::to_string(n_threads) + " threads";
        CHECK(largest_difference(run_logits(open_session(n_threads).get(), s.model.get(), s.tokens), plain) <=
              1e-5 * size);
    }
    context = describe(shape) + ", one sequence at a time";
    std::vector<float> parts;
    size_t             at = 0;
    for (int32_t length : s.tokens.lengths) {
        const Tokens one{ { s.tokens.ids.begin() + at, s.tokens.ids.begin() + at + length }, { length } };
        const auto   logits = run_logits(s.session.get(), s.model.get(), one);
        parts.insert(parts.end(), logits.begin(), logits.end());
        at += length;
    }
    CHECK(largest_difference(parts, plain) <= 1e-5 * size);
}

// BF16 weights: near the f32 model, not equal to it, and half the size.
void test_bf16() {
    const Gpt2Shape  shape{ 2, 3, 48, 192, 20, 300, 1, 1e-5f, MLP_GELU, 0, 0 };
    const NaiveGpt2  naive(shape, 17);
    const Tokens     tokens  = tokens_for(shape, 18);
    const SessionPtr session = open_session(2);
    const ModelPtr   f32 = make_model(naive), bf16 = make_model(naive, SAE4J_PRECISION_BF16);
    const auto       expected = run_logits(session.get(), f32.get(), tokens);
    const auto       got      = run_logits(session.get(), bf16.get(), tokens);
    double           size     = 0;
    for (float v : expected) {
        size = std::max(size, std::fabs(static_cast<double>(v)));
    }
    context            = "bf16";
    const double drift = largest_difference(got, expected) / size;
    CHECK(drift > 1e-5 && drift < 0.05);  // 8 bits of mantissa, 2 blocks
    CHECK(sae4j_model_get_bytes(bf16.get()) < 0.7 * static_cast<double>(sae4j_model_get_bytes(f32.get())));
    std::vector<float> kept(tokens.size() * shape.n_ff), kept_alone = kept;
    const Point        point{ HOOK_MLP_POST, 1 };
    CHECK(run_logits(session.get(), bf16.get(), tokens, { observe(point, kept) }) == got);
    sae4j_run_params params = sae4j_run_default_params();
    const sae4j_hook hook   = observe(point, kept_alone);
    params.hooks            = &hook;
    params.n_hooks          = 1;
    const sae4j_batch batch = tokens.view();
    CHECK_OK(sae4j_run(session.get(), bf16.get(), &batch, &params));
    CHECK(kept_alone == kept);
}

// A NaN that a caller leaves at any point: the run says so, by the logits or by what was kept.
void test_not_finite(const Setup & s) {
    for (Point point : s.points()) {
        context = name_of(point) + " of NaN";
        std::vector<float> row(width_at(s.naive.shape, point), 0.0f), kept = s.room(point);
        row[0] = nan_f32;
        sae4j_edit edit{};
        edit.kind  = SAE4J_EDIT_ROW;
        edit.value = row.data();
        std::vector<float> logits(s.tokens.size() * s.naive.shape.n_vocab);
        CHECK_STATUS(s.run({ { point, &edit, 1, nullptr } }, logits.data()), SAE4J_NOT_FINITE);
        CHECK_STATUS(s.run({ { point, &edit, 1, kept.data() } }, nullptr), SAE4J_NOT_FINITE);
        CHECK_OK(s.run({ { point, &edit, 1, nullptr } }, nullptr));  // nothing of it is a result
    }
}

}  // namespace

int main() {
    for (const Gpt2Shape & shape : shapes) {
        const Setup s(shape);
        test_activations(s);
        test_each_alone(s);
        test_transplant(s);
        test_logit_tokens(s);
        test_batches(shape);
    }
    for (sae4j_precision precision : { SAE4J_PRECISION_F32, SAE4J_PRECISION_BF16 }) {
        const Setup s(wide, 3, precision);
        test_activations(s);
        test_transplant(s);
    }
    test_edits(Setup(shapes[0]));
    test_edits(Setup(shapes[0], 1, SAE4J_PRECISION_BF16));
    test_edits(Setup(shapes[1]));
    test_edits(Setup(shapes[4]));
    test_several_edits();
    test_stopping();
    test_calls_from_hooks();
    test_bf16();
    test_not_finite(Setup(shapes[0]));
    test_not_finite(Setup(shapes[0], 2, SAE4J_PRECISION_BF16));
    return conclude("test_hooks");
}
