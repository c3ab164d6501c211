// Files from strangers: whatever is wrong with a GGUF file, loading it says so and the process lives on.
#include "small_gguf.h"
#include "tensor/gguf_file.h"

#include <cstring>

using namespace test;

namespace {

const TemporaryFolder folder;

constexpr const char * space    = "\xc4\xa0";  // as GPT-2 spells it
constexpr const char * space_ab = "\xc4\xa0"
                                  "ab";

sae4j_status load(const std::string & path) {
    sae4j_model *      model  = nullptr;
    const sae4j_status status = sae4j_model_load(path.c_str(), sae4j_model_default_params(), &model);
    CHECK((status == SAE4J_OK) == (model != nullptr));
    CHECK(status == SAE4J_OK || sae4j_last_error()[0] != 0);
    sae4j_model_free(model);
    return status;
}

sae4j_status load_bytes(const std::string & bytes) {
    const std::string path = folder.file("bytes.gguf");
    write_file(path, bytes);
    return load(path);
}

// Loads a small file with something changed.
sae4j_status load_changed(const std::function<void(SmallGguf &)> & change, bool tokenizer = false) {
    SmallGguf gguf;
    if (tokenizer) {
        gguf.add_tokenizer();
    }
    change(gguf);
    gguf.write(folder.file("changed.gguf"));
    return load(folder.file("changed.gguf"));
}

std::string small_file(bool tokenizer) {
    SmallGguf gguf;
    if (tokenizer) {
        gguf.add_tokenizer();
    }
    gguf.write(folder.file("small.gguf"));
    return read_file(folder.file("small.gguf"));
}

// What is not wrong must load, or the rest of this test would mean nothing.
void test_good_files() {
    context = "good files";
    CHECK_OK(load_changed([](SmallGguf &) {}));
    CHECK_OK(load_changed([](SmallGguf &) {}, true));
    CHECK_OK(load_changed([](SmallGguf & g) { gguf_remove_key(g.keys, "gpt2.context_length"); }));
    CHECK_OK(load_changed([](SmallGguf & g) { gguf_set_val_u64(g.keys, "gpt2.block_count", 1); }));
    CHECK_OK(load_changed([](SmallGguf & g) { g.tensor("blk.0.ffn_up.weight").type = GGML_TYPE_F16; }));
    CHECK_OK(load_changed([](SmallGguf & g) {
        g.tensors.push_back({ "output.weight", GGML_TYPE_F32, { g.d, g.n_vocab }, std::vector<float>(64, 1.0f) });
    }));
    CHECK_OK(load_changed([](SmallGguf & g) { std::reverse(g.tensors.begin(), g.tensors.end()); }));
    const ModelPtr model  = load_model(folder.file("changed.gguf"));
    const auto     number = [&](const char * key) {
        return sae4j_model_get_number(model.get(), key);
    };
    CHECK(number("block_count") == 1 && number("attention.head_count") == 2 && number("embedding_length") == 8 &&
          number("feed_forward_length") == 16 && number("context_length") == 4 && number("vocab_size") == 8);
    CHECK(sae4j_vocab_get_info(model.get()).n_tokens == 0);
}

void test_not_files() {
    context = "not files";
    CHECK_STATUS(load(folder.file("missing.gguf")), SAE4J_IO_ERROR);
    CHECK_STATUS(load(folder.path()), SAE4J_IO_ERROR);
    CHECK(load("") != SAE4J_OK);
    CHECK(load(std::string(100000, 'x')) != SAE4J_OK);
    CHECK(load("\xff\xfe not utf-8") != SAE4J_OK);
    CHECK_STATUS(load_bytes(""), SAE4J_BAD_FILE);
    CHECK_STATUS(load_bytes("GGUF"), SAE4J_BAD_FILE);
    CHECK_STATUS(load_bytes(std::string(1000, 'x')), SAE4J_BAD_FILE);
    CHECK_STATUS(load_bytes(std::string(100000, '\0')), SAE4J_BAD_FILE);
}

// Where in a small file everything has been said and the weights begin.
size_t end_of_names(const std::string & whole) {
    return whole.rfind("output_norm.bias") + 48;
}

// A file for each length is slow where opening one is, so of those within the weights only some.
void test_truncated(bool tokenizer) {
    const std::string whole = small_file(tokenizer);
    CHECK_OK(load_bytes(whole));
    for (size_t length = 0; length < whole.size(); length += length < end_of_names(whole) ? 1 : 13) {
        context = std::string(tokenizer ? "with tokenizer" : "no tokenizer") + ", the first " + std::to_string(length) +
                  " of " + std::to_string(whole.size()) + " bytes";
        CHECK(load_bytes(whole.substr(0, length)) != SAE4J_OK);
    }
    context = "without the last byte";
    // which tensor lacks it is known before anything is read
    CHECK_STATUS(load_bytes(whole.substr(0, whole.size() - 1)), SAE4J_BAD_FILE);
    CHECK(std::string(sae4j_last_error()).find("tensor output_norm.bias: expected 32 bytes from ") !=
          std::string::npos);
}

// What is larger than a block is read block by block, each to its place.
void test_large_tensors() {
    constexpr int64_t columns = 64, rows = 80000;  // 20 MiB, 10 and 5
    ggml_context *    memory = ggml_init({ size_t{ 64 } << 20, nullptr, false });
    gguf_context *    gguf   = gguf_init_empty();
    const auto        values = Random(2).normals(columns * rows);
    for (ggml_type type : { GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0 }) {
        ggml_tensor * tensor = ggml_new_tensor_2d(memory, type, columns, rows);
        ggml_set_name(tensor, ggml_type_name(type));
        ggml_quantize_chunk(type, values.data(), tensor->data, 0, rows, columns, nullptr);
        gguf_add_tensor(gguf, tensor);
    }
    const std::string path = folder.file("large.gguf");
    CHECK(gguf_write_to_file(gguf, path.c_str(), false));
    gguf_free(gguf);
    ggml_free(memory);
    sae4j::GgufFile file(path);
    for (int64_t i = 0; i < file.n_tensors(); i++) {
        context = "a large tensor of " + file.tensor_name(i);
        std::vector<float> read(values.size(), nan_f32);
        file.check_tensor(i, rows, columns);
        file.read(i, rows, columns, read.data());
        CHECK_NEAR(largest_difference(read, values), 0, i == 0 ? 0 : 0.03);  // Q8_0: 1/127 of 5, halved
    }
}

// ---------------------------------------------------------------- the header

// ggml's reader multiplies the dimensions of a tensor before it looks whether they can be multiplied: harmless, but
// the sanitizer ends the process for it. So what leads there is tested without the sanitizer only.
constexpr bool overflow_allowed = !sanitized;

template <typename T> std::string with_number(std::string bytes, size_t at, T value) {
    memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

void test_header() {
    const std::string good = small_file(true);
    context                = "magic and version";
    CHECK_STATUS(load_bytes(with_number(good, 0, uint32_t{ 0x67676d6c })), SAE4J_BAD_FILE);
    for (uint32_t version : { 0u, 1u, 4u, 0x03000000u, UINT32_MAX }) {
        CHECK_STATUS(load_bytes(with_number(good, 4, version)), SAE4J_BAD_FILE);
    }
    for (uint64_t count : { uint64_t{ 0 }, uint64_t{ 1 }, uint64_t{ 1000 }, uint64_t{ 1 } << 31, uint64_t{ 1 } << 40,
                            uint64_t{ 1 } << 62, uint64_t{ INT64_MAX }, uint64_t{ UINT64_MAX } }) {
        context = "counts of " + std::to_string(count);
        CHECK(load_bytes(with_number(good, 8, count)) != SAE4J_OK);
        if (count > 1 || overflow_allowed) {  // with fewer keys, those left over are read as tensors
            CHECK(load_bytes(with_number(good, 16, count)) != SAE4J_OK);
        }
        CHECK(load_bytes(with_number(good, 24, count)) != SAE4J_OK);  // length of the first key
    }
}

// Numbers beside the header's own: where a tensor's dimensions and place are said.
void test_tensor_numbers() {
    const std::string good = small_file(false);
    const size_t      name = good.find("blk.0.ffn_up.weight"), ne = name + strlen("blk.0.ffn_up.weight") + 4;
    for (uint64_t n : { uint64_t{ 0 }, uint64_t{ 7 }, uint64_t{ 1 } << 31, uint64_t{ 1 } << 61, uint64_t{ INT64_MAX },
                        uint64_t{ UINT64_MAX } }) {
        if (n >= uint64_t{ 1 } << 60 && !overflow_allowed) {
            continue;
        }
        context = "dimensions of " + std::to_string(n);
        CHECK(load_bytes(with_number(good, ne, n)) != SAE4J_OK);
        CHECK(load_bytes(with_number(good, ne + 8, n)) != SAE4J_OK);
    }
    for (uint32_t type : { 4u, 5u, 31u, 1000u, UINT32_MAX }) {
        context = "type " + std::to_string(type);
        CHECK(load_bytes(with_number(good, ne + 16, type)) != SAE4J_OK);
    }
    for (uint64_t offset : { uint64_t{ 1 }, uint64_t{ 32 }, uint64_t{ 1 } << 40, UINT64_MAX - 31 }) {
        context = "offset " + std::to_string(offset);
        CHECK(load_bytes(with_number(good, ne + 20, offset)) != SAE4J_OK);
    }
    for (uint32_t dimensions : { 0u, 1u, 5u, UINT32_MAX, 3u }) {
        if (dimensions == 3 && !overflow_allowed) {
            continue;
        }
        context = "number of dimensions " + std::to_string(dimensions);
        CHECK(load_bytes(with_number(good, ne - 4, dimensions)) != SAE4J_OK);
    }
}

// ---------------------------------------------------------------- keys

void test_keys() {
    const char * const required[] = { "general.architecture", "gpt2.block_count", "gpt2.embedding_length",
                                      "gpt2.attention.head_count", "gpt2.attention.layer_norm_epsilon" };
    for (const char * key : required) {
        context = std::string("key ") + key;
        CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_remove_key(g.keys, key); }), SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_set_val_bool(g.keys, key, true); }), SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_set_val_f64(g.keys, key, 1e-5); }), SAE4J_BAD_FILE);
        const uint32_t numbers[] = { 1, 2 };
        CHECK_STATUS(load_changed([&](SmallGguf & g) { gguf_set_arr_data(g.keys, key, GGUF_TYPE_UINT32, numbers, 2); }),
                     SAE4J_BAD_FILE);
    }
    for (const char * architecture : { "llama", "", "GPT2", "gpt2\n%s%n" }) {
        context = std::string("architecture ") + architecture;
        CHECK_STATUS(
            load_changed([=](SmallGguf & g) { gguf_set_val_str(g.keys, "general.architecture", architecture); }),
            SAE4J_BAD_FILE);
    }
}

