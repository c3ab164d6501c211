#include "model/vocab.h"

#include "gguf.h"
#include "llama.h"
#include "runtime/log.h"
#include "runtime/status.h"

#include <algorithm>

namespace sae4j {

namespace {

// Text is given to llama.cpp in parts of about this size, because it takes a hundred times their memory.
constexpr size_t part_bytes = size_t{ 1 } << 20;

// A word this long is no text, and llama.cpp would want gigabytes for it.
constexpr size_t largest_word = size_t{ 1 } << 24;

struct FreeGguf {
    void operator()(gguf_context * g) const { gguf_free(g); }
};

// Tokens that no word can become have a name in their place that no word has: what they look like decides nothing.
std::vector<std::string> reachable(const BytePairs & pairs, const BytePairs::Ids & ids) {
    std::vector<std::string> texts(pairs.tokens.size());
    for (size_t i = 0; i < texts.size(); i++) {
        const auto bytes = spelled_bytes(pairs.tokens[i]);
        texts[i]         = bytes && bytes->size() == 1 ? pairs.tokens[i] : std::string(" ").append(std::to_string(i));
    }
    for (const std::string & merge : pairs.merges) {
        const size_t      space  = merge.find(' ');
        const std::string joined = merge.substr(0, space) + merge.substr(space + 1);
        texts[ids.at(joined)]    = joined;
    }
    return texts;
}

std::vector<const char *> c_strings(const std::vector<std::string> & texts) {
    std::vector<const char *> pointers;
    for (const std::string & text : texts) {
        pointers.push_back(text.c_str());
    }
    return pointers;
}

// The length of the character at the beginning of a text, 0 if it is not UTF-8.
size_t character_length(std::string_view text) {
    const auto byte = [&](size_t i) {
        return i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
    };
    const uint8_t first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong  = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    const bool too_large = first == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || too_large ? 0 : length;
}

void check_utf8(std::string_view text) {
    for (size_t i = 0, length; i < text.size(); i += length) {
        length = character_length(text.substr(i));
        if (length == 0) {
            fail(SAE4J_BAD_ARGUMENT, "text, byte %zu: expected UTF-8, found 0x%02x", i, static_cast<uint8_t>(text[i]));
        }
    }
}

// Whether a text's character before i is none of Unicode's spaces. A few others are taken for one too.
bool no_space_before(std::string_view text, size_t i) {
    do {
        i--;
    } while ((text[i] & 0xc0) == 0x80 && i > 0);
    const auto first = static_cast<uint8_t>(text[i]);
    return first > ' ' && first != 0xc2 && first != 0xe1 && first != 0xe2 && text.substr(i, 3) != "\u3000";
}

// Where a word ends for sure, at or behind from: before a space that follows what is none.
size_t end_of_word(std::string_view text, size_t from) {
    for (size_t i = from; i < text.size(); i++) {
        if ((text[i] == ' ' || text[i] == '\n') && no_space_before(text, i)) {
            return i;
        }
    }
    return text.size();
}

}  // namespace

void Vocab::Free::operator()(llama_model * model) const {
    llama_model_free(model);
}

Vocab::Vocab(const BytePairs & pairs, const std::string & origin) : bos_(pairs.bos), eos_(pairs.eos) {
    const auto                              ids    = pairs.check(origin);
    const auto                              texts  = reachable(pairs, ids);
    auto                                    tokens = c_strings(texts), merges = c_strings(pairs.merges);
    std::unique_ptr<gguf_context, FreeGguf> keys(gguf_init_empty());
    gguf_set_val_str(keys.get(), "general.architecture", "gpt2");
    gguf_set_val_str(keys.get(), "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str(keys.get(), "tokenizer.ggml.pre", "gpt-2");
    gguf_set_arr_str(keys.get(), "tokenizer.ggml.tokens", tokens.data(), tokens.size());
    gguf_set_arr_str(keys.get(), "tokenizer.ggml.merges", merges.data(), merges.size());

    start_llama();
    take_log();
    llama_model_params params = llama_model_default_params();
    params.vocab_only         = true;
    params.n_gpu_layers       = 0;
    model_.reset(llama_model_init_from_user(keys.get(), nullptr, nullptr, params));
    if (!model_) {
        fail(SAE4J_BAD_FILE, "%s: llama.cpp cannot take the vocabulary: %s", origin.c_str(), take_log().c_str());
    }
    vocab_ = llama_model_get_vocab(model_.get());

    for (size_t i = 0; i < pairs.tokens.size(); i++) {
        const std::string & text = pairs.tokens[i];
        const auto          id   = static_cast<int32_t>(i);
        if (llama_vocab_get_attr(vocab_, id) & LLAMA_TOKEN_ATTR_USER_DEFINED) {
            fail(SAE4J_BAD_FILE, "%s: tokenizer.ggml.tokens: token %zu: llama.cpp would split a text at each \"%s\"",
                 origin.c_str(), i, text.c_str());
        }
        const auto bytes = spelled_bytes(text);
        if (bytes && bytes->size() == 1) {
            has_letter_[static_cast<uint8_t>(bytes->front())] = true;
        }
        const TokenType type = pairs.types[i];
        pieces_.push_back(type == TokenType::unused ? "" : type == TokenType::normal && bytes ? *bytes : text);
        if (type != TokenType::normal && type != TokenType::unused && !text.empty()) {
            marks_.push_back({ text, id, type != TokenType::user_defined });
            begins_[static_cast<uint8_t>(text.front())] = true;
        }
    }
    std::sort(marks_.begin(), marks_.end(), [](const Mark & a, const Mark & b) { return a.text < b.text; });
}

std::unique_ptr<Vocab> Vocab::read(const GgufFile & file) {
    const auto pairs = BytePairs::read(file);
    return pairs ? std::make_unique<Vocab>(*pairs, file.name()) : nullptr;
}

// The longest mark with which a text begins.
const Vocab::Mark * Vocab::mark_at(std::string_view text, bool special) const {
    if (text.empty() || !begins_[static_cast<uint8_t>(text.front())]) {
        return nullptr;
    }
    const Mark * longest = nullptr;
    auto         first = marks_.begin(), last = marks_.end();  // those that begin as the text does
    for (size_t n = 0; n < text.size() && first != last; n++) {
        const auto less = [n](const Mark & mark, char c) {
            return static_cast<uint8_t>(mark.text[n]) < static_cast<uint8_t>(c);
        };
        const auto greater = [n](char c, const Mark & mark) {
            return static_cast<uint8_t>(c) < static_cast<uint8_t>(mark.text[n]);
        };
        first = std::lower_bound(first, last, text[n], less);
        last  = std::upper_bound(first, last, text[n], greater);
        if (first != last && first->text.size() == n + 1) {  // ends here; the others go on
            longest = special || !first->special ? &*first : longest;
            ++first;
        }
    }
    return longest;
}

std::vector<int32_t> Vocab::tokenize(std::string_view text, bool special) const {
    check_utf8(text);
    std::vector<int32_t> tokens;
    size_t               begin = 0;  // of what is not yet tokens
    for (size_t i = 0; i < text.size();) {
        const Mark * mark = mark_at(text.substr(i), special);
        if (!mark) {
            i++;
            continue;
        }
        append_words(text.substr(begin, i - begin), begin, tokens);
        tokens.push_back(mark->id);
        i += mark->text.size();
        begin = i;
    }
    append_words(text.substr(begin), begin, tokens);
    return tokens;
}

// offset: where the text begins in the caller's.
void Vocab::append_words(std::string_view text, size_t offset, std::vector<int32_t> & tokens) const {
    for (size_t i = 0; i < text.size(); i++) {
        const auto byte = static_cast<uint8_t>(text[i]);
        if (!has_letter_[byte]) {
            fail(SAE4J_BAD_ARGUMENT, "text, byte %zu: the vocabulary has no token for 0x%02x", offset + i, byte);
        }
    }
    for (size_t begin = 0, end; begin < text.size(); begin = end) {
        end = end_of_word(text, std::min(begin + part_bytes, text.size()));
        if (end - begin > part_bytes + largest_word) {
            fail(SAE4J_BAD_ARGUMENT, "text, byte %zu: expected a space within %zu bytes, found none", offset + begin,
                 largest_word);
        }
        append_part(text.substr(begin, end - begin), tokens);
    }
}

void Vocab::append_part(std::string_view text, std::vector<int32_t> & tokens) const {
    const auto   size   = static_cast<int>(text.size());
    const size_t before = tokens.size();
    tokens.resize(before + text.size());  // room for one token per byte
    const int n = llama_tokenize(vocab_, text.data(), size, tokens.data() + before, size, false, false);
    if (n < 0) {
        fail(SAE4J_INTERNAL, "llama.cpp made %d tokens of %d bytes", -n, size);
    }
    tokens.resize(before + n);
}

std::string Vocab::detokenize(const int32_t * tokens, size_t count) const {
    std::string text;
    for (size_t i = 0; i < count; i++) {
        if (tokens[i] < 0 || static_cast<size_t>(tokens[i]) >= pieces_.size()) {
            fail(SAE4J_BAD_ARGUMENT, "token %zu: expected an id in 0 … %zu, found %d", i, pieces_.size() - 1,
                 tokens[i]);
        }
        text += pieces_[tokens[i]];
    }
    return text;
}

}  // namespace sae4j
