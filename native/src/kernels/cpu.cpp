#include "cpu.h"

// Asked of the CPU itself: __builtin_cpu_supports needs a run-time library that not every toolchain brings.
#if defined(__x86_64__)
#    include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#    include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#    include <sys/sysctl.h>
#endif

namespace sae4j {

#if defined(__x86_64__)

namespace {

struct Features {
    bool avx2 = false, avx512 = false, avx512_bf16 = false;
};

constexpr uint32_t bit(int i) {
    return 1u << i;
}

constexpr bool has(uint32_t reg, uint32_t bits) {
    return (reg & bits) == bits;
}

// The register states that the operating system saves.
uint32_t xcr0() {
    uint32_t eax, edx;
    __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
    return eax;
}

Features detect() {
    Features f;
    uint32_t eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
        return f;
    }
    const uint32_t fma = bit(12), osxsave = bit(27), avx = bit(28), f16c = bit(29);
    if (!has(ecx, fma | osxsave | avx | f16c)) {
        return f;
    }
    const uint32_t saved = xcr0();
    if (!has(saved, 0x06)) {
        return f;  // xmm, ymm
    }
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        return f;
    }
    const uint32_t max_subleaf = eax;
    const uint32_t bmi1 = bit(3), avx2 = bit(5), bmi2 = bit(8);
    f.avx2                 = has(ebx, bmi1 | avx2 | bmi2);
    const uint32_t avx512f = bit(16), avx512dq = bit(17), avx512bw = bit(30), avx512vl = bit(31);
    f.avx512 = f.avx2 && has(ebx, avx512f | avx512dq | avx512bw | avx512vl) && has(saved, 0xe6);  // mask, zmm
    if (f.avx512 && max_subleaf >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
        f.avx512_bf16 = has(eax, bit(5));
    }
    return f;
}

}  // namespace

bool cpu_supports(KernelLevel level) {
    static const Features f = detect();
    switch (level) {
        case KernelLevel::scalar:
        case KernelLevel::generic:
            return true;
        case KernelLevel::avx2:
            return f.avx2;
        case KernelLevel::avx512:
            return f.avx512;
        case KernelLevel::avx512_bf16:
            return f.avx512_bf16;
        default:
            return false;
    }
}

#elif defined(__aarch64__)

namespace {

bool detect_bf16() {
#    if defined(__linux__)
    constexpr unsigned long hwcap2_bf16 = 1ul << 14;
    return getauxval(AT_HWCAP2) & hwcap2_bf16;
#    elif defined(__APPLE__)
    int    present = 0;
    size_t size    = sizeof present;
    return sysctlbyname("hw.optional.arm.FEAT_BF16", &present, &size, nullptr, 0) == 0 && present;
#    else
    return false;
#    endif
}

}  // namespace

bool cpu_supports(KernelLevel level) {
    static const bool bf16 = detect_bf16();
    return level == KernelLevel::scalar || level == KernelLevel::neon || (level == KernelLevel::neon_bf16 && bf16);
}

#else

bool cpu_supports(KernelLevel level) {
    return level == KernelLevel::scalar || level == KernelLevel::generic;
}

#endif

}  // namespace sae4j
