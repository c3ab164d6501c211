#include "tensor/gguf_file.h"

#include "ggml.h"
#include "model/model.h"
#include "runtime/log.h"
#include "runtime/status.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

namespace sae4j {

namespace {

// llama.cpp's names of tokenizers that split a text into words by GPT-2's own rule.
constexpr std::string_view splits_as_gpt2[] = { "gpt-2", "phi-2", "roberta-bpe" };

constexpr std::string_view end_of_text = "<|endoftext|>";

}  // namespace

GgufFile::GgufFile(const std::string & path) : path_(path) {
    start_llama();
    const auto      native = std::filesystem::path(std::u8string(path.begin(), path.end()));
    std::error_code error;
    if (!std::filesystem::exists(native, error)) {
        fail(SAE4J_IO_ERROR, "%s: no such file", path.c_str());
    }
    if (!std::filesystem::is_regular_file(native, error)) {
        fail(SAE4J_IO_ERROR, "%s: not a regular file", path.c_str());
    }
    file_.open(native, std::ios::binary);
    size_ = std::filesystem::file_size(native, error);
    if (!file_ || error) {
        fail(SAE4J_IO_ERROR, "%s: cannot be opened for reading", path.c_str());
    }
    take_log();
    gguf_.reset(gguf_init_from_file(path.c_str(), { /*no_alloc=*/true, /*ctx=*/nullptr }));
    if (!gguf_) {
        fail(SAE4J_BAD_FILE, "%s: not a readable GGUF file (%llu bytes): %s", path.c_str(), (unsigned long long) size_,
             take_log().c_str());
    }
}

int64_t GgufFile::integer(const char * key) const {
    const int64_t id = find(key);
    if (id < 0) {
        fail(SAE4J_BAD_FILE, "%s: key %s: missing", path_.c_str(), key);
    }
    const gguf_context * g = gguf_.get();
    switch (gguf_get_kv_type(g, id)) {
        case GGUF_TYPE_UINT32:
            return gguf_get_val_u32(g, id);
        case GGUF_TYPE_INT32:
            return gguf_get_val_i32(g, id);
        case GGUF_TYPE_UINT64:
            return static_cast<int64_t>(gguf_get_val_u64(g, id));
        case GGUF_TYPE_INT64:
            return gguf_get_val_i64(g, id);
        case GGUF_TYPE_UINT16:
            return gguf_get_val_u16(g, id);
        default:
            fail(SAE4J_BAD_FILE, "%s: key %s: expected an integer, found %s", path_.c_str(), key,
                 gguf_type_name(gguf_get_kv_type(g, id)));
    }
}

float GgufFile::real(const char * key) const {
    const int64_t id = find(key);
    if (id < 0 || gguf_get_kv_type(gguf_.get(), id) != GGUF_TYPE_FLOAT32) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected f32, found %s", path_.c_str(), key,
             id < 0 ? "nothing" : gguf_type_name(gguf_get_kv_type(gguf_.get(), id)));
    }
    return gguf_get_val_f32(gguf_.get(), id);
}

std::string GgufFile::text(const char * key) const {
    const int64_t id = find(key);
    if (id < 0 || gguf_get_kv_type(gguf_.get(), id) != GGUF_TYPE_STRING) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected a string, found %s", path_.c_str(), key,
             id < 0 ? "nothing" : gguf_type_name(gguf_get_kv_type(gguf_.get(), id)));
    }
    return gguf_get_val_str(gguf_.get(), id);
}

int64_t GgufFile::tensor(const char * name) const {
    const int64_t id = gguf_find_tensor(gguf_.get(), name);
    if (id < 0) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: missing", path_.c_str(), name);
    }
    return id;
}

namespace {

int32_t narrow(const std::string & path, const char * what, int64_t value) {
    if (value < 1 || value > INT32_MAX) {
        fail(SAE4J_BAD_FILE, "%s: %s: expected a positive 32-bit number, found %lld", path.c_str(), what,
             (long long) value);
    }
    return static_cast<int32_t>(value);
}

}  // namespace

