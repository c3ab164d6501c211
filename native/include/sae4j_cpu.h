// Whether this CPU can run sae4j at all. It is the whole of a library of its own, loaded before all others, because
// those are compiled for CPUs that have what is asked for here: x86-64-v2.
#ifndef SAE4J_CPU_H
#define SAE4J_CPU_H

#include <stddef.h>

#if defined(__x86_64__)
#    include <cpuid.h>
#endif

// The name of an instruction set that is missing, or NULL.
static inline const char * sae4j_cpu_missing(void) {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    __get_cpuid(1, &eax, &ebx, &ecx, &edx);
    if (!(ecx & bit_SSSE3)) {
        return "SSSE3";
    }
    if (!(ecx & bit_SSE4_2)) {
        return "SSE4.2";
    }
    if (!(ecx & bit_POPCNT)) {
        return "POPCNT";
    }
#endif
    return NULL;
}

#endif
