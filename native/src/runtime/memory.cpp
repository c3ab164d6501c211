#include "runtime/memory.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define SAE4J_ADDRESS_SANITIZER
#    endif
#elif defined(__SANITIZE_ADDRESS__)
#    define SAE4J_ADDRESS_SANITIZER
#endif

#if defined(_WIN32)
#    define WIN32_LEAN_AND_MEAN
#    define NOMINMAX
#    include <windows.h>
#else
#    include <sys/mman.h>
#endif

namespace sae4j {

namespace {

constexpr std::align_val_t alignment{ 64 };
constexpr size_t           smallest_block = size_t{ 1 } << 16;

// From here on memory is the system's. The address sanitizer watches over what malloc gives.
#if defined(SAE4J_ADDRESS_SANITIZER)
constexpr size_t large = SIZE_MAX;
#else
constexpr size_t large = size_t{ 1 } << 20;
#endif

thread_local size_t wanted = 0;

[[noreturn]] void throw_bad_alloc(size_t bytes) {
    wanted = bytes;
    throw std::bad_alloc();
}

// It takes the two branches for one.
// clang-format off
#if defined(_WIN32)
void * map(size_t bytes) {
    return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void unmap(void * memory, size_t) {
    VirtualFree(memory, 0, MEM_RELEASE);
}
#else
void * map(size_t bytes) {
    void * memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return nullptr;
    }
#    ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE);  // a session's first use of it is a fault for each 2 MiB, not for each 4 KiB
#    endif
    return memory;
}

void unmap(void * memory, size_t bytes) {
    munmap(memory, bytes);
}
#endif
// clang-format on

}  // namespace

size_t last_wanted() {
    return wanted;
}

void forget_last_wanted() {
    wanted = 0;
}

void * allocate(size_t bytes) {
    void * memory = bytes < large ? ::operator new(bytes, alignment, std::nothrow) : map(bytes);
    if (!memory) {
        throw_bad_alloc(bytes);
    }
    return memory;
}

void release(void * memory, size_t bytes) {
    if (bytes < large) {
        ::operator delete(memory, alignment);
    } else {
        unmap(memory, bytes);
    }
}

void Arena::reset() {
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
        // As large as all before it: few blocks, and what is not used of them is not resident.
        blocks_.emplace_back(std::max({ rounded, smallest_block, total_ }));
        total_ += blocks_.back().bytes();
        used_ = 0;
    }
    std::byte * taken = blocks_[block_].data() + used_;
    used_ += rounded;
    return taken;
}

}  // namespace sae4j

// Whoever asks for memory, llama.cpp included: what was wanted is known when there was none.
#if !defined(SAE4J_ADDRESS_SANITIZER)
void * operator new(size_t bytes) {
    void * memory = std::malloc(bytes > 0 ? bytes : 1);
    if (!memory) {
        sae4j::throw_bad_alloc(bytes);
    }
    return memory;
}

void operator delete(void * memory) noexcept {
    std::free(memory);
}

void operator delete(void * memory, size_t) noexcept {
    std::free(memory);
}
#endif
