// Our GPT-2 graph against llama.cpp's own on the same GGUF files, the demo model in f32, f16 and q8_0.
#include "llama.h"
#include "naive_gpt2.h"

#include <algorithm>

using namespace test;

namespace {

// llama.cpp looks GELU up in a table of f16 values: up to 2⁻¹¹ relative at each of the 768 hidden units of each of
// the 6 blocks, mostly of no direction. Of that, 4e-3 is seen in the logits; the rest is room for other CPUs.
constexpr double tolerance = 2e-2;

std::string file(const char * name) {
    return std::string(SAE4J_TEST_DATA) + "/" + name;
}

struct FreeLlama {
    void operator()(llama_model * model) const { llama_model_free(model); }

    void operator()(llama_context * context) const { llama_free(context); }
};

// llama.cpp as near to plain f32 as it can be told to be.
class Llama {
  public:
    explicit Llama(const std::string & path) {
        llama_model_params model_params = llama_model_default_params();
        model_params.n_gpu_layers       = 0;
        model_.reset(llama_model_load_from_file(path.c_str(), model_params));
        llama_context_params params = llama_context_default_params();
        params.n_ctx                = 128;
        params.n_batch              = 128;
        params.n_ubatch             = 128;
        params.n_threads            = 1;
        params.n_threads_batch      = 1;
        params.flash_attn_type      = LLAMA_FLASH_ATTN_TYPE_DISABLED;
        params.type_k               = GGML_TYPE_F32;
        params.type_v               = GGML_TYPE_F32;
        context_.reset(model_ ? llama_init_from_model(model_.get(), params) : nullptr);
    }

    explicit operator bool() const { return context_ != nullptr; }

    // Logits of every position of one sequence. [ids.size(), n_vocab]
    std::vector<float> logits(const std::vector<int32_t> & ids) const {
        llama_memory_clear(llama_get_memory(context_.get()), true);
        const int32_t n     = static_cast<int32_t>(ids.size());
        llama_batch   batch = llama_batch_init(n, 0, 1);
        for (int32_t i = 0; i < n; i++) {
            batch.token[i]     = ids[i];
            batch.pos[i]       = i;
            batch.n_seq_id[i]  = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i]    = 1;
        }
        batch.n_tokens = n;
        CHECK(llama_decode(context_.get(), batch) == 0);
        llama_batch_free(batch);
        const int32_t      n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model_.get()));
        std::vector<float> all;
        for (int32_t i = 0; i < n; i++) {
            const float * row = llama_get_logits_ith(context_.get(), i);
            all.insert(all.end(), row, row + n_vocab);
        }
        return all;
    }

  private:
    std::unique_ptr<llama_model, FreeLlama>   model_;
    std::unique_ptr<llama_context, FreeLlama> context_;
};

// A text, one token, the longest sequence there may be, and ids at random.
std::vector<std::vector<int32_t>> sequences(const sae4j_model * model) {
    const std::string text =
        "The quick brown fox jumps over the lazy dog. In 1815 the king said:\n\"No!\" — naïve, café.";
    std::vector<int32_t> ids(text.size());
    size_t               count = 0;
    CHECK_OK(sae4j_tokenize(model, text.data(), text.size(), 0, ids.data(), ids.size(), &count));
    ids.resize(count);
    const int32_t n_ctx = number(model, "context_length"), n_vocab = number(model, "vocab_size");
    return { ids,
             { 0 },
             random_tokens({ n_ctx }, n_vocab, 1).ids,
             random_tokens({ 65 }, n_vocab, 2).ids,
             std::vector<int32_t>(40, 5) };
}

std::vector<float> ours(const sae4j_model * model, const std::vector<int32_t> & ids) {
    return run_logits(open_session(1).get(), model, { ids, { static_cast<int32_t>(ids.size()) } });
}

// The share of positions at which both expect the same next token.
double agreement(const std::vector<float> & a, const std::vector<float> & b, int64_t n_vocab) {
    int64_t rows = static_cast<int64_t>(a.size()) / n_vocab, same = 0;
    for (int64_t r = 0; r < rows; r++) {
        const auto at = [&](const std::vector<float> & x) {
            return std::max_element(x.begin() + r * n_vocab, x.begin() + (r + 1) * n_vocab) - x.begin();
        };
        same += at(a) == at(b);
    }
    return static_cast<double>(same) / static_cast<double>(rows);
}

void test_against_llama() {
    context              = "f32 against llama.cpp";
    const ModelPtr model = load_model(file("model-f32.gguf"));
    const Llama    llama(file("model-f32.gguf"));
    CHECK(llama);
    if (!model || !llama) {
        return;
    }
    for (const auto & ids : sequences(model.get())) {
        context        = "f32 against llama.cpp, " + std::to_string(ids.size()) + " tokens";
        const auto got = ours(model.get(), ids), expected = llama.logits(ids);
        CHECK_NEAR(largest_difference(got, expected), 0, tolerance);
        CHECK(agreement(got, expected, number(model.get(), "vocab_size")) > 0.98);
    }
}

// Smaller files: the same model, less exactly.
void test_smaller_file(const char * name, double drift) {
    context            = name;
    const ModelPtr f32 = load_model(file("model-f32.gguf")), model = load_model(file(name));
    const Llama    llama(file(name));
    if (!f32 || !model || !llama) {
        CHECK(false);
        return;
    }
    CHECK(sae4j_model_get_bytes(model.get()) == sae4j_model_get_bytes(f32.get()));
    for (const auto & ids : sequences(model.get())) {
        const auto   got = ours(model.get(), ids), expected = ours(f32.get(), ids);
        const double difference = largest_difference(got, expected);
        CHECK(difference > 0 && difference < drift);
        CHECK(agreement(got, expected, number(f32.get(), "vocab_size")) > 0.95);
        CHECK_NEAR(largest_difference(got, llama.logits(ids)), 0, drift);  // its products round their inputs too
    }
}

}  // namespace

int main() {
    test_against_llama();
    test_smaller_file("model-f16.gguf", 0.03);
    test_smaller_file("model-q8_0.gguf", 0.5);
    return conclude("test_llama");
}