void test_sizes() {
    for (const char * key : { "gpt2.block_count", "gpt2.embedding_length", "gpt2.feed_forward_length",
                              "gpt2.attention.head_count", "gpt2.context_length" }) {
        for (int64_t bad : { int64_t{ 0 }, int64_t{ 3 }, int64_t{ -1 }, int64_t{ INT32_MAX }, int64_t{ 1 } << 32,
                             (int64_t{ 1 } << 32) + 1, INT64_MAX, INT64_MIN }) {
            context = std::string(key) + " " + std::to_string(bad);
            CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_set_val_i64(g.keys, key, bad); }), SAE4J_BAD_FILE);
            CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_set_val_u64(g.keys, key, bad); }), SAE4J_BAD_FILE);
        }
    }
    context = "n_head does not divide n_embd";
    CHECK_STATUS(load_changed([](SmallGguf & g) { gguf_set_val_u32(g.keys, "gpt2.attention.head_count", 3); }),
                 SAE4J_BAD_FILE);
    context = "more blocks than there are";
    CHECK_STATUS(load_changed([](SmallGguf & g) { gguf_set_val_u32(g.keys, "gpt2.block_count", 2); }), SAE4J_BAD_FILE);
    context = "the default of n_ff is another";
    CHECK_STATUS(load_changed([](SmallGguf & g) { gguf_remove_key(g.keys, "gpt2.feed_forward_length"); }),
                 SAE4J_BAD_FILE);
    for (float bad : { 0.0f, -1e-5f, 1.0f, nan_f32, inf_f32 }) {
        context = "epsilon " + std::to_string(bad);
        CHECK_STATUS(
            load_changed([=](SmallGguf & g) { gguf_set_val_f32(g.keys, "gpt2.attention.layer_norm_epsilon", bad); }),
            SAE4J_BAD_FILE);
    }
}

