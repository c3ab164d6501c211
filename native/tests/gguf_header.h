// What a GGUF file has before its weights, in memory.
#pragma once

#include "ggml.h"
#include "gguf.h"
#include "handles.h"

namespace test {

class GgufHeader {
  public:
    GgufHeader() : keys(gguf_init_empty()), context_(ggml_init({ 16 * ggml_tensor_overhead(), nullptr, true })) {}

    ~GgufHeader() {
        gguf_free(keys);
        ggml_free(context_);
    }

    GgufHeader(const GgufHeader &)             = delete;
    GgufHeader & operator=(const GgufHeader &) = delete;

    void add_tensor(const char * name, int64_t rows, int64_t columns) {
        ggml_tensor * tensor = ggml_new_tensor_2d(context_, GGML_TYPE_F32, columns, rows);
        ggml_set_name(tensor, name);
        gguf_add_tensor(keys, tensor);
    }

    std::string bytes() const {
        std::string all(gguf_get_meta_size(keys), '\0');
        gguf_get_meta_data(keys, all.data());
        return all;
    }

    gguf_context * keys;  // and tensors

  private:
    ggml_context * context_;
};

inline sae4j_status new_model(const std::string & header, sae4j_model_params params, sae4j_model ** model) {
    return sae4j_model_new(header.data(), header.size(), params, model);
}

// The header of a model of no size that has the keys of a file, its vocabulary among them. "" if it is not a GGUF file.
inline std::string vocabulary_header(const std::string & path) {
    gguf_context * file = gguf_init_from_file(path.c_str(), { true, nullptr });
    if (!file) {
        return "";
    }
    GgufHeader header;
    gguf_set_kv(header.keys, file);
    gguf_free(file);
    gguf_set_val_str(header.keys, "general.architecture", "gpt2");
    gguf_set_val_u32(header.keys, "gpt2.block_count", 1);
    gguf_set_val_u32(header.keys, "gpt2.context_length", 1);
    gguf_set_val_u32(header.keys, "gpt2.embedding_length", 1);
    gguf_set_val_u32(header.keys, "gpt2.feed_forward_length", 1);
    gguf_set_val_u32(header.keys, "gpt2.attention.head_count", 1);
    gguf_set_val_f32(header.keys, "gpt2.attention.layer_norm_epsilon", 1e-5f);
    header.add_tensor("token_embd.weight", 1 << 24, 1);
    header.add_tensor("position_embd.weight", 1, 1);
    return header.bytes();
}

}  // namespace test
