// Tensors handed over in chunks: every dtype, stored order and alignment; and everything that can be wrong with them.
#include "ggml.h"
#include "naive_gpt2.h"
#include "naive_sae.h"

#include <cstring>

using namespace test;

namespace {

// Values that every dtype holds exactly.
std::vector<float> exact_values(size_t count, uint32_t seed) {
    std::vector<float> x = Random(seed).integers(count, 100);
    for (float & v : x) {
        v /= 64;
    }
    return x;
}

size_t dtype_size(sae4j_dtype dtype) {
    return dtype == SAE4J_DTYPE_F64 ? 8 : dtype == SAE4J_DTYPE_F32 ? 4 : 2;
}

void store(float value, sae4j_dtype dtype, uint8_t * out) {
    const double      f64  = value;
    const ggml_fp16_t f16  = ggml_fp32_to_fp16(value);
    const ggml_bf16_t bf16 = ggml_fp32_to_bf16(value);
    switch (dtype) {
        case SAE4J_DTYPE_F32:
            memcpy(out, &value, sizeof value);
            return;
        case SAE4J_DTYPE_F16:
            memcpy(out, &f16, sizeof f16);
            return;
        case SAE4J_DTYPE_BF16:
            memcpy(out, &bf16, sizeof bf16);
            return;
        case SAE4J_DTYPE_F64:
            memcpy(out, &f64, sizeof f64);
            return;
    }
}

// How a tensor is stored, and in what pieces it is handed over.
struct Style {
    sae4j_dtype dtype;
    int32_t     transposed;
    int64_t     piece;
};

// Hands chunk after chunk of values [rows, columns] to write(chunk), from odd addresses.
template <typename F>
void write_in_pieces(const std::vector<float> & values, int64_t rows, int64_t columns, const Style & style, F write) {
    const size_t         size = dtype_size(style.dtype);
    std::vector<uint8_t> stored(values.size() * size);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            const int64_t at = style.transposed ? c * rows + r : r * columns + c;
            store(values[r * columns + c], style.dtype, stored.data() + at * size);
        }
    }
    const int64_t count = rows * columns;
    for (int64_t first = 0; first < count; first += style.piece) {
        const int64_t        n = std::min(style.piece, count - first);
        std::vector<uint8_t> odd(1 + n * size);
        memcpy(odd.data() + 1, stored.data() + first * size, n * size);
        CHECK_OK(write(sae4j_chunk{ style.dtype, style.transposed, first, n, odd.data() + 1 }));
    }
}

NaiveSae small_sae() {
    NaiveSae sae{ sae_params(5, 7, SAE4J_JUMPRELU), {} };
    for (sae4j_sae_tensor tensor : tensors_of(sae.params)) {
        sae.tensors[tensor] = exact_values(size_of(sae.params, tensor), 7 + tensor);
    }
    return sae;
}

std::vector<float> reconstruct(const sae4j_sae * sae, int64_t d) {
    const int64_t            n_tokens = 20;
    const std::vector<float> x        = Random(3).normals(n_tokens * d);
    std::vector<float>       x_hat(x.size(), nan_f32);
    CHECK_OK(sae4j_sae_reconstruct(open_session(1).get(), sae, x.data(), n_tokens, x_hat.data()));
    return x_hat;
}

SaePtr write_sae(const NaiveSae & naive, const Style & style) {
    sae4j_sae * sae = nullptr;
    CHECK_OK(sae4j_sae_new(naive.params, &sae));
    for (const auto & item : naive.tensors) {
        const sae4j_sae_tensor tensor  = item.first;
        const bool             matrix  = tensor == SAE4J_W_ENC || tensor == SAE4J_W_DEC;
        const int64_t          columns = matrix ? naive.params.d : static_cast<int64_t>(item.second.size());
        write_in_pieces(item.second, matrix ? naive.params.n : 1, columns, style,
                        [&](const sae4j_chunk & chunk) { return sae4j_sae_write(sae, tensor, chunk); });
    }
    CHECK_OK(sae4j_sae_finish(sae));
    return SaePtr(sae);
}

void test_sae_styles() {
    const NaiveSae naive    = small_sae();
    const auto     expected = reconstruct(make_sae(naive).get(), naive.params.d);
    for (sae4j_dtype dtype : { SAE4J_DTYPE_F32, SAE4J_DTYPE_F16, SAE4J_DTYPE_BF16, SAE4J_DTYPE_F64 }) {
        for (int32_t transposed : { 0, 1 }) {
            for (int64_t piece : { 1, 3, 5, 6, 1000 }) {
                context = "SAE, dtype " + std::to_string(dtype) + ", transposed " + std::to_string(transposed) +
                          ", pieces of " + std::to_string(piece);
                CHECK(reconstruct(write_sae(naive, { dtype, transposed, piece }).get(), naive.params.d) == expected);
            }
        }
    }
}

