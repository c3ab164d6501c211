#include "model/load_gguf.h"

#include "runtime/status.h"
#include "tensor/gguf_file.h"

namespace sae4j {

std::unique_ptr<Model> load_gguf(const std::string & path, sae4j_model_params params) {
    GgufFile  file(path);
    auto      model   = std::make_unique<Model>(file, params);
    Tensors & tensors = model->tensors();
    for (int64_t i = 0; i < file.n_tensors(); i++) {
        const std::string name     = file.tensor_name(i);
        const auto [rows, columns] = tensors.shape(name);
        file.check_tensor(i, rows, columns);
        file.read(i, rows, columns, tensors.place(name));
        try {
            tensors.placed(name);
        } catch (const Error & e) {
            fail(e.status, "%s: %s", path.c_str(), e.what());
        }
    }
    model->finish();
    return model;
}

}  // namespace sae4j
