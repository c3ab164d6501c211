#include "model/load_gguf.h"

#include "runtime/status.h"
#include "tensor/gguf_file.h"

namespace sae4j {

namespace {

int32_t narrow(const std::string & path, const char * what, int64_t value) {
    if (value < 1 || value > INT32_MAX) {
        fail(SAE4J_BAD_FILE, "%s: %s: expected a positive 32-bit number, found %lld", path.c_str(), what,
             (long long) value);
    }
    return static_cast<int32_t>(value);
}

sae4j_model_shape shape_of(const GgufFile & file) {
    const std::string path         = file.name();
    const std::string architecture = file.text("general.architecture");
    if (architecture != "gpt2") {
        fail(SAE4J_BAD_FILE, "%s: general.architecture: expected gpt2, found %s", path.c_str(), architecture.c_str());
    }
    const int64_t     n_vocab = file.rows("token_embd.weight"), n_ctx = file.rows("position_embd.weight");
    sae4j_model_shape shape{};
    shape.n_layer        = narrow(path, "gpt2.block_count", file.integer("gpt2.block_count"));
    shape.n_head         = narrow(path, "gpt2.attention.head_count", file.integer("gpt2.attention.head_count"));
    shape.n_embd         = narrow(path, "gpt2.embedding_length", file.integer("gpt2.embedding_length"));
    shape.n_ff           = !file.has("gpt2.feed_forward_length") ?
                               narrow(path, "n_ff", int64_t{ 4 } * shape.n_embd) :
                               narrow(path, "gpt2.feed_forward_length", file.integer("gpt2.feed_forward_length"));
    shape.n_ctx          = narrow(path, "rows of position_embd.weight", n_ctx);
    shape.n_vocab        = narrow(path, "rows of token_embd.weight", n_vocab);
    shape.tied           = !file.has_tensor("output.weight");
    shape.layer_norm_eps = file.real("gpt2.attention.layer_norm_epsilon");
    if (file.has("gpt2.context_length") && file.integer("gpt2.context_length") != shape.n_ctx) {
        fail(SAE4J_BAD_FILE, "%s: tensor position_embd.weight: expected gpt2.context_length %lld rows, found %d",
             path.c_str(), (long long) file.integer("gpt2.context_length"), shape.n_ctx);
    }
    return shape;
}

}  // namespace

std::unique_ptr<Model> load_gguf(const std::string & path, sae4j_model_params params) {
    GgufFile   file(path);
    const auto shape = shape_of(file);
    auto       model = std::make_unique<Model>(shape, params, path, Vocab::read(file));
    for (int64_t i = 0; i < file.n_tensors(); i++) {
        const std::string name     = file.tensor_name(i);
        const auto [rows, columns] = model->tensor_shape(name);
        file.check_tensor(i, rows, columns);
        file.read(i, rows, columns, model->place(name));
        try {
            model->placed(name);
        } catch (const Error & e) {
            fail(e.status, "%s: %s", path.c_str(), e.what());
        }
    }
    model->finish();
    return model;
}

}  // namespace sae4j
