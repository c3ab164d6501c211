#include "model/byte_pairs.h"

#include "runtime/status.h"

#include <algorithm>
#include <unordered_set>

namespace sae4j {

namespace {

constexpr int32_t beyond_latin_1 = 0x100;

// llama.cpp's names of tokenizers that split a text into words by GPT-2's own rule.
constexpr std::string_view splits_as_gpt2[] = { "gpt-2", "phi-2", "roberta-bpe" };

constexpr std::string_view end_of_text = "<|endoftext|>";

// What the file says or, if it says nothing, the token that both begins and ends in GPT-2; -1 if there is none.
int32_t token_id(const GgufFile & file, const char * key, const std::vector<std::string> & tokens) {
    if (!file.has(key)) {
        const auto found = std::find(tokens.begin(), tokens.end(), end_of_text);
        return found == tokens.end() ? -1 : static_cast<int32_t>(found - tokens.begin());
    }
    const int64_t id = file.integer(key);
    if (id < 0 || static_cast<uint64_t>(id) >= tokens.size()) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected 0 to %zu, found %lld", file.name().c_str(), key, tokens.size() - 1,
             (long long) id);
    }
    return static_cast<int32_t>(id);
}

std::vector<TokenType> token_types(const GgufFile & file, const std::vector<std::string> & tokens) {
    const char * const     key = "tokenizer.ggml.token_type";
    std::vector<TokenType> types(tokens.size(), TokenType::normal);
    if (file.has(key)) {
        const std::vector<int32_t> numbers = file.integers(key, tokens.size());
        for (size_t i = 0; i < tokens.size(); i++) {
            if (numbers[i] < static_cast<int32_t>(TokenType::normal) ||
                numbers[i] > static_cast<int32_t>(TokenType::unused)) {
                fail(SAE4J_BAD_FILE, "%s: key %s: expected 1 to 5 for token %zu, found %d", file.name().c_str(), key, i,
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

bool printable(int32_t byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

// The bytes of the letters from U+0100 on, in their order.
std::string unprintable_bytes() {
    std::string bytes;
    for (int32_t byte = 0; byte < 0x100; byte++) {
        if (!printable(byte)) {
            bytes += static_cast<char>(byte);
        }
    }
    return bytes;
}

std::optional<uint8_t> byte_of_letter(uint32_t letter) {
    static const std::string unprintable = unprintable_bytes();
    if (letter < beyond_latin_1) {
        return printable(static_cast<int32_t>(letter)) ? std::optional(static_cast<uint8_t>(letter)) : std::nullopt;
    }
    const size_t index = letter - beyond_latin_1;
    return index < unprintable.size() ? std::optional(static_cast<uint8_t>(unprintable[index])) : std::nullopt;
}

[[noreturn]] void bad_merge(const std::string & origin, size_t index, const char * expected, std::string_view found) {
    fail(SAE4J_BAD_FILE, "%s: tokenizer.ggml.merges: merge %zu: expected %s, found \"%.*s\"", origin.c_str(), index,
         expected, static_cast<int>(std::min<size_t>(found.size(), 100)), found.data());
}

}  // namespace

std::optional<BytePairs> BytePairs::read(const GgufFile & file) {
    if (!file.has("tokenizer.ggml.model")) {
        return std::nullopt;
    }
    const std::string model = file.text("tokenizer.ggml.model");
    if (model != "gpt2") {
        fail(SAE4J_BAD_FILE, "%s: tokenizer.ggml.model: expected gpt2, found %s", file.name().c_str(), model.c_str());
    }
    if (file.has("tokenizer.ggml.pre")) {
        const std::string pre = file.text("tokenizer.ggml.pre");
        if (std::find(std::begin(splits_as_gpt2), std::end(splits_as_gpt2), pre) == std::end(splits_as_gpt2)) {
            fail(SAE4J_BAD_FILE,
                 "%s: tokenizer.ggml.pre: expected gpt-2, found %s, which splits texts into other words than GPT-2",
                 file.name().c_str(), pre.c_str());
        }
    }
    BytePairs pairs;
    pairs.tokens = file.texts("tokenizer.ggml.tokens", 1);
    pairs.types  = token_types(file, pairs.tokens);
    pairs.merges = file.texts("tokenizer.ggml.merges", 0);
    pairs.bos    = token_id(file, "tokenizer.ggml.bos_token_id", pairs.tokens);
    pairs.eos    = token_id(file, "tokenizer.ggml.eos_token_id", pairs.tokens);
    return pairs;
}

std::optional<std::string> spelled_bytes(std::string_view token) {
    std::string bytes;
    for (size_t i = 0; i < token.size();) {
        uint32_t letter = static_cast<uint8_t>(token[i++]);
        if (letter >= 0x80) {  // every letter beyond ASCII is two bytes of UTF-8
            if ((letter & 0xe0) != 0xc0 || i == token.size() || (token[i] & 0xc0) != 0x80) {
                return std::nullopt;
            }
            letter = (letter & 0x1f) << 6 | (token[i++] & 0x3f);
            if (letter < 0x80) {  // not its shortest form
                return std::nullopt;
            }
        }
        const auto byte = byte_of_letter(letter);
        if (!byte) {
            return std::nullopt;
        }
        bytes += static_cast<char>(*byte);
    }
    return bytes;
}

BytePairs::Ids BytePairs::check(const std::string & origin) const {
    Ids ids;
    for (size_t i = 0; i < tokens.size(); i++) {
        if (!ids.emplace(tokens[i], static_cast<int32_t>(i)).second) {
            fail(SAE4J_BAD_FILE, "%s: tokenizer.ggml.tokens: token %zu repeats an earlier one", origin.c_str(), i);
        }
    }
    std::unordered_set<std::string_view> seen;
    for (size_t i = 0; i < merges.size(); i++) {
        const std::string_view merge = merges[i];
        const size_t           space = merge.find(' ');
        if (space == std::string_view::npos || space == 0 || space + 1 == merge.size()) {
            bad_merge(origin, i, "two tokens with a space between them", merge);
        }
        const std::string joined = std::string(merge.substr(0, space)).append(merge.substr(space + 1));
        if (!spelled_bytes(joined)) {
            bad_merge(origin, i, "letters of GPT-2's byte alphabet", merge);
        }
        for (std::string_view token : { merge.substr(0, space), merge.substr(space + 1), std::string_view(joined) }) {
            if (!ids.contains(token)) {
                bad_merge(origin, i, "two tokens that make a third", merge);
            }
        }
        if (!seen.insert(merge).second) {
            bad_merge(origin, i, "one that is not there already", merge);  // programs differ in which one counts
        }
    }
    return ids;
}

}  // namespace sae4j
