// Callers that get it wrong: nulls, nonsense, two threads in one session, handles by the thousand.
#include "model/batch.h"
#include "naive_gpt2.h"
#include "naive_sae.h"
#include "small_gguf.h"

#include <atomic>
#include <cstring>
#include <ctime>
#include <thread>

using namespace test;

namespace {

constexpr Gpt2Shape shape{ 2, 2, 12, 20, 16, 50, 1, 1e-5f, MLP_GELU, 0, 0 };
constexpr Point     point{ HOOK_RESID_POST, 0 };

// One of everything, all good.
struct Setup {
    NaiveGpt2          naive{ shape, 1 };
    ModelPtr           model   = make_model(naive);
    SaePtr             sae     = make_sae(random_sae(sae_params(shape.n_embd, 20, SAE4J_TOPK, 4), 2));
    SaePtr             wide    = make_sae(random_sae(sae_params(shape.n_embd + 1, 20, SAE4J_RELU), 2));
    SessionPtr         session = open_session(2);
    Tokens             tokens  = random_tokens({ 16, 3 }, shape.n_vocab, 3);
    sae4j_batch        batch   = tokens.view();
    std::vector<float> logits  = std::vector<float>(tokens.size() * shape.n_vocab);
    std::vector<float> plain   = run_logits(session.get(), model.get(), tokens);

    sae4j_run_params params() {
        sae4j_run_params p = sae4j_run_default_params();
        p.logits           = logits.data();
        p.n_logit_tokens   = tokens.size();
        return p;
    }

    sae4j_status run(const sae4j_run_params & p) { return sae4j_run(session.get(), model.get(), &batch, &p); }

    sae4j_status run(const Tokens & others) {
        const sae4j_batch      b = others.view();
        const sae4j_run_params p = params();
        return sae4j_run(session.get(), model.get(), &b, &p);
    }

    sae4j_status run(const sae4j_hook & hook) {
        sae4j_run_params p = params();
        p.hooks            = &hook;
        p.n_hooks          = 1;
        return run(p);
    }

    sae4j_status run(const sae4j_edit & edit) { return run(sae4j_hook{ point, &edit, 1, nullptr }); }

    // After whatever went wrong.
    void check_alive() { CHECK(run_logits(session.get(), model.get(), tokens) == plain); }
};

// ---------------------------------------------------------------- arguments

void test_null_handles(Setup & s) {
    context                  = "null handles";
    const sae4j_run_params p = s.params();
    CHECK_STATUS(sae4j_run(nullptr, s.model.get(), &s.batch, &p), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_run(s.session.get(), nullptr, &s.batch, &p), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_run(s.session.get(), s.model.get(), nullptr, &p), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_run(s.session.get(), s.model.get(), &s.batch, nullptr), SAE4J_BAD_ARGUMENT);
    const sae4j_evaluation e{};
    CHECK_STATUS(sae4j_evaluate(nullptr, s.model.get(), &s.batch, &e), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_evaluate(s.session.get(), nullptr, &s.batch, &e), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), nullptr, &e), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, nullptr), SAE4J_BAD_ARGUMENT);
    sae4j_model_free(nullptr);
    sae4j_sae_free(nullptr);
    sae4j_session_free(nullptr);
}