sae4j_model_shape GgufFile::shape() const {
    const std::string architecture = text("general.architecture");
    if (architecture != "gpt2") {
        fail(SAE4J_BAD_FILE, "%s: general.architecture: expected gpt2, found %s", path_.c_str(), architecture.c_str());
    }
    const int64_t     wte = tensor("token_embd.weight"), wpe = tensor("position_embd.weight");
    sae4j_model_shape shape{};
    shape.n_layer        = narrow(path_, "gpt2.block_count", integer("gpt2.block_count"));
    shape.n_head         = narrow(path_, "gpt2.attention.head_count", integer("gpt2.attention.head_count"));
    shape.n_embd         = narrow(path_, "gpt2.embedding_length", integer("gpt2.embedding_length"));
    shape.n_ff           = find("gpt2.feed_forward_length") < 0 ?
                               narrow(path_, "n_ff", int64_t{ 4 } * shape.n_embd) :
                               narrow(path_, "gpt2.feed_forward_length", integer("gpt2.feed_forward_length"));
    shape.n_ctx          = narrow(path_, "rows of position_embd.weight", gguf_get_tensor_ne(gguf_.get(), wpe)[1]);
    shape.n_vocab        = narrow(path_, "rows of token_embd.weight", gguf_get_tensor_ne(gguf_.get(), wte)[1]);
    shape.tied           = gguf_find_tensor(gguf_.get(), "output.weight") < 0;
    shape.layer_norm_eps = real("gpt2.attention.layer_norm_epsilon");
    if (find("gpt2.context_length") >= 0 && integer("gpt2.context_length") != shape.n_ctx) {
        fail(SAE4J_BAD_FILE, "%s: tensor position_embd.weight: expected gpt2.context_length %lld rows, found %d",
             path_.c_str(), (long long) integer("gpt2.context_length"), shape.n_ctx);
    }
    return shape;
}

void GgufFile::check_array(const char * key, gguf_type type, size_t at_least) const {
    const int64_t        id = find(key);
    const gguf_context * g  = gguf_.get();
    if (id < 0 || gguf_get_kv_type(g, id) != GGUF_TYPE_ARRAY || gguf_get_arr_type(g, id) != type) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected an array of %s", path_.c_str(), key, gguf_type_name(type));
    }
    if (gguf_get_arr_n(g, id) < at_least) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected at least %zu values, found %zu", path_.c_str(), key, at_least,
             gguf_get_arr_n(g, id));
    }
}

std::vector<std::string> GgufFile::texts(const char * key) const {
    check_array(key, GGUF_TYPE_STRING, 0);
    const int64_t            id = find(key);
    std::vector<std::string> texts;
    for (size_t i = 0; i < gguf_get_arr_n(gguf_.get(), id); i++) {
        texts.emplace_back(gguf_get_arr_str(gguf_.get(), id, i));
    }
    return texts;
}

// What the file says or, if it says nothing, the token that both begins and ends in GPT-2; -1 if there is none.
int32_t GgufFile::token_id(const char * key, const std::vector<std::string> & tokens) const {
    if (find(key) < 0) {
        const auto found = std::find(tokens.begin(), tokens.end(), end_of_text);
        return found == tokens.end() ? -1 : static_cast<int32_t>(found - tokens.begin());
    }
    const int64_t id = integer(key);
    if (id < 0 || static_cast<uint64_t>(id) >= tokens.size()) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected 0 to %zu, found %lld", path_.c_str(), key, tokens.size() - 1,
             (long long) id);
    }
    return static_cast<int32_t>(id);
}

std::unique_ptr<Vocab> GgufFile::vocabulary() const {
    if (find("tokenizer.ggml.model") < 0) {
        return nullptr;
    }
    const std::string model = text("tokenizer.ggml.model");
    if (model != "gpt2") {
        fail(SAE4J_BAD_FILE, "%s: tokenizer.ggml.model: expected gpt2, found %s", path_.c_str(), model.c_str());
    }
    if (find("tokenizer.ggml.pre") >= 0) {
        const std::string pre = text("tokenizer.ggml.pre");
        if (std::find(std::begin(splits_as_gpt2), std::end(splits_as_gpt2), pre) == std::end(splits_as_gpt2)) {
            fail(SAE4J_BAD_FILE,
                 "%s: tokenizer.ggml.pre: expected gpt-2, found %s, which splits texts into other words than GPT-2",
                 path_.c_str(), pre.c_str());
        }
    }
    BytePairs pairs;
    check_array("tokenizer.ggml.tokens", GGUF_TYPE_STRING, 1);
    pairs.tokens = texts("tokenizer.ggml.tokens");
    pairs.types  = token_types(pairs.tokens);
    pairs.merges = texts("tokenizer.ggml.merges");
    pairs.bos    = token_id("tokenizer.ggml.bos_token_id", pairs.tokens);
    pairs.eos    = token_id("tokenizer.ggml.eos_token_id", pairs.tokens);
    return std::make_unique<Vocab>(pairs, path_);
}

