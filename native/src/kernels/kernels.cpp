#include "kernels.h"

#include "cpu.h"

#include <math.h>

namespace sae4j {

// One table for each level, each in its own object file (level.cpp, scalar.cpp).
extern const Kernels kernels_scalar;
#if defined(SAE4J_KERNELS_ARM)
extern const Kernels kernels_neon, kernels_neon_bf16;
#else
extern const Kernels kernels_generic;
#endif
#if defined(SAE4J_KERNELS_X86)
extern const Kernels kernels_avx2, kernels_avx512, kernels_avx512_bf16;
#endif

const Kernels * kernels_at(KernelLevel level) {
    if (!cpu_supports(level)) {
        return nullptr;
    }
    switch (level) {
        case KernelLevel::scalar:
            return &kernels_scalar;
#if defined(SAE4J_KERNELS_ARM)
        case KernelLevel::neon:
            return &kernels_neon;
        case KernelLevel::neon_bf16:
            return &kernels_neon_bf16;
#else
        case KernelLevel::generic:
            return &kernels_generic;
#endif
#if defined(SAE4J_KERNELS_X86)
        case KernelLevel::avx2:
            return &kernels_avx2;
        case KernelLevel::avx512:
            return &kernels_avx512;
        case KernelLevel::avx512_bf16:
            return &kernels_avx512_bf16;
#endif
        default:
            return nullptr;
    }
}

static const Kernels & best() {
    constexpr KernelLevel descending[] = { KernelLevel::avx512_bf16, KernelLevel::avx512, KernelLevel::avx2,
                                           KernelLevel::neon_bf16,   KernelLevel::neon,   KernelLevel::generic };
    for (KernelLevel level : descending) {
        if (const Kernels * k = kernels_at(level)) {
            return *k;
        }
    }
    return kernels_scalar;
}

const Kernels & kernels() {
    static const Kernels & chosen = best();
    return chosen;
}

const Kernels & scalar_kernels() {
    return kernels_scalar;
}

double log_sum(const Lse & lse) {
    return static_cast<double>(lse.max) + log(lse.sum);
}

void lse_merge(Lse & into, const Lse & other) {
    if (other.argmax < 0 && other.sum == 0) {
        return;  // has seen nothing (a NaN sum goes on)
    }
    const bool first = into.max > other.max ||
                       (into.max == other.max && into.argmax >= 0 && (other.argmax < 0 || into.argmax <= other.argmax));
    const Lse &  high    = first ? into : other;
    const Lse &  low     = first ? other : into;
    const double rescale = low.max == high.max ? 1 : exp(static_cast<double>(low.max) - high.max);
    into                 = { high.max, high.sum + low.sum * rescale, high.argmax };
}

}  // namespace sae4j
