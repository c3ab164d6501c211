// The tokenizer. llama.cpp splits text into words and joins the bytes of each word. This file knows what each token
// spells and finds the marks in a text. llama.cpp sees no key of a stranger's file, only checked byte pairs.
#pragma once

#include "model/byte_pairs.h"
#include "sae4j.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct llama_model;
struct llama_vocab;

namespace sae4j {

class Vocab {
  public:
    // origin: what messages call the place where the byte pairs come from.
    Vocab(const BytePairs & pairs, const std::string & origin);

    // The vocabulary of a file, or null if it has none.
    static std::unique_ptr<Vocab> read(const GgufFile & file);

    sae4j_vocab_info info() const { return { static_cast<int32_t>(pieces_.size()), bos_, eos_ }; }

    // At most one token per byte. Fails on text that is not UTF-8, or has a byte that no token spells.
    std::vector<int32_t> tokenize(std::string_view text, bool special) const;

    // Bytes of the tokens; fails on an id that the vocabulary lacks.
    std::string detokenize(const int32_t * tokens, size_t count) const;

  private:
    // A token that is found in a text as it stands, before the text is split into words.
    struct Mark {
        std::string text;
        int32_t     id;
        bool        special;  // only if the caller says so
    };

    const Mark * mark_at(std::string_view text, bool special) const;
    void         append_words(std::string_view text, size_t offset, std::vector<int32_t> & tokens) const;
    void         append_part(std::string_view text, std::vector<int32_t> & tokens) const;

    struct Free {
        void operator()(llama_model * model) const;
    };

    std::unique_ptr<llama_model, Free> model_;
    const llama_vocab *                vocab_ = nullptr;
    std::vector<std::string>           pieces_;        // what each token is in a text
    std::vector<Mark>                  marks_;         // by text
    std::array<bool, 256>              begins_{};      // bytes with which a mark begins
    std::array<bool, 256>              has_letter_{};  // bytes that a token spells alone
    int32_t                            bos_, eos_;
};

}  // namespace sae4j