// ---------------------------------------------------------------- tensors

void test_tensors() {
    const SmallGguf good;
    for (const GgufTensor & t : good.tensors) {
        context = "tensor " + t.name;
        CHECK_STATUS(load_changed([&](SmallGguf & g) {
                         std::erase_if(g.tensors, [&](const GgufTensor & other) { return other.name == t.name; });
                     }),
                     SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([&](SmallGguf & g) { g.tensor(t.name).name += "s"; }), SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([&](SmallGguf & g) { g.tensor(t.name).ne[0]--; }), SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([&](SmallGguf & g) { g.tensor(t.name).ne.push_back(2); }), SAE4J_BAD_FILE);
        CHECK_STATUS(load_changed([&](SmallGguf & g) { g.tensor(t.name).type = GGML_TYPE_I32; }), SAE4J_BAD_FILE);
        for (float bad : { nan_f32, inf_f32, -inf_f32 }) {
            CHECK_STATUS(load_changed([&](SmallGguf & g) { g.tensor(t.name).values.back() = bad; }), SAE4J_NOT_FINITE);
        }
    }
    context = "matrix transposed";
    CHECK_STATUS(load_changed([](SmallGguf & g) {
                     g.tensor("blk.0.ffn_up.weight").ne = { g.n_ff, g.d };
                 }),
                 SAE4J_BAD_FILE);
    context = "rows of the embeddings";
    CHECK_OK(load_changed([](SmallGguf & g) { g.tensor("token_embd.weight").ne[1] = 7; }));
    CHECK_STATUS(load_changed([](SmallGguf & g) { g.tensor("position_embd.weight").ne[1] = 3; }), SAE4J_BAD_FILE);
    for (const char * name :
         { "extra", "blk.1.attn_norm.weight", "blk.00.attn_norm.weight", "rope_freqs.weight", "" }) {
        context = std::string("additional tensor ") + name;
        CHECK_STATUS(load_changed([=](SmallGguf & g) {
                         g.tensors.push_back({ name, GGML_TYPE_F32, { 8 }, std::vector<float>(8) });
                     }),
                     SAE4J_BAD_FILE);
    }
    context = "no tensors at all";
    CHECK_STATUS(load_changed([](SmallGguf & g) { g.tensors.clear(); }), SAE4J_BAD_FILE);
}

