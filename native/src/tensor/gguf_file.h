// Reads a GGUF file of architecture gpt2: hyper-parameters, tokenizer keys, tensors. Files come from strangers:
// every key is checked for its type and every tensor for its place before ggml is asked for it.
#pragma once

#include "gguf.h"
#include "model/vocab.h"
#include "sae4j.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace sae4j {

class GgufFile {
  public:
    explicit GgufFile(const std::string & path);

    // Fails unless the architecture is gpt2.
    sae4j_model_shape shape() const;

    // The tokenizer, or null if the file has none. Fails unless it is GPT-2's; a file that does not say how a text is
    // split into words, as none did before April 2024, is taken to mean GPT-2's way.
    std::unique_ptr<Vocab> vocabulary() const;

    int64_t n_tensors() const { return gguf_get_n_tensors(gguf_.get()); }

    std::string tensor_name(int64_t index) const { return gguf_get_tensor_name(gguf_.get(), index); }

    // Fails unless tensor index is [rows, columns] of something that can be read as f32, all of it in the file.
    void check_tensor(int64_t index, int64_t rows, int64_t columns) const;

    // Reads tensor index, which has been checked, as f32.
    void read(int64_t index, int64_t rows, int64_t columns, float * out);

  private:
    struct Free {
        void operator()(gguf_context * g) const { gguf_free(g); }
    };

    int64_t find(const char * key) const { return gguf_find_key(gguf_.get(), key); }

    int64_t     integer(const char * key) const;
    float       real(const char * key) const;
    std::string text(const char * key) const;
    int32_t     token_id(const char * key, size_t n_tokens) const;
    int32_t     token_id(const char * key, const std::vector<std::string> & tokens) const;
    void        check_array(const char * key, gguf_type type, size_t at_least) const;

    std::vector<std::string> texts(const char * key) const;
    std::vector<TokenType>   token_types(const std::vector<std::string> & tokens) const;

    int64_t tensor(const char * name) const;

    std::string                         path_;
    std::ifstream                       file_;
    uint64_t                            size_ = 0;
    std::unique_ptr<gguf_context, Free> gguf_;
};

}  // namespace sae4j
