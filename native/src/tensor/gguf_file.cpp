#include "tensor/gguf_file.h"

#include "ggml.h"
#include "runtime/log.h"
#include "runtime/status.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace sae4j {

GgufFile::GgufFile(const std::string & path) : name_(path) {
    start_llama();
    const auto      native = std::filesystem::path(std::u8string(path.begin(), path.end()));
    std::error_code error;
    if (!std::filesystem::exists(native, error)) {
        fail(SAE4J_IO_ERROR, "%s: no such file", path.c_str());
    }
    if (!std::filesystem::is_regular_file(native, error)) {
        fail(SAE4J_IO_ERROR, "%s: not a regular file", path.c_str());
    }
    file_.open(native, std::ios::binary);
    size_ = std::filesystem::file_size(native, error);
    if (!file_ || error) {
        fail(SAE4J_IO_ERROR, "%s: cannot be opened for reading", path.c_str());
    }
    take_log();
    gguf_.reset(gguf_init_from_file(path.c_str(), { /*no_alloc=*/true, /*ctx=*/nullptr }));
    if (!gguf_) {
        fail(SAE4J_BAD_FILE, "%s: not a readable GGUF file (%llu bytes): %s", path.c_str(), (unsigned long long) size_,
             take_log().c_str());
    }
}

GgufFile::GgufFile(const void * header, size_t bytes, std::string name) : name_(std::move(name)) {
    start_llama();
    take_log();
    gguf_.reset(gguf_init_from_buffer(header, bytes, { /*no_alloc=*/true, /*ctx=*/nullptr }));
    if (!gguf_) {
        fail(SAE4J_BAD_FILE, "%s: not a readable GGUF header (%zu bytes): %s", name_.c_str(), bytes,
             take_log().c_str());
    }
}

int64_t GgufFile::integer(const char * key) const {
    const int64_t id = find(key);
    if (id < 0) {
        fail(SAE4J_BAD_FILE, "%s: key %s: missing", name_.c_str(), key);
    }
    const gguf_context * g = gguf_.get();
    switch (gguf_get_kv_type(g, id)) {
        case GGUF_TYPE_UINT32:
            return gguf_get_val_u32(g, id);
        case GGUF_TYPE_INT32:
            return gguf_get_val_i32(g, id);
        case GGUF_TYPE_UINT64:
            return static_cast<int64_t>(gguf_get_val_u64(g, id));
        case GGUF_TYPE_INT64:
            return gguf_get_val_i64(g, id);
        case GGUF_TYPE_UINT16:
            return gguf_get_val_u16(g, id);
        default:
            fail(SAE4J_BAD_FILE, "%s: key %s: expected an integer, found %s", name_.c_str(), key,
                 gguf_type_name(gguf_get_kv_type(g, id)));
    }
}

float GgufFile::real(const char * key) const {
    const int64_t id = find(key);
    if (id < 0 || gguf_get_kv_type(gguf_.get(), id) != GGUF_TYPE_FLOAT32) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected f32, found %s", name_.c_str(), key,
             id < 0 ? "nothing" : gguf_type_name(gguf_get_kv_type(gguf_.get(), id)));
    }
    return gguf_get_val_f32(gguf_.get(), id);
}

bool GgufFile::flag(const char * key) const {
    const int64_t id = find(key);
    if (id < 0 || gguf_get_kv_type(gguf_.get(), id) != GGUF_TYPE_BOOL) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected true or false, found %s", name_.c_str(), key,
             id < 0 ? "nothing" : gguf_type_name(gguf_get_kv_type(gguf_.get(), id)));
    }
    return gguf_get_val_bool(gguf_.get(), id);
}

std::string GgufFile::text(const char * key) const {
    const int64_t id = find(key);
    if (id < 0 || gguf_get_kv_type(gguf_.get(), id) != GGUF_TYPE_STRING) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected a string, found %s", name_.c_str(), key,
             id < 0 ? "nothing" : gguf_type_name(gguf_get_kv_type(gguf_.get(), id)));
    }
    return gguf_get_val_str(gguf_.get(), id);
}

