#include "products.h"

#include "kernels/kernels.h"
#include "shared_library.h"
#include "status.h"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace sae4j {

namespace {

// The functions of OpenBLAS that are called. Its library stays open as long as the process lives.
struct OpenBlas {
    decltype(&cblas_sgemm)              sgemm;
    decltype(&openblas_get_config)      get_config;
    decltype(&openblas_get_num_threads) get_num_threads;
    decltype(&openblas_set_num_threads) set_num_threads;

    explicit OpenBlas(const SharedLibrary & library) :
        sgemm(library.function<decltype(sgemm)>("cblas_sgemm")),
        get_config(library.function<decltype(get_config)>("openblas_get_config")),
        get_num_threads(library.function<decltype(get_num_threads)>("openblas_get_num_threads")),
        set_num_threads(library.function<decltype(set_num_threads)>("openblas_set_num_threads")) {}
};

std::atomic<const OpenBlas *> opened = nullptr;

}  // namespace

void open_openblas(const char * path) {
    if (!opened) {
        auto             openblas = std::make_unique<OpenBlas>(SharedLibrary(path));
        const OpenBlas * none     = nullptr;
        if (opened.compare_exchange_strong(none, openblas.get())) {
            openblas.release();
        }
    }
}

const char * openblas_config() {
    const OpenBlas * openblas = opened;
    return openblas ? openblas->get_config() : "";
}

void use_one_openblas_thread() {
    const OpenBlas * openblas = opened;
    if (openblas && openblas->get_num_threads() != 1) {
        openblas->set_num_threads(1);
    }
}

int64_t product_scratch(int64_t n, int64_t k) {
    return static_cast<int64_t>(packed_size<float>(n, k) / sizeof(float));
}

void product_nt(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
                int64_t ldc, float * scratch) {
    if (const OpenBlas * openblas = opened) {
        openblas->sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c, ldc);
        return;
    }
    pack<float>(b, n, k, ldb, scratch);
    kernels().f32_gemm(m, 0, n, n, k, a, lda, scratch, nullptr, nullptr, c, ldc);
}

void product_nn(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
                int64_t ldc, bool add, float * scratch) {
    if (const OpenBlas * openblas = opened) {
        const float beta = add ? 1.0f : 0.0f;
        openblas->sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    pack_transposed<float>(b, n, k, ldb, scratch);
    kernels().f32_gemm(m, 0, n, n, k, a, lda, scratch, nullptr, add ? c : nullptr, c, ldc);
}

}  // namespace sae4j
