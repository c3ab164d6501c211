// The tokenizer: llama.cpp's vocabulary, loaded from the metadata of a GGUF file.
#pragma once

#include "sae4j.h"

#include <memory>
#include <string>
#include <vector>

struct llama_model;
struct llama_vocab;

namespace sae4j {

class Vocab {
  public:
    // path: a GGUF file whose tokenizer keys have been checked (gguf.h).
    explicit Vocab(const std::string & path);
    ~Vocab();
    Vocab(const Vocab &)             = delete;
    Vocab & operator=(const Vocab &) = delete;

    sae4j_vocab_info info() const;

    std::vector<int32_t> tokenize(const char * text, size_t n_bytes, bool special) const;

    // Bytes of the tokens; fails on an id that the vocabulary lacks.
    std::string detokenize(const int32_t * tokens, size_t count) const;

  private:
    llama_model *       model_;
    const llama_vocab * vocab_;
};

}  // namespace sae4j
