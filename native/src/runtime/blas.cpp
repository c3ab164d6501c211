#include "runtime/blas.h"

#include "kernels/kernels.h"
#include "runtime/memory.h"
#include "runtime/one_processor.h"
#include "runtime/shared_library.h"
#include "runtime/status.h"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace sae4j {

// The functions of OpenBLAS that are called. Its library stays open as long as the process lives.
struct OpenBlas {
    decltype(&cblas_sgemm)              sgemm;
    decltype(&openblas_get_config)      get_config;
    decltype(&openblas_get_num_threads) get_num_threads;
    decltype(&openblas_set_num_threads) set_num_threads;

    // A buffer for one thread's product, and back. NULL where the library keeps them to itself.
    void * (*take_buffer)(int);
    void (*return_buffer)(void *);

    explicit OpenBlas(const SharedLibrary & library) :
        sgemm(library.function<decltype(sgemm)>("cblas_sgemm")),
        get_config(library.function<decltype(get_config)>("openblas_get_config")),
        get_num_threads(library.function<decltype(get_num_threads)>("openblas_get_num_threads")),
        set_num_threads(library.function<decltype(set_num_threads)>("openblas_set_num_threads")),
        take_buffer(library.function_or_null<decltype(take_buffer)>("blas_memory_alloc")),
        return_buffer(library.function_or_null<decltype(return_buffer)>("blas_memory_free")) {}
};

namespace {

std::atomic<const OpenBlas *> opened = nullptr;

constexpr size_t buffer_bytes = size_t{ 128 } << 20;  // of one thread, on x86-64; less elsewhere

// Threads that it has buffers for in any case: it has 128, and others may call it too.
constexpr int most_threads = 64;

// Fails if there is no memory for so many buffers. One more is asked for, so that what other threads take at the same
// moment does no harm.
void require_room(int buffers) {
    std::vector<Buffer<std::byte>> room;
    for (int i = 0; i <= buffers; i++) {
        room.emplace_back(buffer_bytes);
    }
}

// OpenBLAS takes a buffer for each thread that multiplies, keeps it for the next, and ends the process where there is
// no memory for it. So it is made to take them beforehand, at a time when it is known that there is.
class Buffers {
  public:
    // Whether so many more threads may multiply.
    bool reserve(const OpenBlas & openblas, int threads) {
        const std::lock_guard lock(mutex_);
        if (reserved_ + threads > most_threads || !take(openblas, reserved_ + threads)) {
            return false;
        }
        reserved_ += threads;
        return true;
    }

    void release(int threads) {
        const std::lock_guard lock(mutex_);
        reserved_ -= threads;
    }

  private:
    bool take(const OpenBlas & openblas, int count) {
        if (count <= taken_) {
            return true;
        }
        try {
            require_room(count - taken_);
        } catch (const std::bad_alloc &) {
            return false;
        }
        if (openblas.take_buffer && openblas.return_buffer) {
            std::vector<void *> buffers(count);
            std::generate(buffers.begin(), buffers.end(), [&] { return openblas.take_buffer(0); });
            std::for_each(buffers.begin(), buffers.end(), openblas.return_buffer);
        }
        taken_ = count;
        return true;
    }

    std::mutex mutex_;
    int        reserved_ = 0;  // threads of all sessions
    int        taken_    = 0;  // buffers that OpenBLAS has at least
};

Buffers & buffers() {
    static Buffers * const the = new Buffers;  // outlives sessions that nobody closes
    return *the;
}

}  // namespace

void open_openblas(const char * path) {
    if (!opened) {
        // It starts a thread for each processor that it sees, which sae4j has no use for, and each takes a buffer.
        const OneProcessor one;
        require_room(1 + one.n_processors());
        auto             openblas = std::make_unique<OpenBlas>(SharedLibrary(path));
        const OpenBlas * none     = nullptr;
        if (opened.compare_exchange_strong(none, openblas.get())) {
            openblas.release();
        }
    }
}

const char * openblas_config() {
    const OpenBlas * openblas = opened;
    return openblas ? openblas->get_config() : "";
}

void use_one_openblas_thread() {
    const OpenBlas * openblas = opened;
    if (openblas && openblas->get_num_threads() != 1) {
        openblas->set_num_threads(1);
    }
}

int64_t product_scratch(int64_t n, int64_t k) {
    return static_cast<int64_t>(packed_size<float>(n, k) / sizeof(float));
}

Blas::Blas(int n_threads) : n_threads_(n_threads), openblas_(opened) {
    if (openblas_ && !buffers().reserve(*openblas_, n_threads)) {
        openblas_ = nullptr;
    }
}

Blas::~Blas() {
    if (openblas_) {
        buffers().release(n_threads_);
    }
}

void Blas::nt(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
              int64_t ldc, float * scratch) const {
    if (openblas_) {
        openblas_->sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c, ldc);
        return;
    }
    pack<float>(b, n, k, ldb, scratch);
    kernels().f32_gemm(m, 0, n, n, k, a, lda, scratch, nullptr, nullptr, c, ldc);
}

void Blas::nn(int64_t m, int64_t n, int64_t k, const float * a, int64_t lda, const float * b, int64_t ldb, float * c,
              int64_t ldc, bool add, float * scratch) const {
    if (openblas_) {
        const float beta = add ? 1.0f : 0.0f;
        openblas_->sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    pack_transposed<float>(b, n, k, ldb, scratch);
    kernels().f32_gemm(m, 0, n, n, k, a, lda, scratch, nullptr, add ? c : nullptr, c, ldc);
}

}  // namespace sae4j
