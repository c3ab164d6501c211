#include "vocab.h"

#include "llama.h"
#include "log.h"
#include "status.h"

#include <climits>

namespace sae4j {

Vocab::Vocab(const std::string & path) {
    start_llama();
    take_log();
    llama_model_params params = llama_model_default_params();
    params.vocab_only         = true;
    params.n_gpu_layers       = 0;
    model_                    = llama_model_load_from_file(path.c_str(), params);
    if (!model_) {
        fail(SAE4J_BAD_FILE, "%s: llama.cpp cannot read the vocabulary: %s", path.c_str(), take_log().c_str());
    }
    vocab_ = llama_model_get_vocab(model_);
}

Vocab::~Vocab() {
    llama_model_free(model_);
}

sae4j_vocab_info Vocab::info() const {
    return { llama_vocab_n_tokens(vocab_), llama_vocab_bos(vocab_), llama_vocab_eos(vocab_) };
}

std::vector<int32_t> Vocab::tokenize(const char * text, size_t n_bytes, bool special) const {
    if (n_bytes > INT_MAX / 2) {
        fail(SAE4J_BAD_ARGUMENT, "text: expected at most %d bytes, found %zu; tokenize it in parts", INT_MAX / 2,
             n_bytes);
    }
    const int            size = static_cast<int>(n_bytes);
    std::vector<int32_t> tokens(n_bytes / 2 + 16);
    int n = llama_tokenize(vocab_, text, size, tokens.data(), static_cast<int>(tokens.size()), false, special);
    if (n < 0) {  // room for -n
        tokens.resize(-n);
        n = llama_tokenize(vocab_, text, size, tokens.data(), static_cast<int>(tokens.size()), false, special);
    }
    if (n < 0) {
        fail(SAE4J_INTERNAL, "llama.cpp could not tokenize %zu bytes", n_bytes);
    }
    tokens.resize(n);
    return tokens;
}

std::string Vocab::detokenize(const int32_t * tokens, size_t count) const {
    const int         n_tokens = llama_vocab_n_tokens(vocab_);
    std::string       text;
    std::vector<char> piece(256);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i] < 0 || tokens[i] >= n_tokens) {
            fail(SAE4J_BAD_ARGUMENT, "token %zu: expected an id in 0 … %d, found %d", i, n_tokens - 1, tokens[i]);
        }
        int n = llama_token_to_piece(vocab_, tokens[i], piece.data(), static_cast<int>(piece.size()), 0, true);
        if (n < 0) {
            piece.resize(-n);
            n = llama_token_to_piece(vocab_, tokens[i], piece.data(), static_cast<int>(piece.size()), 0, true);
        }
        text.append(piece.data(), n > 0 ? n : 0);
    }
    return text;
}

}  // namespace sae4j
