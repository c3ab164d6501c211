// The products with activations on both sides, which are attention's within a sequence: OpenBLAS does them once it has
// been opened, and sae4j's own kernels where it cannot be. All on the calling thread.
#pragma once

#include <cstdint>

namespace sae4j {

// Opens OpenBLAS's library for the whole process, once and for all. path: UTF-8.
void open_openblas(const char * path);

// What OpenBLAS says of itself, or "" if it has not been opened.
const char * openblas_config();

// Sets OpenBLAS's own threads to one, whatever somebody else has set them to meanwhile.
void use_one_openblas_thread();

// Floats of scratch that the products below need for all sizes up to these.
int64_t product_scratch(int64_t n, int64_t k);

// C [m, n] = A [m, k] · Bᵀ, B [n, k].
void product_nt(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
                int64_t ldc, float * scratch);
// C [m, n] = A [m, k] · B [k, n], or added to C.
void product_nn(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
                int64_t ldc, bool add, float * scratch);

}  // namespace sae4j
