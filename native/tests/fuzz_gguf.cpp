// Any bytes as a GGUF file: they are a model or a vocabulary with a tokenizer that works, or refused with words that
// name the file.
#include "gguf_header.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

using namespace test;

namespace {

// A file that is only in memory.
class MemoryFile {
  public:
    MemoryFile(const uint8_t * data, size_t size) : descriptor_(memfd_create("fuzzed.gguf", MFD_CLOEXEC)) {
        require(descriptor_ >= 0 && write(descriptor_, data, size) == static_cast<ssize_t>(size));
    }

    ~MemoryFile() { close(descriptor_); }

    MemoryFile(const MemoryFile &)             = delete;
    MemoryFile & operator=(const MemoryFile &) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

    // What the fuzzer takes for a finding.
    static void require(bool condition) {
        if (!condition) {
            std::printf("%s\n", sae4j_last_error());
            std::abort();
        }
    }

  private:
    int descriptor_;
};

// The bytes as a text: those beyond ASCII as Latin-1.
std::string text_of(const uint8_t * data, size_t size) {
    std::string text;
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 0x80) {
            text += static_cast<char>(data[i]);
        } else {
            text += { static_cast<char>(0xc0 | data[i] >> 6), static_cast<char>(0x80 | (data[i] & 0x3f)) };
        }
    }
    return text;
}

// A text is what its tokens spell, of which there are no more than bytes; or it is refused.
void use_tokenizer(const sae4j_model * model, const std::string & text, int32_t special) {
    std::vector<int32_t> tokens(text.size());
    std::string          back(text.size(), '\0');
    size_t               n_tokens = 0, n_back = 0;
    if (sae4j_tokenize(model, text.data(), text.size(), special, tokens.data(), tokens.size(), &n_tokens) == SAE4J_OK) {
        MemoryFile::require(n_tokens <= tokens.size());
        MemoryFile::require(sae4j_detokenize(model, tokens.data(), n_tokens, back.data(), back.size(), &n_back) ==
                            SAE4J_OK);
        MemoryFile::require(n_back == text.size() && back == text);
    } else {
        MemoryFile::require(std::string(sae4j_last_error()).starts_with("the model has no tokenizer") ||
                            std::string(sae4j_last_error()).starts_with("text, byte "));
    }
}

// Each token has a text.
void show_tokens(const sae4j_model * model) {
    for (int32_t token = 0; token < sae4j_vocab_get_info(model).n_tokens; token++) {
        size_t n_bytes = 0;
        MemoryFile::require(sae4j_detokenize(model, &token, 1, nullptr, 0, &n_bytes) == SAE4J_OK);
    }
}

// name: what messages call the file.
void check(const std::string & name, sae4j_status status, const ModelPtr & model, const uint8_t * data, size_t size) {
    if (status != SAE4J_OK) {
        MemoryFile::require(!model && std::string(sae4j_last_error()).find(name) == 0);
        return;
    }
    show_tokens(model.get());
    for (int32_t special : { 0, 1 }) {
        use_tokenizer(model.get(), text_of(data, std::min<size_t>(size, 256)), special);
        use_tokenizer(model.get(), text_of(data + size - std::min<size_t>(size, 256), std::min<size_t>(size, 256)),
                      special);
        use_tokenizer(model.get(), "ab a<s>  ab\n<|endoftext|>c's \xe4\xb8\xad", special);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    const MemoryFile file(data, size);
    sae4j_model *    whole  = nullptr;
    sae4j_status     status = sae4j_model_load(file.path().c_str(), sae4j_model_default_params(), &whole);
    check(file.path(), status, ModelPtr(whole), data, size);
    // the vocabulary alone, which a file without weights has as well
    sae4j_model *     vocabulary = nullptr;
    const std::string header     = vocabulary_header(file.path());
    if (!header.empty()) {
        status = new_model(header, sae4j_model_default_params(), &vocabulary);
        check("model", status, ModelPtr(vocabulary), data, size);
    }
    return 0;
}
