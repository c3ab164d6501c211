// Products of activations with activations, as attention has them within a sequence. OpenBLAS computes them if it has
// been opened and has memory, else sae4j's own kernels do. All on the calling thread.
#pragma once

#include <cstdint>

namespace sae4j {

struct OpenBlas;

// Opens OpenBLAS's library for the whole process, once. path: UTF-8. Fails if memory is so short that OpenBLAS would end
// the process.
void open_openblas(const char * path);

// OpenBLAS's version and kernels, as it reports them, or "" if it has not been opened.
const char * openblas_config();

// Sets OpenBLAS's own threads to one. Other users of the library may have changed the number.
void use_one_openblas_thread();

// Floats of scratch that the products below need for all sizes up to these.
int64_t product_scratch(int64_t n, int64_t k);

// Computes the products of one session, always by the same library.
class Blas {
  public:
    // For so many threads at a time.
    explicit Blas(int n_threads);
    ~Blas();
    Blas(const Blas &)             = delete;
    Blas & operator=(const Blas &) = delete;

    // C [m, n] = A [m, k] · Bᵀ, B [n, k].
    void nt(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
            int64_t ldc, float * scratch) const;
    // C [m, n] = A [m, k] · B [k, n], or added to C.
    void nn(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
            int64_t ldc, bool add, float * scratch) const;

  private:
    int              n_threads_;
    const OpenBlas * openblas_;  // NULL: own kernels
};

}  // namespace sae4j
