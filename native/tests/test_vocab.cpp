// The tokenizer on llama.cpp's own cases for GPT-2, which Hugging Face's tokenizer made: ….inp the texts, ….out the
// ids. And on texts and vocabularies that nobody means well.
#include "gguf_header.h"
#include "small_gguf.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

const test::TemporaryFolder folder;

const std::string vocabulary = SAE4J_LLAMA_CPP_DIR "/models/ggml-vocab-gpt-2.gguf";

std::string read(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    CHECK(file.good());
    return { std::istreambuf_iterator<char>(file), {} };
}

std::vector<std::string> texts() {
    const std::string        separator = "\n__ggml_vocab_test__\n", all = read(vocabulary + ".inp");
    std::vector<std::string> parts;
    for (size_t begin = 0; begin < all.size();) {
        const size_t end = std::min(all.find(separator, begin), all.size());
        parts.push_back(all.substr(begin, end - begin));
        begin = end + separator.size();
    }
    return parts;
}

std::vector<std::vector<int32_t>> expected_ids() {
    std::vector<std::vector<int32_t>> lines;
    std::istringstream                all(read(vocabulary + ".out"));
    for (std::string line; std::getline(all, line);) {
        std::istringstream numbers(line);
        lines.emplace_back(std::istream_iterator<int32_t>(numbers), std::istream_iterator<int32_t>());
    }
    return lines;
}

// A model of no size with a vocabulary: only its tokenizer is used.
test::ModelPtr open_vocabulary(const std::string & path) {
    sae4j_model * model = nullptr;
    CHECK_OK(test::new_model(test::vocabulary_header(path), sae4j_model_default_params(), &model));
    return test::ModelPtr(model);
}

// No token is shorter than a byte.
std::vector<int32_t> tokenize(const sae4j_model * model, const std::string & text, bool special = false) {
    std::vector<int32_t> ids(text.size());
    size_t               count = 0;
    CHECK_OK(sae4j_tokenize(model, text.data(), text.size(), special, ids.data(), ids.size(), &count));
    CHECK(count <= text.size());
    ids.resize(count);
    return ids;
}

std::string detokenize(const sae4j_model * model, const std::vector<int32_t> & ids) {
    size_t bytes = 0;
    CHECK_OK(sae4j_detokenize(model, ids.data(), ids.size(), nullptr, 0, &bytes));
    std::string text(bytes, '\0');
    CHECK_OK(sae4j_detokenize(model, ids.data(), ids.size(), text.data(), bytes, &bytes));
    return text;
}

using Ids = std::vector<int32_t>;

void test_real_texts(const sae4j_model * model) {
    const auto parts = texts();
    const auto lines = expected_ids();
    CHECK(parts.size() == lines.size() && parts.size() > 40);
    for (size_t i = 0; i < std::min(parts.size(), lines.size()); i++) {
        test::context = parts[i];
        CHECK(tokenize(model, parts[i]) == lines[i]);
        CHECK(detokenize(model, lines[i]) == parts[i]);
    }
    test::context = "an id that the vocabulary lacks";
    size_t        bytes;
    const int32_t outside[] = { 50257, -1 };
    CHECK_STATUS(sae4j_detokenize(model, outside, 1, nullptr, 0, &bytes), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_detokenize(model, outside + 1, 1, nullptr, 0, &bytes), SAE4J_BAD_ARGUMENT);
}

std::string repeat(const std::string & text, size_t count) {
    std::string all;
    for (size_t i = 0; i < count; i++) {
        all += text;
    }
    return all;
}

// What recurses over such a text, or takes its square in time, does not end.
void test_equal_characters(const sae4j_model * model) {
    const char * classes[] = { "-",      "a",      "7",          " ",          "\n",
                               "\t",     "'s",     "\x01",  // punctuation to control
                               "é",      "Ж",      "中",         "Ⅷ",          "\u00a0",
                               "\u3000", "\u0301",  // letters, numbers, spaces, a mark
                               "😀",      "\uFFFD", "\U000E0001", "\U0010FFFF", "<|endoftext|>" };
    const size_t count     = test::sanitized ? 10'000 : 1'000'000;
    for (size_t i = 0; i < std::size(classes); i++) {
        test::context          = std::string("a million of ") + classes[i];
        const std::string text = repeat(classes[i], i < 4 ? count : count / 10);
        CHECK(detokenize(model, tokenize(model, text)) == text);
    }
    test::context = "a million NUL bytes";
    const std::string nul(count, '\0');
    CHECK(detokenize(model, tokenize(model, nul)) == nul);
    test::context           = "a million marks";
    const std::string marks = repeat("<|endoftext|>", count);
    CHECK(tokenize(model, marks, true) == Ids(count, 50256));
}

// Long texts are tokenised in parts, which shows nowhere.
void test_parts(const sae4j_model * model) {
    for (const std::string unit :
         { " Don't  you\n\n see 12,345 words?!  ", "中文\u3000 文字。\n", " a\u00a0 b\u2003 \n c" }) {
        test::context   = "parts of " + unit;
        const Ids once  = tokenize(model, "x" + unit + "x" + unit + "x");
        const Ids first = tokenize(model, "x" + unit);
        // what a unit adds, in the middle of others
        const Ids    three  = tokenize(model, "x" + unit + "x" + unit + "x" + unit + "x");
        const size_t period = three.size() - once.size(), repeats = (size_t{ 3 } << 20) / (unit.size() + 1);
        const Ids    many = tokenize(model, repeat("x" + unit, repeats));
        bool         same = many.size() > 3 * period;
        for (size_t i = 2 * period; i + 2 * period < many.size(); i++) {
            same = same && many[i] == many[i - period];
        }
        CHECK(same && std::equal(first.begin(), first.end() - 1, many.begin()));
    }
}

