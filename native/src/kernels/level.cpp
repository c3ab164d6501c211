// All kernels of one level. CMake compiles this once for each, with that level's compiler flags and SAE4J_LEVEL.
//
// Nothing inline or templated from the standard library belongs here: the linker keeps one copy of such a function,
// and it could be this one, compiled for a CPU that the user does not have. All that is defined is static or lies in
// an unnamed namespace, but for the table.
#include "packed.h"

#if defined(__AVX2__)
#    include <immintrin.h>
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#    include <arm_neon.h>
#endif

#if defined(__AVX512BF16__) || defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#    define SAE4J_BF16_DOT true
#else
#    define SAE4J_BF16_DOT false
#endif

#define SAE4J_TEXT_(x) #x
#define SAE4J_TEXT(x) SAE4J_TEXT_(x)
#define SAE4J_JOIN_(a, b) a##b
#define SAE4J_JOIN(a, b) SAE4J_JOIN_(a, b)
#define SAE4J_TABLE SAE4J_JOIN(kernels_, SAE4J_LEVEL)

namespace sae4j {
namespace {

// The order matters.
// clang-format off
#include "vector.inc"
#include "simd.inc"
#include "gemm.inc"
// clang-format on

}  // namespace

extern const Kernels SAE4J_TABLE = {
    SAE4J_TEXT(SAE4J_LEVEL),
    SAE4J_BF16_DOT,
    gelu,
    gelu_erf,
    quick_gelu,
    silu,
    relu,
    tanh,
    layer_norm,
    affine,
    softmax,
    lse_update,
    cross_update,
    compare_rows,
    collect_above,
    collect_between,
    axpy,
    centre_and_sum,
    sparse_decode,
    dot,
    sum_sq_diff,
    max,
    to_bf16,
    gemm<float>,
    gemm<uint16_t>,
};

}  // namespace sae4j