constexpr Gpt2Shape shape{ 1, 2, 6, 10, 8, 9, 1, 1e-5f, MLP_GELU, 0, 0 };

int64_t columns_of(const std::string & name, size_t size) {
    const bool matrix = name.find("embd") != std::string::npos ||
                        (name.find("weight") != std::string::npos && name.find("norm") == std::string::npos);
    return !matrix ? static_cast<int64_t>(size) : name == "blk.0.ffn_down.weight" ? shape.n_ff : shape.n_embd;
}

void test_model_styles() {
    NaiveGpt2 naive(shape, 5);
    for (auto & item : naive.tensors) {
        item.second = exact_values(item.second.size(), static_cast<uint32_t>(item.second.size()));
    }
    const Tokens     tokens   = random_tokens({ 8, 3 }, shape.n_vocab, 6);
    const SessionPtr session  = open_session(1);
    const auto       expected = run_logits(session.get(), make_model(naive).get(), tokens);
    for (sae4j_dtype dtype : { SAE4J_DTYPE_F32, SAE4J_DTYPE_F16, SAE4J_DTYPE_BF16, SAE4J_DTYPE_F64 }) {
        for (const Style & style : { Style{ dtype, 0, 1000 }, Style{ dtype, 1, 7 } }) {
            context = "model, dtype " + std::to_string(dtype) + ", transposed " + std::to_string(style.transposed);
            sae4j_model * model = nullptr;
            CHECK_OK(new_model(header_of(shape), sae4j_model_default_params(), &model));
            const ModelPtr owner(model);
            for (const auto & item : naive.tensors) {
                const int64_t size = static_cast<int64_t>(item.second.size()), columns = columns_of(item.first, size);
                write_in_pieces(item.second, size / columns, columns, style, [&](const sae4j_chunk & chunk) {
                    return sae4j_model_write(model, item.first.c_str(), chunk);
                });
            }
            CHECK_OK(sae4j_model_finish(model));
            CHECK(run_logits(session.get(), model, tokens) == expected);
        }
    }
}

// One tensor of a new SAE, [1, 7].
struct Unfinished {
    Unfinished() {
        CHECK_OK(sae4j_sae_new(sae_params(5, 7, SAE4J_RELU), &sae));
        owner.reset(sae);
    }

    sae4j_status write(int64_t first, int64_t count, const std::vector<float> & values) {
        return sae4j_sae_write(sae, SAE4J_B_ENC, { SAE4J_DTYPE_F32, 0, first, count, values.data() });
    }

    sae4j_sae * sae = nullptr;
    SaePtr      owner;
};

