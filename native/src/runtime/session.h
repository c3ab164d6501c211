// A session: the threads and the scratch memory of one call at a time.
#pragma once

#include "runtime/blas.h"
#include "runtime/memory.h"
#include "sae4j.h"

#include <atomic>
#include <chrono>

struct ggml_threadpool;

namespace sae4j {

class Session {
  public:
    explicit Session(sae4j_session_params params);
    ~Session();
    Session(const Session &)             = delete;
    Session & operator=(const Session &) = delete;

    int n_threads() const { return n_threads_; }

    ggml_threadpool * pool() const { return pool_; }

    const Blas & blas() const { return blas_; }

    Arena & arena() { return arena_; }

    sae4j_times & times() { return times_; }

    const sae4j_times & times() const { return times_; }

  private:
    friend class Lease;

    int               n_threads_;
    Blas              blas_;
    ggml_threadpool * pool_;
    Arena             arena_;
    sae4j_times       times_{};
    std::atomic<bool> busy_{ false };
};

// Adds the time it lives to a number of seconds.
class Timer {
  public:
    explicit Timer(double & seconds) : seconds_(seconds), begin_(Clock::now()) {}

    ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - begin_).count(); }

    Timer(const Timer &)             = delete;
    Timer & operator=(const Timer &) = delete;

  private:
    using Clock = std::chrono::steady_clock;

    double &          seconds_;
    Clock::time_point begin_;
};

// The use of a session for one call, with an empty arena. A second one at the same time fails with SAE4J_BUSY.
class Lease {
  public:
    explicit Lease(Session & session);
    ~Lease();
    Lease(const Lease &)             = delete;
    Lease & operator=(const Lease &) = delete;

  private:
    Session & session_;
};

}  // namespace sae4j
