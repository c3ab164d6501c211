// The k largest of a row that is seen tile by tile. Ties go to the lower index.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sae4j {

struct Candidate {
    float   value;
    int32_t index;

    // Larger first, then the lower index.
    bool operator<(const Candidate & other) const {
        return value > other.value || (value == other.value && index < other.index);
    }
};

// Moves the k best of candidates [count] to the front, the k-th at k − 1; returns how many are left.
inline int64_t keep_best(Candidate * candidates, int64_t count, int64_t k) {
    if (count <= k) {
        return count;
    }
    std::nth_element(candidates, candidates + k - 1, candidates + count);
    return k;
}

// One worker's candidates of one row. Its tiles come in ascending order, so a later value that equals the k-th
// never belongs: only what is above the threshold is looked at.
class TopK {
  public:
    // memory: room for capacity(k, tile) candidates, tile the most that push() is given at a time.
    TopK(Candidate * memory, int64_t k) : candidates_(memory), k_(k) {}

    static int64_t capacity(int64_t k, int64_t tile) { return 2 * k + tile; }

    float threshold() const { return threshold_; }

    void push(const float * values, const int32_t * indices, int64_t count) {
        for (int64_t i = 0; i < count; i++) {
            candidates_[count_++] = { values[i], indices[i] };
        }
        if (count_ > 2 * k_) {  // rather than each time: one selection serves k pushes
            count_     = keep_best(candidates_, count_, k_);
            threshold_ = candidates_[k_ - 1].value;
        }
    }

    const Candidate * begin() const { return candidates_; }

    const Candidate * end() const { return candidates_ + count_; }

  private:
    Candidate * candidates_;
    int64_t     k_;
    int64_t     count_     = 0;
    float       threshold_ = -std::numeric_limits<float>::infinity();
};

}  // namespace sae4j
