// A GGUF file: its keys and its tensors. Files come from strangers: every key is checked for its type and every tensor
// for its place before ggml is asked for it.
#pragma once

#include "gguf.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace sae4j {

class GgufFile {
  public:
    // path: UTF-8. Reads the header. Fails if that is damaged.
    explicit GgufFile(const std::string & path);
    // A header in memory, without the weights behind it. name: what messages call it.
    GgufFile(const void * header, size_t bytes, std::string name);

    // What messages call the file.
    const std::string & name() const { return name_; }

    bool has(const char * key) const { return find(key) >= 0; }

    // The value of a key. Fails if the key is missing, of another type, or its array shorter than at_least.
    int64_t                  integer(const char * key) const;
    float                    real(const char * key) const;
    bool                     flag(const char * key) const;
    std::string              text(const char * key) const;
    std::vector<std::string> texts(const char * key, size_t at_least) const;
    std::vector<int32_t>     integers(const char * key, size_t at_least) const;

    int64_t n_tensors() const { return gguf_get_n_tensors(gguf_.get()); }

    std::string tensor_name(int64_t index) const { return gguf_get_tensor_name(gguf_.get(), index); }

    bool has_tensor(const char * name) const { return gguf_find_tensor(gguf_.get(), name) >= 0; }

    // Rows of a matrix. Fails if there is none of this name.
    int64_t rows(const char * tensor) const;

    // Fails unless tensor index is [rows, columns] of something that can be read as f32, all of it in the file.
    void check_tensor(int64_t index, int64_t rows, int64_t columns) const;

    // Reads tensor index, which has been checked, as f32.
    void read(int64_t index, int64_t rows, int64_t columns, float * out);

  private:
    struct Free {
        void operator()(gguf_context * g) const { gguf_free(g); }
    };

    int64_t find(const char * key) const { return gguf_find_key(gguf_.get(), key); }

    void check_array(const char * key, gguf_type type, size_t at_least) const;

    std::string                         name_;
    std::ifstream                       file_;
    uint64_t                            size_ = 0;
    std::unique_ptr<gguf_context, Free> gguf_;
};

}  // namespace sae4j