void test_order() {
    context = "order of chunks";
    const std::vector<float> values(20, 1.0f);
    Unfinished               u;
    CHECK_STATUS(u.write(1, 2, values), SAE4J_BAD_ARGUMENT);  // begins late
    CHECK_STATUS(u.write(-1, 2, values), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(u.write(0, 8, values), SAE4J_BAD_ARGUMENT);  // too many
    CHECK_STATUS(u.write(0, -1, values), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(u.write(0, INT64_MAX, values), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(u.write(0, INT64_MIN, values), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(u.write(INT64_MIN, INT64_MAX, values), SAE4J_BAD_ARGUMENT);
    CHECK_OK(u.write(0, 0, values));
    CHECK_OK(u.write(0, 3, values));
    CHECK_STATUS(u.write(0, 3, values), SAE4J_BAD_ARGUMENT);  // again
    CHECK_STATUS(u.write(4, 3, values), SAE4J_BAD_ARGUMENT);  // a gap
    CHECK_STATUS(u.write(2, 3, values), SAE4J_BAD_ARGUMENT);  // an overlap
    CHECK_STATUS(u.write(3, 5, values), SAE4J_BAD_ARGUMENT);  // too many
    CHECK_OK(u.write(3, 4, values));
    CHECK_STATUS(u.write(7, 1, values), SAE4J_BAD_ARGUMENT);  // full
    CHECK_STATUS(u.write(0, 7, values), SAE4J_BAD_ARGUMENT);
}

void test_bad_chunks() {
    context = "bad chunks";
    const std::vector<float> ones(7, 1.0f);
    Unfinished               u;
    CHECK_STATUS(sae4j_sae_write(u.sae, SAE4J_B_ENC, { SAE4J_DTYPE_F32, 0, 0, 7, nullptr }), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_write(u.sae, SAE4J_B_ENC, { static_cast<sae4j_dtype>(4), 0, 0, 7, ones.data() }),
                 SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_write(u.sae, SAE4J_THRESHOLD, chunk_of(ones)), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_sae_write(u.sae, SAE4J_B_GATE, chunk_of(ones)), SAE4J_BAD_ARGUMENT);
    for (int tensor : { -1, 8, 1 << 20 }) {
        CHECK_STATUS(sae4j_sae_write(u.sae, static_cast<sae4j_sae_tensor>(tensor), chunk_of(ones)), SAE4J_BAD_ARGUMENT);
    }
}

void test_not_finite() {
    const NaiveSae naive = small_sae();
    for (float bad : { nan_f32, inf_f32, -inf_f32 }) {
        for (const auto & item : naive.tensors) {
            for (sae4j_dtype dtype : { SAE4J_DTYPE_F32, SAE4J_DTYPE_F16, SAE4J_DTYPE_BF16, SAE4J_DTYPE_F64 }) {
                context = "not finite, tensor " + std::to_string(item.first) + ", dtype " + std::to_string(dtype);
                Unfinished           u;
                std::vector<uint8_t> stored(item.second.size() * dtype_size(dtype));
                store(bad, dtype, stored.data() + stored.size() - dtype_size(dtype));
                if (item.first != SAE4J_THRESHOLD) {
                    CHECK_STATUS(
                        sae4j_sae_write(u.sae, item.first,
                                        { dtype, 0, 0, static_cast<int64_t>(item.second.size()), stored.data() }),
                        SAE4J_NOT_FINITE);
                    CHECK(sae4j_sae_finish(u.sae) != SAE4J_OK);
                }
            }
        }
    }
    context = "a double beyond f32";
    const std::vector<double> big(7, 1e300);
    Unfinished                u;
    CHECK_STATUS(sae4j_sae_write(u.sae, SAE4J_B_ENC, { SAE4J_DTYPE_F64, 0, 0, 7, big.data() }), SAE4J_NOT_FINITE);
}

void test_missing_sae_tensors() {
    for (sae4j_activation activation : { SAE4J_RELU, SAE4J_TOPK, SAE4J_JUMPRELU, SAE4J_GATED }) {
        const NaiveSae naive = random_sae(sae_params(5, 7, activation, 2), 9);
        for (const auto & left_out : naive.tensors) {
            for (size_t left : { size_t{ 1 }, left_out.second.size() }) {
                context = "without the last " + std::to_string(left) + " of tensor " + std::to_string(left_out.first);
                sae4j_sae * sae = nullptr;
                CHECK_OK(sae4j_sae_new(naive.params, &sae));
                const SaePtr owner(sae);
                for (const auto & item : naive.tensors) {
                    sae4j_chunk chunk = chunk_of(item.second);
                    chunk.count -= item.first == left_out.first ? static_cast<int64_t>(left) : 0;
                    CHECK_OK(sae4j_sae_write(sae, item.first, chunk));
                }
                CHECK_STATUS(sae4j_sae_finish(sae), SAE4J_BAD_FILE);
            }
        }
    }
}

void test_missing_model_tensors() {
    const NaiveGpt2 naive(shape, 5);
    for (const auto & left_out : naive.tensors) {
        for (size_t left : { size_t{ 1 }, left_out.second.size() }) {
            context             = "without the last " + std::to_string(left) + " of " + left_out.first;
            sae4j_model * model = nullptr;
            CHECK_OK(new_model(header_of(shape), sae4j_model_default_params(), &model));
            const ModelPtr owner(model);
            for (const auto & item : naive.tensors) {
                sae4j_chunk chunk = chunk_of(item.second);
                chunk.count -= item.first == left_out.first ? static_cast<int64_t>(left) : 0;
                CHECK_OK(sae4j_model_write(model, item.first.c_str(), chunk));
            }
            CHECK_STATUS(sae4j_model_finish(model), SAE4J_BAD_FILE);
        }
    }
}

// A tensor whose only write failed is missing.
void test_failed_model_tensors() {
    const NaiveGpt2 naive(shape, 5);
    for (const auto & broken : naive.tensors) {
        context             = "NaN in " + broken.first;
        sae4j_model * model = nullptr;
        CHECK_OK(new_model(header_of(shape), sae4j_model_default_params(), &model));
        const ModelPtr owner(model);
        for (const auto & item : naive.tensors) {
            std::vector<float> values = item.second;
            const bool         bad    = item.first == broken.first;
            values.back()             = bad ? nan_f32 : values.back();
            CHECK_STATUS(sae4j_model_write(model, item.first.c_str(), chunk_of(values)),
                         bad ? SAE4J_NOT_FINITE : SAE4J_OK);
        }
        CHECK_STATUS(sae4j_model_finish(model), SAE4J_BAD_FILE);
    }
}

// Writes after a tensor is whole change nothing, however empty they are.
void test_writes_after_the_end() {
    context = "writes after the end";
    const NaiveGpt2  naive(shape, 5);
    const Tokens     tokens   = random_tokens({ 8 }, shape.n_vocab, 6);
    const SessionPtr session  = open_session(1);
    const auto       expected = run_logits(session.get(), make_model(naive).get(), tokens);
    sae4j_model *    model    = nullptr;
    CHECK_OK(new_model(header_of(shape), sae4j_model_default_params(), &model));
    const ModelPtr owner(model);
    for (const auto & item : naive.tensors) {
        sae4j_chunk chunk = chunk_of(item.second);
        CHECK_OK(sae4j_model_write(model, item.first.c_str(), chunk));
        CHECK_STATUS(sae4j_model_write(model, item.first.c_str(), chunk), SAE4J_BAD_ARGUMENT);
        chunk.first = chunk.count;
        chunk.count = 0;
        CHECK_OK(sae4j_model_write(model, item.first.c_str(), chunk));
    }
    CHECK_OK(sae4j_model_finish(model));
    CHECK(run_logits(session.get(), model, tokens) == expected);
    CHECK(sae4j_model_get_bytes(model) == sae4j_model_get_bytes(make_model(naive).get()));
    for (const auto & item : naive.tensors) {
        CHECK_STATUS(sae4j_model_write(model, item.first.c_str(), chunk_of(item.second)), SAE4J_BAD_ARGUMENT);
    }
    CHECK_STATUS(sae4j_model_write(model, "blk.1.attn_norm.bias", chunk_of({ 1 })), SAE4J_BAD_FILE);
    CHECK_STATUS(sae4j_model_write(model, "", chunk_of({ 1 })), SAE4J_BAD_FILE);
}

void test_bad_sae_params() {
    context           = "SAE parameters";
    const auto status = [](const sae4j_sae_params & params) {
        sae4j_sae * sae = nullptr;
        const auto  got = sae4j_sae_new(params, &sae);
        sae4j_sae_free(sae);
        return got != SAE4J_OK;
    };
    const sae4j_sae_params good = sae_params(5, 7, SAE4J_TOPK, 3);
    const auto             with = [&](auto change) {
        sae4j_sae_params params = good;
        change(params);
        return status(params);
    };
    CHECK(!status(good));
    for (int32_t bad : { 0, -1, INT32_MIN, INT32_MAX }) {
        CHECK(with([=](auto & p) { p.d = bad; }));
        CHECK(with([=](auto & p) { p.n = bad; }));
        CHECK(with([=](auto & p) { p.k = bad; }));
    }
    CHECK(with([](auto & p) { p.k = 8; }));
    CHECK(with([](auto & p) { p.activation = static_cast<sae4j_activation>(4); }));
    CHECK(with([](auto & p) { p.activation = static_cast<sae4j_activation>(-1); }));
    CHECK(with([](auto & p) { p.normalization = static_cast<sae4j_normalization>(4); }));
    CHECK(with([](auto & p) { p.normalization = static_cast<sae4j_normalization>(-1); }));
    CHECK(with([](auto & p) { p.d = 1, p.normalization = SAE4J_NORM_LAYER_NORM; }));
    // A gated SAE has two pre-activations, and nobody says which of them the decoder's norm would rescale.
    CHECK(with([](auto & p) { p.activation = SAE4J_GATED, p.rescale_acts_by_decoder_norm = 1; }));
    for (float scale : { 0.0f, -1.0f, nan_f32, inf_f32 }) {
        CHECK(with([=](auto & p) { p.scale = scale, p.normalization = SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN; }));
    }
}

}  // namespace

int main() {
    test_sae_styles();
    test_model_styles();
    test_order();
    test_bad_chunks();
    test_not_finite();
    test_missing_sae_tensors();
    test_missing_model_tensors();
    test_failed_model_tensors();
    test_writes_after_the_end();
    test_bad_sae_params();
    return conclude("test_writing");
}
