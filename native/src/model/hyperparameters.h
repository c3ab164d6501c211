// The numbers of a model in the keys of its GGUF header, and the values taken where it is silent.
#pragma once

#include "tensor/gguf_file.h"

#include <cstdint>
#include <map>
#include <string>

namespace sae4j {

// A model's numbers and texts by key, without the architecture's prefix: "block_count".
struct Description {
    std::map<std::string, double>      numbers;
    std::map<std::string, std::string> texts;

    // NaN or NULL if there is no such key.
    double       number(const char * key) const;
    const char * text(const char * key) const;
};

// Reads an architecture's keys, and writes down each value that was read or taken.
class Hyperparameters {
  public:
    Hyperparameters(const GgufFile & file, Description & description);

    const GgufFile & file() const { return file_; }

    const std::string & architecture() const { return architecture_; }

    // A size from 1 to most. The key must be there, unless it has a default.
    int32_t size(const char * key, int64_t most);
    int32_t size(const char * key, int64_t most, int64_t otherwise);
    // The rows of a tensor, written down under this key.
    int32_t rows(const char * key, int64_t most, const char * tensor);

    float real(const char * key);
    float real(const char * key, float otherwise);
    bool  flag(const char * key, bool otherwise);

    std::string text(const char * key, const char * otherwise);

    // Fails, because the value of the key is not as expected.
    [[noreturn]] void refuse(const char * key, const char * expected, const std::string & found) const;

  private:
    std::string full(const char * key) const { return architecture_ + "." + key; }

    bool has(const char * key) const { return file_.has(full(key).c_str()); }

    int32_t checked(const char * key, int64_t most, int64_t value);

    const GgufFile & file_;
    Description &    description_;
    std::string      architecture_;
};

}  // namespace sae4j
