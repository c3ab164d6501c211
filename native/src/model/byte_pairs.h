// GPT-2's byte-level vocabulary as a file says it, checked against itself: the text of each token, what kind of token
// it is, and what to join first. A token of text is spelled in letters that stand for one byte each.
#pragma once

#include "tensor/gguf_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sae4j {

// GGUF's numbers.
enum class TokenType : int32_t {
    normal       = 1,  // bytes, spelled in letters
    unknown      = 2,  // stands for what no token spells
    control      = 3,  // a mark such as the end of a text
    user_defined = 4,  // a text that is one token wherever it stands
    unused       = 5   // a row of the embedding without a token
};

struct BytePairs {
    std::vector<std::string> tokens;
    std::vector<TokenType>   types;   // one per token
    std::vector<std::string> merges;  // two tokens and a space between them
    int32_t                  bos = -1;
    int32_t                  eos = -1;

    // Numbers by text. Its keys are views of the tokens.
    using Ids = std::unordered_map<std::string_view, int32_t>;

    // What a file says, or nothing if it has no tokenizer. Fails unless that is GPT-2's. A file that does not say how a
    // text is split into words, as none did before April 2024, is taken to mean GPT-2's way.
    static std::optional<BytePairs> read(const GgufFile & file);

    // Fails, naming origin, unless each text is one token's and each merge joins two tokens that spell bytes to a third.
    Ids check(const std::string & origin) const;
};

// The bytes that a text spells, or nothing if one of its characters is no letter. Bytes that are printable in Latin-1
// are their own letters, the others have those from U+0100 on.
std::optional<std::string> spelled_bytes(std::string_view token);

}  // namespace sae4j