// ---------------------------------------------------------------- tokenizer

void test_tokenizer_types() {
    const char * const keys[] = { "tokenizer.ggml.model", "tokenizer.ggml.tokens", "tokenizer.ggml.merges",
                                  "tokenizer.ggml.token_type" };
    for (const char * key : keys) {
        context = std::string("type of ") + key;
        CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_set_val_u32(g.keys, key, 1); }, true), SAE4J_BAD_FILE);
        const float numbers[9] = {};
        CHECK_STATUS(
            load_changed([&](SmallGguf & g) { gguf_set_arr_data(g.keys, key, GGUF_TYPE_FLOAT32, numbers, 9); }, true),
            SAE4J_BAD_FILE);
    }
    for (const char * key : { "tokenizer.ggml.tokens", "tokenizer.ggml.merges" }) {
        context = std::string("without ") + key;
        CHECK_STATUS(load_changed([=](SmallGguf & g) { gguf_remove_key(g.keys, key); }, true), SAE4J_BAD_FILE);
    }
    context = "another tokenizer";
    CHECK_STATUS(load_changed([](SmallGguf & g) { gguf_set_val_str(g.keys, "tokenizer.ggml.model", "llama"); }, true),
                 SAE4J_BAD_FILE);
}

// A tokenizer with something wrong is refused in words that name the file and this part of it.
void refuse(const char * part, const std::function<void(SmallGguf &)> & change) {
    CHECK_STATUS(load_changed(change, true), SAE4J_BAD_FILE);
    const std::string message = sae4j_last_error();
    if (!message.starts_with(folder.file("changed.gguf") + ": ") || message.find(part) == std::string::npos) {
        report(__FILE__, __LINE__, "expected \"" + std::string(part) + "\", found: " + message);
    }
}

