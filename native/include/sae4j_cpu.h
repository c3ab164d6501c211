// What must be settled before any other native library is loaded: whether this CPU can run sae4j at all, and which
// kernels OpenBLAS is to use. It is the whole of a library of its own, needs nothing but the C library, and must be
// compiled for the oldest CPU there is.
#ifndef SAE4J_CPU_H
#define SAE4J_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#    include <cpuid.h>

typedef struct sae4j_cpuid {
    uint32_t eax, ebx, ecx, edx;
} sae4j_cpuid;

// All zeros for a leaf that the CPU does not have.
static inline sae4j_cpuid sae4j_cpuid_get(uint32_t leaf, uint32_t subleaf) {
    sae4j_cpuid r = { 0, 0, 0, 0 };
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

static inline int sae4j_has(uint32_t reg, uint32_t bits) {
    return (reg & bits) == bits;
}

// x86-64-v2, for which ggml is compiled: the name of an instruction set that this CPU lacks, or NULL.
static inline const char * sae4j_cpu_missing(void) {
    const sae4j_cpuid basic = sae4j_cpuid_get(1, 0);
    if (!sae4j_has(basic.ecx, 1u << 9)) {
        return "SSSE3";
    }
    if (!sae4j_has(basic.ecx, 1u << 19 | 1u << 20)) {
        return "SSE4.2";
    }
    if (!sae4j_has(basic.ecx, 1u << 23)) {
        return "POPCNT";
    }
    return NULL;
}

// The OpenBLAS kernels that AVX-512 code of this CPU and operating system allow, or NULL if it has no AVX-512.
static inline const char * sae4j_cpu_avx512_kernels(void) {
    if (!sae4j_has(sae4j_cpuid_get(1, 0).ecx, 1u << 27)) {  // xgetbv
        return NULL;
    }
    uint32_t saved, high;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    const sae4j_cpuid extended = sae4j_cpuid_get(7, 0);
    const uint32_t    f_dq_cd_bw_vl = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
    if (!sae4j_has(saved, 0xe6) || !sae4j_has(extended.ebx, f_dq_cd_bw_vl)) {
        return NULL;
    }
    const int bf16 = extended.eax >= 1 && sae4j_has(sae4j_cpuid_get(7, 1).eax, 1u << 5);
    return bf16 ? "Cooperlake" : "SkylakeX";
}

// OpenBLAS 0.3.31 takes AMD's Zen 5 for a CPU without AVX-512, which halves its speed: it goes by model numbers and
// does not know this one. So its choice is made for it on AMD's AVX-512 CPUs; Intel's it knows. The user's own
// setting of OPENBLAS_CORETYPE stands.
static inline const char * sae4j_cpu_choose_openblas_kernels(void) {
    const sae4j_cpuid vendor = sae4j_cpuid_get(0, 0);
    if (memcmp(&vendor.ebx, "Auth", 4) != 0 || memcmp(&vendor.edx, "enti", 4) != 0 ||
        memcmp(&vendor.ecx, "cAMD", 4) != 0) {
        return NULL;
    }
    const char * kernels = sae4j_cpu_avx512_kernels();
    if (kernels == NULL || getenv("OPENBLAS_CORETYPE") != NULL) {
        return NULL;
    }
    setenv("OPENBLAS_CORETYPE", kernels, 1);
    return kernels;
}

#else

static inline const char * sae4j_cpu_missing(void) {
    return NULL;
}

static inline const char * sae4j_cpu_choose_openblas_kernels(void) {
    return NULL;
}

#endif

#endif
