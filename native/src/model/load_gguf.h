// A model from a GGUF file, weights and vocabulary.
#pragma once

#include "model/model.h"

#include <memory>
#include <string>

namespace sae4j {

// path: UTF-8. Fails unless the file is whole, and of an architecture that there is.
std::unique_ptr<Model> load_gguf(const std::string & path, sae4j_model_params params);

}  // namespace sae4j