void test_tokens() {
    context = "tokens";
    refuse("token 7 repeats", [](SmallGguf & g) { g.set_tokens({ "a", "b", "c", "d", "e", "f", "g", "a" }); });
    refuse("8 rows", [](SmallGguf & g) {
        g.set_tokens({ "<|endoftext|>", "a", "b", "ab", space, "c", "d", space_ab, "e" });
        gguf_remove_key(g.keys, "tokenizer.ggml.token_type");
    });
    refuse("token_type: expected at least 8 values, found 2", [](SmallGguf & g) {
        const int32_t types[] = { 1, 1 };
        gguf_set_arr_data(g.keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types, 2);
    });
    refuse("tokenizer.ggml.tokens: expected at least 1", [](SmallGguf & g) { g.set_tokens({}); });
    for (int32_t bad : { -1, 0, 6, 7, INT32_MAX, INT32_MIN }) {  // 6: a byte, of which GPT-2 has none
        refuse("token_type: expected 1 to 5 for token 3", [=](SmallGguf & g) {
            const int32_t types[] = { 3, 1, 1, bad, 1, 1, 1, 1 };
            gguf_set_arr_data(g.keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types, 8);
        });
    }
    for (const char * key : { "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id" }) {
        for (uint32_t bad : { uint32_t{ 8 }, UINT32_MAX }) {
            refuse("_token_id: expected 0 to 7, found", [=](SmallGguf & g) { gguf_set_val_u32(g.keys, key, bad); });
        }
        refuse("_token_id: expected an integer", [=](SmallGguf & g) { gguf_set_val_str(g.keys, key, "a"); });
    }
}

void test_merges() {
    context            = "merges";
    const char * bad[] = { "ab",    "",    " ",   "a",      " a",     "a ",        "a  b",
                           "a b c", "a c", "d a", "\xff a", "a \xc4", "\xc1\xa1 b" };
    for (const char * merge : bad) {
        refuse("tokenizer.ggml.merges: merge 1: expected", [=](SmallGguf & g) {
            const char * merges[] = { "a b", merge };
            gguf_set_arr_str(g.keys, "tokenizer.ggml.merges", merges, 2);
        });
    }
    refuse("merge 1: expected one that is not there already", [](SmallGguf & g) {
        const char * merges[] = { "a b", "a b" };
        gguf_set_arr_str(g.keys, "tokenizer.ggml.merges", merges, 2);
    });
}