std::vector<TokenType> GgufFile::token_types(const std::vector<std::string> & tokens) const {
    const char * const     key = "tokenizer.ggml.token_type";
    std::vector<TokenType> types(tokens.size(), TokenType::normal);
    if (find(key) >= 0) {
        check_array(key, GGUF_TYPE_INT32, tokens.size());
        const auto * numbers = static_cast<const int32_t *>(gguf_get_arr_data(gguf_.get(), find(key)));
        for (size_t i = 0; i < tokens.size(); i++) {
            if (numbers[i] < static_cast<int32_t>(TokenType::normal) ||
                numbers[i] > static_cast<int32_t>(TokenType::unused)) {
                fail(SAE4J_BAD_FILE, "%s: key %s: expected 1 to 5 for token %zu, found %d", path_.c_str(), key, i,
                     numbers[i]);
            }
            types[i] = static_cast<TokenType>(numbers[i]);
        }
    }
    for (size_t i = 0; i < tokens.size(); i++) {
        if (tokens[i] == end_of_text && types[i] == TokenType::normal) {
            types[i] = TokenType::control;  // as GPT-2's own tokenizer has it; old files give no types
        }
    }
    return types;
}

void GgufFile::check_tensor(int64_t index, int64_t rows, int64_t columns) const {
    const gguf_context * g    = gguf_.get();
    const char *         name = gguf_get_tensor_name(g, index);
    const ggml_type      type = gguf_get_tensor_type(g, index);
    const int64_t *      ne   = gguf_get_tensor_ne(g, index);
    if (ne[0] != columns || ne[1] != rows || ne[2] != 1 || ne[3] != 1) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected [%lld, %lld], found [%lld, %lld, %lld, %lld] (innermost first)",
             path_.c_str(), name, (long long) columns, (long long) rows, (long long) ne[0], (long long) ne[1],
             (long long) ne[2], (long long) ne[3]);
    }
    if (type != GGML_TYPE_F32 && !ggml_get_type_traits(type)->to_float) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected floating-point or quantised values, found %s", path_.c_str(),
             name, ggml_type_name(type));
    }
    const uint64_t begin = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, index);
    const uint64_t bytes = gguf_get_tensor_size(g, index);
    if (begin > size_ || bytes > size_ - begin) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected %llu bytes from %llu, the file ends at %llu", path_.c_str(), name,
             (unsigned long long) bytes, (unsigned long long) begin, (unsigned long long) size_);
    }
}

void GgufFile::read(int64_t index, int64_t rows, int64_t columns, float * out) {
    const gguf_context * g      = gguf_.get();
    const char *         name   = gguf_get_tensor_name(g, index);
    const ggml_type      type   = gguf_get_tensor_type(g, index);
    const auto *         traits = ggml_get_type_traits(type);
    const uint64_t       begin  = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, index);
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(begin));
    const size_t      row_bytes = ggml_row_size(type, columns);
    const int64_t     step      = std::max<int64_t>(1, (int64_t{ 4 } << 20) / static_cast<int64_t>(row_bytes));
    std::vector<char> block(type == GGML_TYPE_F32 ? 0 : std::min(step, rows) * row_bytes);
    for (int64_t r = 0; r < rows; r += step) {
        const int64_t count = std::min(step, rows - r);
        char *        into  = type == GGML_TYPE_F32 ? reinterpret_cast<char *>(out + r * columns) : block.data();
        if (!file_.read(into, static_cast<std::streamsize>(count * row_bytes))) {
            fail(SAE4J_IO_ERROR, "%s: tensor %s: the file could not be read to its end", path_.c_str(), name);
        }
        if (type != GGML_TYPE_F32) {
            traits->to_float(into, out + r * columns, count * columns);
        }
    }
}

std::unique_ptr<Model> load_gguf(const std::string & path, sae4j_model_params params) {
    GgufFile   file(path);
    const auto shape = file.shape();
    auto       model = std::make_unique<Model>(shape, params, path, file.vocabulary());
    for (int64_t i = 0; i < file.n_tensors(); i++) {
        const std::string name     = file.tensor_name(i);
        const auto [rows, columns] = model->tensor_shape(name);
        file.check_tensor(i, rows, columns);
        file.read(i, rows, columns, model->place(name));
        try {
            model->placed(name);
        } catch (const Error & e) {
            fail(e.status, "%s: %s", path.c_str(), e.what());
        }
    }
    model->finish();
    return model;
}

}  // namespace sae4j