void GgufFile::check_array(const char * key, gguf_type type, size_t at_least) const {
    const int64_t        id = find(key);
    const gguf_context * g  = gguf_.get();
    if (id < 0 || gguf_get_kv_type(g, id) != GGUF_TYPE_ARRAY || gguf_get_arr_type(g, id) != type) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected an array of %s", name_.c_str(), key, gguf_type_name(type));
    }
    if (gguf_get_arr_n(g, id) < at_least) {
        fail(SAE4J_BAD_FILE, "%s: key %s: expected at least %zu values, found %zu", name_.c_str(), key, at_least,
             gguf_get_arr_n(g, id));
    }
}

std::vector<std::string> GgufFile::texts(const char * key, size_t at_least) const {
    check_array(key, GGUF_TYPE_STRING, at_least);
    const int64_t            id = find(key);
    std::vector<std::string> texts;
    for (size_t i = 0; i < gguf_get_arr_n(gguf_.get(), id); i++) {
        texts.emplace_back(gguf_get_arr_str(gguf_.get(), id, i));
    }
    return texts;
}

std::vector<int32_t> GgufFile::integers(const char * key, size_t at_least) const {
    check_array(key, GGUF_TYPE_INT32, at_least);
    const int64_t id      = find(key);
    const auto *  numbers = static_cast<const int32_t *>(gguf_get_arr_data(gguf_.get(), id));
    return { numbers, numbers + gguf_get_arr_n(gguf_.get(), id) };
}

int64_t GgufFile::rows(const char * tensor) const {
    const int64_t id = gguf_find_tensor(gguf_.get(), tensor);
    if (id < 0) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: missing", name_.c_str(), tensor);
    }
    return gguf_get_tensor_ne(gguf_.get(), id)[1];
}

void GgufFile::check_tensor(int64_t index, int64_t rows, int64_t columns) const {
    const gguf_context * g    = gguf_.get();
    const char *         name = gguf_get_tensor_name(g, index);
    const ggml_type      type = gguf_get_tensor_type(g, index);
    const int64_t *      ne   = gguf_get_tensor_ne(g, index);
    if (ne[0] != columns || ne[1] != rows || ne[2] != 1 || ne[3] != 1) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected [%lld, %lld], found [%lld, %lld, %lld, %lld] (innermost first)",
             name_.c_str(), name, (long long) columns, (long long) rows, (long long) ne[0], (long long) ne[1],
             (long long) ne[2], (long long) ne[3]);
    }
    if (type != GGML_TYPE_F32 && !ggml_get_type_traits(type)->to_float) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected floating-point or quantised values, found %s", name_.c_str(),
             name, ggml_type_name(type));
    }
    const uint64_t begin = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, index);
    const uint64_t bytes = gguf_get_tensor_size(g, index);
    if (begin > size_ || bytes > size_ - begin) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: expected %llu bytes from %llu, the file ends at %llu", name_.c_str(), name,
             (unsigned long long) bytes, (unsigned long long) begin, (unsigned long long) size_);
    }
}

void GgufFile::read(int64_t index, int64_t rows, int64_t columns, float * out) {
    const gguf_context * g      = gguf_.get();
    const char *         name   = gguf_get_tensor_name(g, index);
    const ggml_type      type   = gguf_get_tensor_type(g, index);
    const auto *         traits = ggml_get_type_traits(type);
    const uint64_t       begin  = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, index);
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(begin));
    const size_t      row_bytes = ggml_row_size(type, columns);
    const int64_t     step      = std::max<int64_t>(1, (int64_t{ 4 } << 20) / static_cast<int64_t>(row_bytes));
    std::vector<char> block(type == GGML_TYPE_F32 ? 0 : std::min(step, rows) * row_bytes);
    for (int64_t r = 0; r < rows; r += step) {
        const int64_t count = std::min(step, rows - r);
        char *        into  = type == GGML_TYPE_F32 ? reinterpret_cast<char *>(out + r * columns) : block.data();
        if (!file_.read(into, static_cast<std::streamsize>(count * row_bytes))) {
            fail(SAE4J_IO_ERROR, "%s: tensor %s: the file could not be read to its end", name_.c_str(), name);
        }
        if (type != GGML_TYPE_F32) {
            traits->to_float(into, out + r * columns, count * columns);
        }
    }
}

}  // namespace sae4j