// How a text is split into words before the merges: GPT-2's way, by whichever name, or not at all.
void test_pre_tokenizers() {
    for (const char * same : { "gpt-2", "phi-2", "roberta-bpe" }) {
        context = std::string("pre-tokenizer ") + same;
        CHECK_OK(load_changed([=](SmallGguf & g) { gguf_set_val_str(g.keys, "tokenizer.ggml.pre", same); }, true));
    }
    for (const char * foreign :
         { "deepseek-llm", "falcon", "starcoder", "tekken", "gpt-4o", "default", "bloom", "superbpe", "minicpm5",
           "whitespace", "gemma4", "chameleon", "viking", "exaone-moe", "qwen2", "deepseek-v3", "no such", "" }) {
        context = std::string("pre-tokenizer ") + foreign;
        refuse((std::string("tokenizer.ggml.pre: expected gpt-2, found ") + foreign).c_str(),
               [=](SmallGguf & g) { gguf_set_val_str(g.keys, "tokenizer.ggml.pre", foreign); });
    }
    refuse("tokenizer.ggml.pre: expected a string",
           [](SmallGguf & g) { gguf_set_val_u32(g.keys, "tokenizer.ggml.pre", 1); });
    context = "no pre-tokenizer";
    CHECK_OK(load_changed([](SmallGguf & g) { gguf_remove_key(g.keys, "tokenizer.ggml.pre"); }, true));
}

// Keys that change what llama.cpp does with other tokenizers change nothing here.
void test_keys_without_effect() {
    context = "keys without effect";
    CHECK_OK(load_changed(
        [](SmallGguf & g) {
            gguf_set_val_str(g.keys, "tokenizer.ggml.scores", "none");
            gguf_set_val_str(g.keys, "tokenizer.ggml.precompiled_charsmap", "none");
            gguf_set_val_bool(g.keys, "tokenizer.ggml.add_bos_token", true);
            gguf_set_val_bool(g.keys, "tokenizer.ggml.add_eos_token", true);
            gguf_set_val_bool(g.keys, "tokenizer.ggml.add_space_prefix", true);
            gguf_set_val_bool(g.keys, "tokenizer.ggml.remove_extra_whitespaces", true);
            gguf_set_val_u32(g.keys, "tokenizer.ggml.mask_token_id", UINT32_MAX);
            gguf_set_val_str(g.keys, "general.name", "phi-3 modern-bert");
            gguf_set_val_u32(g.keys, "split.count", 2);
        },
        true));
    const ModelPtr model = load_model(folder.file("changed.gguf"));
    const auto     info  = sae4j_vocab_get_info(model.get());
    CHECK(info.n_tokens == 8 && info.bos == 0 && info.eos == 0);
    int32_t tokens[8];
    size_t  count = 0;
    CHECK_OK(sae4j_tokenize(model.get(), "ab  ab\n", 7, 0, tokens, 8, &count));
    CHECK(count == 4 && tokens[0] == 3 && tokens[1] == 4 && tokens[2] == 7 && tokens[3] == 5);
}

// ---------------------------------------------------------------- anything

// Each byte before the weights changed in several ways: any status will do, a crash will not.
void test_every_byte(bool tokenizer) {
    const std::string good = small_file(tokenizer);
    const size_t      keys = good.find("token_embd.weight"), names = end_of_names(good);
    for (size_t at = 0; at < (overflow_allowed ? names : keys); at++) {
        for (int change : { 0x01, 0x80, 0xff }) {
            context         = "byte " + std::to_string(at) + " xor " + std::to_string(change);
            std::string bad = good;
            bad[at]         = static_cast<char>(bad[at] ^ change);
            load_bytes(bad);
        }
    }
}

}  // namespace

int main() {
    test_good_files();
    test_not_files();
    test_truncated(false);
    test_truncated(true);
    test_large_tensors();
    test_header();
    test_tensor_numbers();
    test_keys();
    test_sizes();
    test_tensors();
    test_tokenizer_types();
    test_tokens();
    test_merges();
    test_pre_tokenizers();
    test_keys_without_effect();
    test_every_byte(false);
    test_every_byte(true);
    return conclude("test_bad_gguf");
}
