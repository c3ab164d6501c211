// Included before ggml-cpu.c. ggml's workers spin at the barrier after each node; where other programs want the same
// cores, a worker that has been descheduled is waited for by one that burns the very core it needs, and a run takes
// many times as long. So every few microseconds a spinning worker offers its core.
#pragma once

#if defined(_WIN32)
#    include <windows.h>
#    define SAE4J_OFFER_CORE() SwitchToThread()
#else
#    include <sched.h>
#    define SAE4J_OFFER_CORE() sched_yield()
#endif

static inline void sae4j_relax(void) {
    static _Thread_local unsigned spins = 0;
    if (++spins % 256 == 0) {
        (void) SAE4J_OFFER_CORE();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#endif
}

// ggml_thread_cpu_relax(void) is ggml's definition, which is set aside; ggml_thread_cpu_relax() is a use of it.
#define ggml_thread_cpu_relax(args) SAE4J_RELAX_##args
#define SAE4J_RELAX_void            ggml_own_relax(void)
#define SAE4J_RELAX_                sae4j_relax()
