#include "memory.h"

#include <algorithm>

namespace sae4j {

namespace {

constexpr size_t smallest_block = size_t{ 1 } << 16;

}  // namespace

void Arena::reset() {
    if (blocks_.size() > 1) {
        size_t total = 0;
        for (const auto & block : blocks_) {
            total += block.bytes();
        }
        blocks_.clear();
        blocks_.emplace_back(total);
    }
    block_ = 0;
    used_  = 0;
}

std::byte * Arena::take_bytes(size_t bytes) {
    const size_t rounded = (bytes + 63) / 64 * 64;
    while (block_ < blocks_.size() && used_ + rounded > blocks_[block_].bytes()) {
        block_++;
        used_ = 0;
    }
    if (block_ == blocks_.size()) {
        blocks_.emplace_back(std::max(rounded, smallest_block));
        used_ = 0;
    }
    std::byte * taken = blocks_[block_].data() + used_;
    used_ += rounded;
    return taken;
}

}  // namespace sae4j
