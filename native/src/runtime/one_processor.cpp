#include "runtime/one_processor.h"

#include <algorithm>
#include <thread>

namespace sae4j {

#if defined(__linux__)

OneProcessor::OneProcessor() : n_processors_(1) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(std::max(sched_getcpu(), 0), &one);
    if (sched_getaffinity(0, sizeof before_, &before_) != 0 || sched_setaffinity(0, sizeof one, &one) != 0) {
        n_processors_ = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
    }
}

OneProcessor::~OneProcessor() {
    if (n_processors_ == 1) {
        sched_setaffinity(0, sizeof before_, &before_);
    }
}

#else

OneProcessor::OneProcessor() : n_processors_(static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u))) {}

OneProcessor::~OneProcessor() = default;

#endif

}  // namespace sae4j