// GPT-2's letter for a byte, by the rule as OpenAI's encoder.py has it.
std::string letter(int byte) {
    int code = byte;
    if (!((byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174)) {
        code = 256;
        for (int b = 0; b < byte; b++) {
            code += !((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174);
        }
    }
    return code < 0x80 ? std::string(1, static_cast<char>(code)) :
                         std::string{ static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f)) };
}

// A vocabulary of the 256 bytes, in their order, and more tokens behind them.
struct Added {
    const char * text;
    int32_t      type;
};

test::ModelPtr open_bytes(const std::vector<Added> &                              added,
                          const std::function<void(std::vector<std::string> &)> & change) {
    std::vector<std::string> texts;
    std::vector<int32_t>     types;
    for (int byte = 0; byte < 256; byte++) {
        texts.push_back(letter(byte));
        types.push_back(1);
    }
    for (const Added & token : added) {
        texts.push_back(token.text);
        types.push_back(token.type);
    }
    change(texts);
    std::vector<const char *> tokens;
    for (const std::string & text : texts) {
        tokens.push_back(text.c_str());
    }
    test::SmallGguf gguf;
    gguf.tensors.clear();
    gguf.add_tokenizer();
    gguf.set_tokens(tokens);
    gguf_remove_key(gguf.keys, "tokenizer.ggml.pre");
    gguf_set_arr_data(gguf.keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    gguf_set_arr_str(gguf.keys, "tokenizer.ggml.merges", nullptr, 0);
    gguf.write(folder.file("bytes.gguf"));
    return open_vocabulary(folder.file("bytes.gguf"));
}

const auto unchanged = [](std::vector<std::string> &) {
};

void test_marks() {
    test::context = "marks";
    // 256 …: two that overlap, one within another, one that only special texts have, one that looks special to llama.cpp
    const auto model = open_bytes(
        { { "abc", 4 }, { "bcdef", 4 }, { "ab", 4 }, { "<s>", 3 }, { "<|channel|>", 1 }, { "", 4 } }, unchanged);
    const auto ids = [&](const std::string & text, bool special) {
        return tokenize(model.get(), text, special);
    };
    CHECK((ids("abcdef", false) == Ids{ 256, 'd', 'e', 'f' }));   // the leftmost
    CHECK((ids("xabxabc", false) == Ids{ 'x', 258, 'x', 256 }));  // of those the longest
    CHECK((ids("bcdeabcdef", false) == Ids{ 'b', 'c', 'd', 'e', 256, 'd', 'e', 'f' }));
    CHECK((ids("<s>", false) == Ids{ '<', 's', '>' }));
    CHECK((ids("a<s>", true) == Ids{ 'a', 259 }));
    CHECK(ids("<|channel|>", true).size() == 11);
    CHECK(detokenize(model.get(), { 256, 259, 260, 'x', 0, 261 }) == std::string("abc<s><|channel|>x\0", 19));
    const std::string all = repeat("ab", 500'000);
    CHECK(ids(all, false) == Ids(500'000, 258));
}

// A byte's letter is no token, but the two bytes of which UTF-8 makes it are.
void test_raw_bytes() {
    test::context = "raw bytes";
    const auto model =
        open_bytes({ { "\xc4", 1 }, { "\x80", 1 } }, [](std::vector<std::string> & texts) { texts[0] = "none"; });
    CHECK((tokenize(model.get(), "\x01\xc4\x80") == Ids{ 1, 0xc4, 0x80 }));
    CHECK(detokenize(model.get(), { 256, 257 }) == "\xc4\x80");
    int32_t token = -7;
    size_t  count = 0;
    CHECK_STATUS(sae4j_tokenize(model.get(), "\0", 1, 0, &token, 1, &count), SAE4J_BAD_ARGUMENT);
    CHECK(std::string(sae4j_last_error()) == "text, byte 0: the vocabulary has no token for 0x00");
    CHECK(token == -7);
}

// Each byte is its own token, and each character's bytes come back.
void test_all_bytes() {
    test::context    = "all bytes";
    const auto model = open_bytes({}, unchanged);
    Ids        every(256);
    for (int byte = 0; byte < 256; byte++) {
        every[byte] = byte;
    }
    const std::string bytes = detokenize(model.get(), every);
    CHECK(bytes.size() == 256);
    for (int byte = 0; byte < 256; byte++) {
        CHECK(static_cast<uint8_t>(bytes[byte]) == byte);
    }
    CHECK((tokenize(model.get(), "é") == Ids{ 0xc3, 0xa9 }));
}

}  // namespace

int main() {
    const test::ModelPtr model = open_vocabulary(vocabulary);
    test_real_texts(model.get());
    test_equal_characters(model.get());
    test_parts(model.get());
    test_marks();
    test_raw_bytes();
    test_all_bytes();
    return test::conclude("test_vocab");
}
