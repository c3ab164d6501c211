// The tokenizer on llama.cpp's own cases for GPT-2, which Hugging Face's tokenizer made: ….inp the texts, ….out the
// ids.
#include "check.h"
#include "handles.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

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

// A model of no size with the real vocabulary: only its tokenizer is used.
test::ModelPtr open_vocabulary() {
    sae4j_model * model = nullptr;
    CHECK_OK(sae4j_model_new({ 1, 1, 1, 1, 1, 50257, 1, 1e-5f, SAE4J_MLP_GELU, 0, 0 }, vocabulary.c_str(),
                             sae4j_model_default_params(), &model));
    return test::ModelPtr(model);
}

std::vector<int32_t> tokenize(const sae4j_model * model, const std::string & text) {
    size_t count = 0;
    CHECK_OK(sae4j_tokenize(model, text.data(), text.size(), 0, nullptr, 0, &count));
    std::vector<int32_t> ids(count);
    CHECK_OK(sae4j_tokenize(model, text.data(), text.size(), 0, ids.data(), count, &count));
    return ids;
}

std::string detokenize(const sae4j_model * model, const std::vector<int32_t> & ids) {
    size_t bytes = 0;
    CHECK_OK(sae4j_detokenize(model, ids.data(), ids.size(), nullptr, 0, &bytes));
    std::string text(bytes, '\0');
    CHECK_OK(sae4j_detokenize(model, ids.data(), ids.size(), text.data(), bytes, &bytes));
    return text;
}

}  // namespace

int main() {
    const test::ModelPtr model = open_vocabulary();
    const auto           parts = texts();
    const auto           lines = expected_ids();
    CHECK(parts.size() == lines.size() && parts.size() > 40);
    for (size_t i = 0; i < std::min(parts.size(), lines.size()); i++) {
        test::context = parts[i];
        CHECK(tokenize(model.get(), parts[i]) == lines[i]);
        CHECK(detokenize(model.get(), lines[i]) == parts[i]);
    }
    test::context = "an id that the vocabulary lacks";
    size_t        bytes;
    const int32_t outside[] = { 50257, -1 };
    CHECK_STATUS(sae4j_detokenize(model.get(), outside, 1, nullptr, 0, &bytes), SAE4J_BAD_ARGUMENT);
    CHECK_STATUS(sae4j_detokenize(model.get(), outside + 1, 1, nullptr, 0, &bytes), SAE4J_BAD_ARGUMENT);
    return test::conclude("test_vocab");
}
