// The C header's handles with an owner, and tensors written in one piece.
#pragma once

#include "check.h"

#include <memory>

namespace test {

struct Free {
    void operator()(sae4j_model * model) const { sae4j_model_free(model); }

    void operator()(sae4j_sae * sae) const { sae4j_sae_free(sae); }

    void operator()(sae4j_session * session) const { sae4j_session_free(session); }
};

using ModelPtr   = std::unique_ptr<sae4j_model, Free>;
using SaePtr     = std::unique_ptr<sae4j_sae, Free>;
using SessionPtr = std::unique_ptr<sae4j_session, Free>;

inline SessionPtr open_session(int32_t n_threads) {
    sae4j_session * session = nullptr;
    CHECK_OK(sae4j_session_new({ n_threads }, &session));
    return SessionPtr(session);
}

inline sae4j_chunk chunk_of(const std::vector<float> & values) {
    return { SAE4J_DTYPE_F32, 0, 0, static_cast<int64_t>(values.size()), values.data() };
}

inline ModelPtr load_model(const std::string & path, sae4j_precision precision = SAE4J_PRECISION_F32) {
    sae4j_model * model = nullptr;
    CHECK_OK(sae4j_model_load(path.c_str(), { precision }, &model));
    return ModelPtr(model);
}

}  // namespace test