void test_null_makers() {
    context              = "null places";
    sae4j_model * model  = nullptr;
    const auto    params = sae4j_model_default_params();
    CHECK_STATUS(sae4j_model_load(nullptr, params, &model), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_model_load("x", params, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(new_model(header_of(shape), params, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_model_new(nullptr, 100, params, &model), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_model_write(nullptr, "x", chunk_of({ 1 })), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_model_finish(nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_new(sae_params(2, 2, SAE4J_RELU), nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_write(nullptr, SAE4J_W_ENC, chunk_of({ 1 })), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_finish(nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_session_new({ 1 }, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK(model == nullptr);
}

void test_sae_arguments(Setup & s) {
    context = "SAE arguments";
    std::vector<float> x(2 * shape.n_embd);
    sae4j_latents      latents{};
    const auto *       sae     = s.sae.get();
    auto *             session = s.session.get();
    CHECK_STATUS(sae4j_sae_encode(nullptr, sae, x.data(), 2, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_encode(session, nullptr, x.data(), 2, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_encode(session, sae, nullptr, 2, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_encode(session, sae, x.data(), 2, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_encode(session, sae, x.data(), -1, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_decode(nullptr, sae, &latents, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_decode(session, nullptr, &latents, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_decode(session, sae, nullptr, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_decode(session, sae, &latents, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(nullptr, sae, x.data(), 2, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(session, nullptr, x.data(), 2, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(session, sae, nullptr, 2, x.data()), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(session, sae, x.data(), 2, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(session, sae, x.data(), INT64_MIN, x.data()), SAE4J_BAD_ARGUMENT);
}

void test_tokenizer_arguments(Setup & s) {
    context = "tokenizer arguments";
    int32_t token;
    size_t  count;
    char    text[8];
    CHECK_STATUS(sae4j_tokenize(s.model.get(), "a", 1, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);  // has none
    CHECK_STATUS(sae4j_detokenize(s.model.get(), &token, 1, text, 8, &count), SAE4J_BAD_ARGUMENT);
    const TemporaryFolder folder;
    SmallGguf             gguf;
    gguf.add_tokenizer();
    gguf.write(folder.file("m.gguf"));
    const ModelPtr model = load_model(folder.file("m.gguf"));
    CHECK_STATUS(sae4j_tokenize(nullptr, "a", 1, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_tokenize(model.get(), nullptr, 1, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_tokenize(model.get(), "a", 1, 0, nullptr, 1, &count), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_tokenize(model.get(), "a", 1, 0, &token, 1, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_tokenize(model.get(), "a", SIZE_MAX, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    CHECK_OK(sae4j_tokenize(model.get(), nullptr, 0, 0, nullptr, 0, &count));
    CHECK(count == 0);
    CHECK_OK(sae4j_tokenize(model.get(), "abc", 3, 0, nullptr, 0, &count));  // how many?
    CHECK(count == 2);
    CHECK_OK(sae4j_tokenize(model.get(), "abc", 3, 0, &token, 1, &count));
    CHECK(count == 2 && token == 3);
    for (const char * bad : { "\xff", "\xc3", "\xc3z", "\xc0\x80", "\xed\xa0\x80", "\xf7\xbf\xbf\xbf" }) {
        CHECK_STATUS(sae4j_tokenize(model.get(), bad, strlen(bad), 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    }
    CHECK_STATUS(sae4j_tokenize(model.get(), "abz", 3, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);  // no such token
    CHECK_STATUS(sae4j_tokenize(model.get(), "a\0b", 3, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    for (int32_t bad : { -1, 8, INT32_MAX, INT32_MIN }) {
        CHECK_STATUS(sae4j_detokenize(model.get(), &bad, 1, text, 8, &count), SAE4J_BAD_ARGUMENT);
    }
    CHECK_STATUS(sae4j_detokenize(model.get(), nullptr, 1, text, 8, &count), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_detokenize(model.get(), &token, 1, text, 8, nullptr), SAE4J_BAD_ARGUMENT);
    CHECK_OK(sae4j_detokenize(model.get(), &token, 1, text, 8, &count));
    CHECK(count == 2 && memcmp(text, "ab", 2) == 0);
}

void test_batches(Setup & s) {
    context = "batches";
    CHECK_STATUS(s.run(Tokens{ { 1 }, {} }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ { 1 }, { 0 } }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ { 1 }, { -1 } }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ { 1 }, { INT32_MIN } }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ { 1 }, { INT32_MAX } }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ std::vector<int32_t>(17), { 17 } }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(s.run(Tokens{ { 1, 2, 3 }, { 3, 0 } }), SAE4J_BAD_ARGUMENT);
    for (int32_t bad : { -1, shape.n_vocab, INT32_MAX, INT32_MIN }) {
        CHECK_STATUS(s.run(Tokens{ { 1, bad, 3 }, { 3 } }), SAE4J_BAD_ARGUMENT);
    }
    const sae4j_run_params p = s.params();
    for (const sae4j_batch & bad : { sae4j_batch{ nullptr, s.batch.lengths, 2 },
                                     { s.batch.tokens, nullptr, 2 },
                                     { s.batch.tokens, s.batch.lengths, 0 },
                                     { s.batch.tokens, s.batch.lengths, -5 } }) {
        CHECK_STATUS(sae4j_run(s.session.get(), s.model.get(), &bad, &p), SAE4J_BAD_ARGUMENT);
        const sae4j_evaluation e{};
        CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), &bad, &e), SAE4J_BAD_ARGUMENT);
    }
    s.check_alive();
}

// What 32 bits could not count is refused before any of it is read.
void test_limits(Setup & s) {
    context                         = "limits";
    constexpr int64_t          most = int64_t{ 1 } << 20, rows = int64_t{ INT32_MAX } + 1;
    const std::vector<int32_t> tokens(most + 1), lengths(most / shape.n_ctx, shape.n_ctx);
    CHECK(sae4j::Batch({ tokens.data(), lengths.data(), static_cast<int32_t>(lengths.size()) },
                       { shape.n_layer, shape.n_embd, shape.n_ctx, shape.n_vocab, 0 })
              .n_tokens == most);
    std::vector<int32_t> one_more = lengths;
    one_more.push_back(1);
    CHECK_STATUS(s.run(Tokens{ tokens, one_more }), SAE4J_BAD_ARGUMENT);
    CHECK(std::string(sae4j_last_error()).find("at most 1048576 tokens") != std::string::npos);

    float         x[shape.n_embd] = {};
    sae4j_latents latents{};
    CHECK_STATUS(sae4j_sae_encode(s.session.get(), s.sae.get(), x, rows, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(s.session.get(), s.sae.get(), x, rows, x), SAE4J_BAD_ARGUMENT);
    const int64_t offsets[] = { 0, 0 };
    const int32_t index     = 0;
    latents                 = { rows, offsets, &index, x, x, x };
    CHECK_STATUS(sae4j_sae_decode(s.session.get(), s.sae.get(), &latents, x), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_latent_logits(s.session.get(), s.model.get(), s.sae.get(), point, &index, rows, x),
                 SAE4J_BAD_ARGUMENT);
    s.check_alive();
}

void test_points(Setup & s) {
    context = "points";
    for (const char * bad : { "", "hook", "hook_resid_post", "blocks.2.hook_resid_pre", "blocks.-1.hook_resid_pre",
                              "blocks.hook_resid_pre", "blocks.00.hook_resid_pre", "blocks.2147483647.mlp.hook_post",
                              "blocks.0.hook_embed", "hook_embed ", "ln_final.hook_normalized.", "blocks.0.hook_q",
                              "%s%n", static_cast<const char *>(nullptr) }) {
        CHECK_STATUS(s.run(sae4j_hook{ bad, nullptr, 0, nullptr }), SAE4J_BAD_ARGUMENT);
        const sae4j_place place{ bad, 0, nullptr, nullptr, nullptr, {}, {} };
        sae4j_evaluation  e{};
        e.places   = &place;
        e.n_places = 1;
        CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, &e), SAE4J_BAD_ARGUMENT);
    }
    const sae4j_hook twice[] = { { point, nullptr, 0, nullptr }, { point, nullptr, 0, nullptr } };
    sae4j_run_params p       = s.params();
    p.hooks                  = twice;
    p.n_hooks                = 2;
    CHECK_STATUS(s.run(p), SAE4J_BAD_ARGUMENT);
    s.check_alive();
}

void test_edits(Setup & s) {
    context = "edits";
    for (int kind : { -1, 6, 1000 }) {
        CHECK_STATUS(s.run(sae4j_edit{ static_cast<sae4j_edit_kind>(kind), {}, {}, {}, {}, {} }), SAE4J_BAD_ARGUMENT);
    }
    for (int kind : { SAE4J_EDIT_CALL, SAE4J_EDIT_ROW, SAE4J_EDIT_ROWS, SAE4J_EDIT_ADD, SAE4J_EDIT_RECONSTRUCT }) {
        CHECK_STATUS(s.run(sae4j_edit{ static_cast<sae4j_edit_kind>(kind), {}, {}, {}, {}, {} }), SAE4J_BAD_ARGUMENT);
    }
    CHECK_STATUS(s.run(sae4j_edit{ SAE4J_EDIT_RECONSTRUCT, {}, s.wide.get(), {}, {}, {} }), SAE4J_BAD_ARGUMENT);
    sae4j_sae * unfinished = nullptr;
    CHECK_OK(sae4j_sae_new(sae_params(shape.n_embd, 20, SAE4J_RELU), &unfinished));
    const SaePtr owner(unfinished);
    CHECK_STATUS(s.run(sae4j_edit{ SAE4J_EDIT_RECONSTRUCT, {}, unfinished, {}, {}, {} }), SAE4J_BAD_ARGUMENT);
    s.check_alive();
}

void test_logit_tokens(Setup & s) {
    context            = "logit_tokens";
    sae4j_run_params p = s.params();
    for (int64_t count : { int64_t{ 1 }, int64_t{ 20 }, INT64_MAX }) {
        p.n_logit_tokens = count;
        CHECK_STATUS(s.run(p), SAE4J_BAD_ARGUMENT);  // all tokens, but not their number
    }
    for (int32_t bad : { -1, 19, INT32_MAX, INT32_MIN }) {
        p.logit_tokens   = &bad;
        p.n_logit_tokens = 1;
        CHECK_STATUS(s.run(p), SAE4J_BAD_ARGUMENT);
    }
    CHECK_STATUS(s.run(sae4j_run_default_params()), SAE4J_BAD_ARGUMENT);  // nothing is asked for
    s.check_alive();
}

void test_logit_count(Setup & s) {
    context            = "logits of all tokens, of a wrong number";
    sae4j_run_params p = s.params();
    for (int64_t count : { int64_t{ 0 }, int64_t{ -1 }, INT64_MIN }) {
        p.n_logit_tokens = count;
        CHECK_STATUS(s.run(p), SAE4J_BAD_ARGUMENT);
    }
}

void test_splices(Setup & s) {
    context = "splices";
    std::vector<double>  f64(s.tokens.size());
    std::vector<int32_t> l0(s.tokens.size());
    std::vector<int64_t> fires(20);
    const sae4j_splice   good{
        s.sae.get(), point, 0, {}, { f64.data(), f64.data(), f64.data(), f64.data(), l0.data(), fires.data() }
    };
    const sae4j_place places[] = {
        { point, 0, nullptr, nullptr, nullptr, {}, {} },
        { Point{ HOOK_RESID_POST, 1 }, 0, nullptr, nullptr, nullptr, {}, {} },
        { Point{ HOOK_MLP_POST, 1 }, 0, nullptr, nullptr, nullptr, {}, {} },
    };
    const auto status = [&](const sae4j_splice & splice) {
        const sae4j_evaluation e{ places, 3, &splice, 1, nullptr, nullptr, nullptr };
        return sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, &e);
    };
    CHECK_OK(status(good));
    sae4j_splice bad = good;
    bad.sae          = nullptr;
    CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    bad.sae = s.wide.get();
    CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    bad                = good;
    bad.reconstruction = {};
    CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    for (int32_t place : { -1, 3, INT32_MIN, INT32_MAX }) {
        bad       = good;
        bad.place = place;
        CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    }
    for (const char * in : { "blocks.2.hook_resid_pre", "blocks.1.hook_resid_post", "hook", "" }) {
        bad    = good;
        bad.in = in;
        CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    }
    for (int32_t place : { 1, 2 }) {  // an SAE's output replaces what it reads
        bad       = good;
        bad.place = place;
        CHECK_STATUS(status(bad), SAE4J_BAD_ARGUMENT);
    }
    for (const sae4j_evaluation & e : { sae4j_evaluation{ nullptr, 1, &good, 1, nullptr, nullptr, nullptr },
                                        { places, -1, &good, 1, nullptr, nullptr, nullptr },
                                        { places, 0, &good, 1, nullptr, nullptr, nullptr },
                                        { places, 3, nullptr, 1, nullptr, nullptr, nullptr },
                                        { places, 3, &good, -1, nullptr, nullptr, nullptr } }) {
        CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, &e), SAE4J_BAD_ARGUMENT);
    }
    s.check_alive();
}

// A transcoder's output goes to a later point that is as wide as it says.
void test_transcoders(Setup & s) {
    context                         = "transcoders";
    sae4j_sae_params params         = sae_params(shape.n_embd, 20, SAE4J_RELU);
    params.d_out                    = shape.n_ff;
    params.apply_b_dec_to_input     = 0;
    const SaePtr         transcoder = make_sae(random_sae(params, 5));
    std::vector<double>  f64(s.tokens.size());
    std::vector<int32_t> l0(s.tokens.size());
    std::vector<int64_t> fires(20);
    const auto           status = [&](Point in, Point out) {
        const sae4j_splice splice{
            transcoder.get(), in, 0, {}, { f64.data(), f64.data(), f64.data(), f64.data(), l0.data(), fires.data() }
        };
        const sae4j_place      place{ out, 0, nullptr, nullptr, nullptr, {}, {} };
        const sae4j_evaluation e{ &place, 1, &splice, 1, nullptr, nullptr, nullptr };
        return sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, &e);
    };
    CHECK_OK(status({ HOOK_RESID_MID, 0 }, { HOOK_MLP_POST, 0 }));
    CHECK_STATUS(status({ HOOK_RESID_MID, 1 }, { HOOK_MLP_POST, 0 }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(status({ HOOK_RESID_MID, 0 }, { HOOK_MLP_OUT, 0 }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(status({ HOOK_MLP_POST, 0 }, { HOOK_MLP_POST, 0 }), SAE4J_BAD_ARGUMENT);
    CHECK_OK(status({ HOOK_LN1, 0 }, { HOOK_MLP_POST, 0 }));
    CHECK_OK(status({ HOOK_LN2, 0 }, { HOOK_MLP_POST, 0 }));
    CHECK_STATUS(status({ HOOK_LN2, 1 }, { HOOK_MLP_POST, 0 }), SAE4J_BAD_ARGUMENT);
    const sae4j_edit edit{ SAE4J_EDIT_RECONSTRUCT, nullptr, transcoder.get(), nullptr, nullptr, nullptr };
    CHECK_STATUS(s.run(sae4j_hook{ Point{ HOOK_RESID_MID, 0 }, &edit, 1, nullptr }), SAE4J_BAD_ARGUMENT);
    sae4j_sae * none = nullptr;
    for (int32_t d_out : { -1, INT32_MAX, INT32_MIN }) {
        params.d_out = d_out;
        CHECK_STATUS(sae4j_sae_new(params, &none), SAE4J_BAD_FILE);
    }
    params.d_out                = shape.n_ff;
    params.apply_b_dec_to_input = 1;
    CHECK_STATUS(sae4j_sae_new(params, &none), SAE4J_BAD_FILE);
    params = sae_params(shape.n_embd, 20, SAE4J_GROUPMAX);
    for (int32_t k : { 0, -1, 3, 21, INT32_MAX, INT32_MIN }) {
        params.k = k;
        CHECK_STATUS(sae4j_sae_new(params, &none), SAE4J_BAD_FILE);
    }
    s.check_alive();
}

void test_unfinished(Setup & s) {
    context             = "unfinished";
    sae4j_model * model = nullptr;
    CHECK_OK(new_model(header_of(shape), sae4j_model_default_params(), &model));
    const ModelPtr         owner(model);
    const sae4j_run_params p = s.params();
    const sae4j_evaluation e{};
    CHECK_STATUS(sae4j_run(s.session.get(), model, &s.batch, &p), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_evaluate(s.session.get(), model, &s.batch, &e), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_model_finish(model), SAE4J_BAD_FILE);
    CHECK_STATUS(sae4j_run(s.session.get(), model, &s.batch, &p), SAE4J_BAD_ARGUMENT);
    sae4j_sae * sae = nullptr;
    CHECK_OK(sae4j_sae_new(sae_params(4, 20, SAE4J_RELU), &sae));
    const SaePtr  sae_owner(sae);
    sae4j_latents latents{};
    float         x[4] = {};
    CHECK_STATUS(sae4j_sae_encode(s.session.get(), sae, x, 1, &latents), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_reconstruct(s.session.get(), sae, x, 1, x), SAE4J_BAD_ARGUMENT);
}

void test_bad_shapes() {
    const auto status = [](auto change) {
        Gpt2Shape bad = shape;
        change(bad);
        sae4j_model *      model = nullptr;
        const sae4j_status got   = new_model(header_of(bad), sae4j_model_default_params(), &model);
        sae4j_model_free(model);
        return got;
    };
    for (int32_t bad : { 0, -1, INT32_MIN, INT32_MAX }) {
        context = "shape " + std::to_string(bad);
        CHECK(status([=](auto & s) { s.n_layer = bad; }) != SAE4J_OK);
        CHECK(status([=](auto & s) { s.n_head = bad; }) != SAE4J_OK);
        CHECK(status([=](auto & s) { s.n_embd = bad; }) != SAE4J_OK);
        CHECK(status([=](auto & s) { s.n_ff = bad; }) != SAE4J_OK);
        CHECK(status([=](auto & s) { s.n_ctx = bad; }) != SAE4J_OK);
        CHECK(status([=](auto & s) { s.n_vocab = bad; }) != SAE4J_OK);
    }
    context = "shape";
    CHECK(status([](auto & s) { s.n_head = 5; }) != SAE4J_OK);
    CHECK(status([](auto & s) { s.layer_norm_eps = nan_f32; }) != SAE4J_OK);
    for (float bad : { -1.0f, nan_f32, inf_f32 }) {
        CHECK(status([=](auto & s) { s.attn_scale = bad; }) == SAE4J_BAD_FILE);
    }
    sae4j_model * model = nullptr;
    for (int precision : { -1, 2 }) {
        CHECK_STATUS(new_model(header_of(shape), { static_cast<sae4j_precision>(precision) }, &model),
                     SAE4J_BAD_ARGUMENT);
    }
}

// Any bytes as a header: a model, or refused.
void test_bad_headers() {
    const std::string whole = header_of(shape);
    const auto        load  = [](const std::string & header) {
        sae4j_model *      model  = nullptr;
        const sae4j_status status = new_model(header, sae4j_model_default_params(), &model);
        CHECK((status == SAE4J_OK) == (model != nullptr));
        sae4j_model_free(model);
        return status;
    };
    CHECK_OK(load(whole));
    for (size_t length = 0; length + 1 < whole.size(); length++) {  // what is cut off may be padding
        context                   = "the first " + std::to_string(length) + " bytes of a header";
        const sae4j_status status = load(whole.substr(0, length));
        CHECK(status == SAE4J_BAD_FILE || (status == SAE4J_OK && length + 32 > whole.size()));
    }
    context = "other words in a header";
    for (const auto & [word, other] : { std::pair<std::string, std::string>{ "gelu", "gulp" },
                                        { "block_count", "black_count" },
                                        { "token_embd", "token_embe" },
                                        { "general.architecture", "general.architectura" } }) {
        std::string changed = whole;
        CHECK_STATUS(load(changed.replace(changed.find(word), word.size(), other)), SAE4J_BAD_FILE);
    }
}

// What a model says of itself.
void test_description(Setup & s) {
    context             = "description";
    const auto * model  = s.model.get();
    const auto   number = [=](const char * key) {
        return sae4j_model_get_number(model, key);
    };
    CHECK(number("block_count") == 2 && number("attention.head_count") == 2 && number("embedding_length") == 12);
    CHECK(number("feed_forward_length") == 20 && number("context_length") == 16 && number("vocab_size") == 50);
    CHECK_NEAR(number("attention.scale"), 1 / std::sqrt(6.0), 1e-7);
    CHECK(number("attention.scale_by_layer") == 0);
    CHECK(std::isnan(number("no such key")) && std::isnan(number(nullptr)));
    CHECK(std::isnan(sae4j_model_get_number(nullptr, "block_count")));
    CHECK(sae4j_model_get_text(model, "general.architecture") == std::string("gpt2"));
    CHECK(!sae4j_model_get_text(model, "no such key") && !sae4j_model_get_text(nullptr, "general.architecture"));
    const auto points = all_points(shape);
    for (int32_t i = 0; i < static_cast<int32_t>(points.size()); i++) {
        const sae4j_hook_info hook = sae4j_model_get_hook(model, i);
        CHECK(hook.name == points[i].name() && hook.width == width_at(shape, points[i]));
        CHECK(hook.layer == (has_layer(points[i].site) ? points[i].layer : -1));
    }
    int32_t n_tensors = 0;
    for (sae4j_tensor_info tensor; (tensor = sae4j_model_get_tensor(model, n_tensors)).name; n_tensors++) {
        CHECK(tensor.rows * tensor.columns == static_cast<int64_t>(s.naive.tensor(tensor.name).size()));
    }
    CHECK(n_tensors == static_cast<int32_t>(s.naive.tensors.size()));
    for (int32_t bad : { -1, n_tensors, INT32_MAX, INT32_MIN }) {
        CHECK(!sae4j_model_get_tensor(model, bad).name);
    }
    for (int32_t bad : { -1, static_cast<int32_t>(points.size()), INT32_MAX, INT32_MIN }) {
        CHECK(!sae4j_model_get_hook(model, bad).name);
    }
    CHECK(!sae4j_model_get_hook(nullptr, 0).name && !sae4j_model_get_tensor(nullptr, 0).name);
}

// A model of very many layers is refused at once, or works.
void test_deep_model() {
    for (int32_t n_layer : { 100, 300, 1024 }) {
        context = std::to_string(n_layer) + " layers";
        const Gpt2Shape    deep{ n_layer, 1, 2, 2, 4, 5, 1, 1e-5f, MLP_GELU, 0, 0 };
        sae4j_model *      model  = nullptr;
        const sae4j_status status = new_model(header_of(deep), sae4j_model_default_params(), &model);
        sae4j_model_free(model);
        if (status == SAE4J_OK) {
            run_logits(open_session(1).get(), make_model(NaiveGpt2(deep, 1)).get(), random_tokens({ 4 }, 5, 1));
        }
    }
}

void test_thread_counts() {
    for (int32_t bad : { 0, -1, INT32_MIN, 100000, INT32_MAX }) {
        context                 = std::to_string(bad) + " threads";
        sae4j_session * session = nullptr;
        CHECK_STATUS(sae4j_session_new({ bad }, &session), SAE4J_BAD_ARGUMENT);
        CHECK(session == nullptr);
    }
    context = "default threads";
    CHECK(sae4j_session_default_params().n_threads >= 1);
}

// ---------------------------------------------------------------- threads

struct Gate {
    std::atomic<bool> inside{ false }, leave{ false };
};

int32_t wait_at_gate(void * data, float *, int64_t, int64_t) {
    Gate & gate = *static_cast<Gate *>(data);
    gate.inside = true;
    while (!gate.leave) {
        std::this_thread::yield();
    }
    return 0;
}

// While one thread is in a hook, every other call on its session is refused; what it computes is not disturbed.
void test_busy(Setup & s) {
    context = "busy";
    Gate               gate;
    const sae4j_edit   edit{ SAE4J_EDIT_CALL, nullptr, nullptr, wait_at_gate, &gate, nullptr };
    std::vector<float> got;
    std::thread        runner([&] {
        got = run_logits(s.session.get(), s.model.get(), s.tokens, { { point, &edit, 1, nullptr } });
    });
    while (!gate.inside) {
        std::this_thread::yield();
    }
    std::vector<float>     x(shape.n_embd), logits(s.logits.size());
    sae4j_latents          latents{};
    const sae4j_evaluation e{};
    sae4j_run_params       p = s.params();
    p.logits                 = logits.data();
    CHECK_STATUS(sae4j_run(s.session.get(), s.model.get(), &s.batch, &p), SAE4J_BUSY);
    CHECK_STATUS(sae4j_evaluate(s.session.get(), s.model.get(), &s.batch, &e), SAE4J_BUSY);
    CHECK_STATUS(sae4j_sae_encode(s.session.get(), s.sae.get(), x.data(), 1, &latents), SAE4J_BUSY);
    CHECK_STATUS(sae4j_sae_reconstruct(s.session.get(), s.sae.get(), x.data(), 1, x.data()), SAE4J_BUSY);
    gate.leave = true;
    runner.join();
    CHECK(got == s.plain);
    s.check_alive();
}

// Two threads race for one session: each call is right or refused. Failures are counted, for CHECK is not for threads.
void test_race(Setup & s) {
    context = "race";
    std::atomic<int> done{ 0 }, wrong{ 0 };
    const auto       work = [&] {
        std::vector<float> logits(s.plain.size());
        sae4j_run_params   p = s.params();
        p.logits             = logits.data();
        for (int i = 0; i < 100; i++) {
            const sae4j_status status = sae4j_run(s.session.get(), s.model.get(), &s.batch, &p);
            done += status == SAE4J_OK;
            wrong += status == SAE4J_OK ? logits != s.plain : status != SAE4J_BUSY;
        }
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
    CHECK(done > 0 && wrong == 0);
    s.check_alive();
}

// One model and one SAE, a session for each thread.
void test_sharing(Setup & s) {
    context = "sharing";
    std::atomic<int> wrong{ 0 };
    const auto       work = [&] {
        sae4j_session * session = nullptr;
        wrong += sae4j_session_new({ 2 }, &session) != SAE4J_OK;
        const SessionPtr   owner(session);
        std::vector<float> logits(s.plain.size());
        sae4j_run_params   p = s.params();
        p.logits             = logits.data();
        for (int i = 0; i < 20; i++) {
            wrong += sae4j_run(session, s.model.get(), &s.batch, &p) != SAE4J_OK || logits != s.plain;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) {
        threads.emplace_back(work);
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
}

// Errors are a thread's own.
void test_error_of_each_thread() {
    context = "error of each thread";
    CHECK_STATUS(sae4j_model_finish(nullptr), SAE4J_BAD_ARGUMENT);
    const std::string mine = sae4j_last_error();
    std::string       before, after;
    std::thread       other([&] {
        before = sae4j_last_error();
        sae4j_session_new({ 0 }, nullptr);
        after = sae4j_last_error();
    });
    other.join();
    CHECK(before.empty() && !after.empty() && after != mine && mine == sae4j_last_error());
}

// Seconds of CPU of the whole process or of this thread, where the system tells; else 0.
double cpu_seconds(bool whole_process) {
#if defined(CLOCK_THREAD_CPUTIME_ID)
    timespec time{};
    clock_gettime(whole_process ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
#else
    return 0 * whole_process;
#endif
}

// A session of one thread is the caller alone, even at products large enough for BLAS to want more.
void test_one_thread_is_one() {
    context = "one thread";
    const Gpt2Shape  large{ 1, 4, 256, 1024, 256, 4096, 1, 1e-5f, MLP_GELU, 0, 0 };
    const ModelPtr   model   = make_model(NaiveGpt2(large, 1));
    const SessionPtr session = open_session(1);
    const Tokens     tokens  = random_tokens({ 256, 256 }, large.n_vocab, 2);
    run_logits(session.get(), model.get(), tokens);
    const double process = cpu_seconds(true), thread = cpu_seconds(false);
    for (int i = 0; i < 5; i++) {
        run_logits(session.get(), model.get(), tokens);
    }
    const double all = cpu_seconds(true) - process, mine = cpu_seconds(false) - thread;
    CHECK_NEAR(all, mine, 0.1 * mine + 0.02);
}

// ---------------------------------------------------------------- memory

// Pages of this process in memory, where the system tells; else 0.
int64_t resident_pages() {
    std::ifstream statm("/proc/self/statm");
    int64_t       size = 0, resident = 0;
    statm >> size >> resident;
    return resident;
}

void live_and_die(const std::string & path, const NaiveSae & naive, const Tokens & tokens) {
    const ModelPtr   model   = load_model(path);
    const SaePtr     sae     = make_sae(naive);
    const SessionPtr session = open_session(1);
    const sae4j_edit edit{ SAE4J_EDIT_RECONSTRUCT, nullptr, sae.get(), nullptr, nullptr, nullptr };
    run_logits(session.get(), model.get(), tokens, { { point, &edit, 1, nullptr } });
    sae4j_model * failed = nullptr;
    CHECK_STATUS(sae4j_model_load((path + ".bad").c_str(), sae4j_model_default_params(), &failed), SAE4J_BAD_FILE);
}

// Thousands of models, SAEs, sessions and failures leave nothing behind.
void test_leaks() {
    context = "leaks";
    const TemporaryFolder folder;
    SmallGguf             gguf;
    gguf.add_tokenizer();
    const std::string path = folder.file("m.gguf");
    gguf.write(path);
    const std::string whole = read_file(path);
    write_file(path + ".bad", whole.substr(0, whole.size() - 100));
    const NaiveSae naive  = random_sae(sae_params(8, 20, SAE4J_TOPK, 4), 2);
    const Tokens   tokens = random_tokens({ 4 }, 8, 3);
    const int      cycles = sanitized ? 50 : 2000;
    int64_t        before = 0;
    for (int i = 0; i < cycles; i++) {
        live_and_die(path, naive, tokens);
        before = i == cycles / 4 ? resident_pages() : before;
    }
    CHECK(sanitized || (resident_pages() - before) * 4096 < (2 << 20));  // a sanitizer keeps what is freed for a while
}

}  // namespace

int main() {
    Setup s;
    test_null_handles(s);
    test_null_makers();
    test_sae_arguments(s);
    test_tokenizer_arguments(s);
    test_batches(s);
    test_limits(s);
    test_points(s);
    test_edits(s);
    test_logit_tokens(s);
    test_logit_count(s);
    test_transcoders(s);
    test_splices(s);
    test_unfinished(s);
    test_bad_shapes();
    test_bad_headers();
    test_description(s);
    test_deep_model();
    test_thread_counts();
    test_busy(s);
    test_race(s);
    test_sharing(s);
    test_error_of_each_thread();
    test_one_thread_is_one();
    test_leaks();
    return conclude("test_abuse");
}
