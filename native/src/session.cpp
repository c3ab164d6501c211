#include "session.h"

#include "ggml-cpu.h"
#include "products.h"
#include "status.h"

namespace sae4j {

namespace {

// Workers look for new work this long before they sleep; ggml's unit is 131,072 pauses, a few milliseconds. Our
// graphs follow one another closely within a call, and between calls nobody should burn a core.
constexpr uint32_t poll = 1;

}  // namespace

Session::Session(sae4j_session_params params) : n_threads_(params.n_threads) {
    if (n_threads_ < 1 || n_threads_ > SAE4J_MAX_THREADS) {
        fail(SAE4J_BAD_ARGUMENT, "threads: expected 1 to %d, found %d", SAE4J_MAX_THREADS, n_threads_);
    }
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
        fail(SAE4J_BUSY, "the session is in use by another call; open one session a thread");
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
