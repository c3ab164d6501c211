// Any bytes as a GGUF file: they are a model with a tokenizer that works, or refused with words that name the file.
#include "handles.h"

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

// A text through the tokenizer and back.
void use_tokenizer(const sae4j_model * model, const char * text, size_t n_bytes) {
    std::vector<int32_t> tokens(n_bytes + 1);
    std::vector<char>    back(1 << 20);
    size_t               n_tokens = 0, n_back = 0;
    if (sae4j_tokenize(model, text, n_bytes, 1, tokens.data(), tokens.size(), &n_tokens) == SAE4J_OK) {
        MemoryFile::require(n_tokens <= n_bytes);
        sae4j_detokenize(model, tokens.data(), n_tokens, back.data(), back.size(), &n_back);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    const MemoryFile   file(data, size);
    sae4j_model *      model  = nullptr;
    const sae4j_status status = sae4j_model_load(file.path().c_str(), sae4j_model_default_params(), &model);
    const ModelPtr     owner(model);
    if (status == SAE4J_OK) {
        use_tokenizer(model, reinterpret_cast<const char *>(data), std::min<size_t>(size, 256));
    } else {
        MemoryFile::require(model == nullptr && std::string(sae4j_last_error()).find(file.path()) == 0);
    }
    return 0;
}
