// Tiny GGUF files made on the spot, whole or with something wrong, in a folder that is gone when the test ends.
#pragma once

#include "ggml.h"
#include "gguf.h"
#include "handles.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

namespace test {

// A folder of its own for this process.
class TemporaryFolder {
  public:
    TemporaryFolder() :
        path_(std::filesystem::temp_directory_path() / ("sae4j-test-" + std::to_string(std::random_device()()))) {
        std::filesystem::create_directories(path_);
    }

    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    TemporaryFolder(const TemporaryFolder &)             = delete;
    TemporaryFolder & operator=(const TemporaryFolder &) = delete;

    std::string file(const std::string & name) const { return (path_ / name).string(); }

    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>() };
}

inline void write_file(const std::string & path, const std::string & bytes) {
    std::filesystem::remove(path);  // some file systems flush to disk when a file is written anew in place
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct GgufTensor {
    std::string          name;
    ggml_type            type;
    std::vector<int64_t> ne;      // innermost first
    std::vector<float>   values;  // converted to type if that is f16
};

// What a GGUF file shall hold. The members are there to be changed before write().
class SmallGguf {
  public:
    SmallGguf() : keys(gguf_init_empty()) {
        gguf_set_val_str(keys, "general.architecture", "gpt2");
        gguf_set_val_u32(keys, "gpt2.block_count", 1);
        gguf_set_val_u32(keys, "gpt2.context_length", n_ctx);
        gguf_set_val_u32(keys, "gpt2.embedding_length", d);
        gguf_set_val_u32(keys, "gpt2.feed_forward_length", n_ff);
        gguf_set_val_u32(keys, "gpt2.attention.head_count", 2);
        gguf_set_val_f32(keys, "gpt2.attention.layer_norm_epsilon", 1e-5f);
        Random     random(1);
        const auto add = [&](const char * name, std::vector<int64_t> ne) {
            int64_t size = 1;
            for (int64_t n : ne) {
                size *= n;
            }
            tensors.push_back({ name, GGML_TYPE_F32, ne, random.normals(size, 0.3) });
        };
        add("token_embd.weight", { d, n_vocab });
        add("position_embd.weight", { d, n_ctx });
        add("blk.0.attn_norm.weight", { d });
        add("blk.0.attn_norm.bias", { d });
        add("blk.0.attn_qkv.weight", { d, 3 * d });
        add("blk.0.attn_qkv.bias", { 3 * d });
        add("blk.0.attn_output.weight", { d, d });
        add("blk.0.attn_output.bias", { d });
        add("blk.0.ffn_norm.weight", { d });
        add("blk.0.ffn_norm.bias", { d });
        add("blk.0.ffn_up.weight", { d, n_ff });
        add("blk.0.ffn_up.bias", { n_ff });
        add("blk.0.ffn_down.weight", { n_ff, d });
        add("blk.0.ffn_down.bias", { d });
        add("output_norm.weight", { d });
        add("output_norm.bias", { d });
    }

    ~SmallGguf() { gguf_free(keys); }

    SmallGguf(const SmallGguf &)             = delete;
    SmallGguf & operator=(const SmallGguf &) = delete;

    void add_tokenizer() {
        gguf_set_val_str(keys, "tokenizer.ggml.model", "gpt2");
        gguf_set_val_str(keys, "tokenizer.ggml.pre", "gpt-2");
        set_tokens({ "<|endoftext|>", "a", "b", "ab", "\xc4\xa0", "\xc4\x8a", "c",
                     "\xc4\xa0"
                     "ab" });
        const int32_t types[] = { 3, 1, 1, 1, 1, 1, 1, 1 };
        gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types, n_vocab);
        const char * merges[] = { "a b", "\xc4\xa0 ab" };
        gguf_set_arr_str(keys, "tokenizer.ggml.merges", merges, 2);
        gguf_set_val_u32(keys, "tokenizer.ggml.bos_token_id", 0);
        gguf_set_val_u32(keys, "tokenizer.ggml.eos_token_id", 0);
    }

    void set_tokens(std::vector<const char *> tokens) {
        gguf_set_arr_str(keys, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
    }

    GgufTensor & tensor(const std::string & name) {
        return *std::find_if(tensors.begin(), tensors.end(), [&](const auto & t) { return t.name == name; });
    }

    void write(const std::string & path) const {
        ggml_context * context =
            ggml_init({ ggml_tensor_overhead() * (tensors.size() + 1) + (size_t{ 1 } << 20), nullptr, false });
        gguf_context * file = gguf_init_empty();
        gguf_set_kv(file, keys);
        for (const GgufTensor & t : tensors) {
            ggml_tensor * made = ggml_new_tensor(context, t.type, static_cast<int>(t.ne.size()), t.ne.data());
            ggml_set_name(made, t.name.c_str());
            if (t.type == GGML_TYPE_F16) {
                ggml_fp32_to_fp16_row(t.values.data(), static_cast<ggml_fp16_t *>(made->data), ggml_nelements(made));
            } else {
                std::copy_n(reinterpret_cast<const char *>(t.values.data()),
                            std::min(ggml_nbytes(made), t.values.size() * sizeof(float)),
                            static_cast<char *>(made->data));
            }
            gguf_add_tensor(file, made);
        }
        std::filesystem::remove(path);
        CHECK(gguf_write_to_file(file, path.c_str(), false));
        gguf_free(file);
        ggml_free(context);
    }

    static constexpr int64_t d = 8, n_ff = 16, n_ctx = 4, n_vocab = 8;  // every tensor a multiple of 32 bytes

    gguf_context *          keys;
    std::vector<GgufTensor> tensors;
};

}  // namespace test
