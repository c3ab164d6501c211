#include "runtime/session.h"

#include "ggml-cpu.h"
#include "runtime/blas.h"
#include "runtime/status.h"

#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace sae4j {

namespace {

// Workers look for new work this long before they sleep; ggml's unit is 131,072 pauses, a few milliseconds. Our
// graphs follow one another closely within a call, and between calls nobody should burn a core.
constexpr uint32_t poll = 1;

int checked(int n_threads) {
    if (n_threads < 1 || n_threads > SAE4J_MAX_THREADS) {
        fail(SAE4J_BAD_ARGUMENT, "threads: expected 1 to %d, found %d", SAE4J_MAX_THREADS, n_threads);
    }
    return n_threads;
}

// Fails where so many threads cannot be started, of which ggml makes a defect.
void require_threads(int count) {
    std::vector<std::thread> threads;
    std::latch               all(1);
    std::error_code          error;
    try {
        for (int i = 0; i < count; i++) {
            threads.emplace_back([&] { all.wait(); });
        }
    } catch (const std::system_error & e) {
        error = e.code();
    }
    all.count_down();
    for (std::thread & thread : threads) {
        thread.join();
    }
    if (error) {
        fail(SAE4J_OUT_OF_MEMORY, "cannot start thread %zu of %d: %s", threads.size() + 1, count,
             error.message().c_str());
    }
}

}  // namespace

Session::Session(sae4j_session_params params) : n_threads_(checked(params.n_threads)), blas_(n_threads_) {
    require_threads(n_threads_ - 1);
    ggml_threadpool_params pool_params = ggml_threadpool_params_default(n_threads_);
    pool_params.poll                   = poll;
    pool_                              = ggml_threadpool_new(&pool_params);
    if (!pool_) {
        fail(SAE4J_OUT_OF_MEMORY, "cannot start %d threads", n_threads_);
    }
}

Session::~Session() {
    ggml_threadpool_free(pool_);
}

Lease::Lease(Session & session) : session_(session) {
    if (session_.busy_.exchange(true, std::memory_order_acquire)) {
        fail(SAE4J_BUSY, "the session is in use by another call; open one session per thread");
    }
    // The pool's workers each call OpenBLAS on a slab of their own; its own threads would only get in their way.
    // The setting is the process's: somebody else may have changed it since the last call.
    use_one_openblas_thread();
    try {
        session_.arena().reset();
    } catch (...) {
        session_.busy_ = false;
        throw;
    }
}

Lease::~Lease() {
    session_.busy_.store(false, std::memory_order_release);
}

}  // namespace sae4j
