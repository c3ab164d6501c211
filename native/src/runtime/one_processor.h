// What a library takes for the number of processors while it is loaded.
#pragma once

#if defined(__linux__)
#    include <sched.h>
#endif

namespace sae4j {

// While it lives the calling thread, where the system lets it, has one processor only.
class OneProcessor {
  public:
    OneProcessor();
    ~OneProcessor();
    OneProcessor(const OneProcessor &)             = delete;
    OneProcessor & operator=(const OneProcessor &) = delete;

    // That the calling thread has: 1, or all.
    int n_processors() const { return n_processors_; }

  private:
    int n_processors_;
#if defined(__linux__)
    cpu_set_t before_;
#endif
};

}  // namespace sae4j
