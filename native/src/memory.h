// Aligned memory: a buffer that has one owner, and an arena that a session reuses from call to call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace sae4j {

inline constexpr std::align_val_t alignment{ 64 };  // a cache line, and the widest vector

template <typename T> class Buffer {
  public:
    Buffer() = default;

    explicit Buffer(size_t count) :
        data_(static_cast<T *>(::operator new(count * sizeof(T), alignment))),
        count_(count) {}

    T * data() { return data_.get(); }

    const T * data() const { return data_.get(); }

    size_t bytes() const { return data_ ? count_ * sizeof(T) : 0; }

    explicit operator bool() const { return data_ != nullptr; }

  private:
    struct Free {
        void operator()(T * p) const { ::operator delete(p, alignment); }
    };

    std::unique_ptr<T, Free> data_;
    size_t                   count_ = 0;
};

// Bump allocation, not initialised. What is taken stays put until the arena is reset or a Mark ends.
class Arena {
  public:
    template <typename T> T * take(size_t count) { return reinterpret_cast<T *>(take_bytes(count * sizeof(T))); }

    // Gives everything back; the memory that the last calls needed stays for the next one, in one block.
    void reset();

    // Gives back, when it ends, what was taken since it began.
    class Mark {
      public:
        explicit Mark(Arena & arena) : arena_(arena), block_(arena.block_), used_(arena.used_) {}

        ~Mark() {
            arena_.block_ = block_;
            arena_.used_  = used_;
        }

        Mark(const Mark &)             = delete;
        Mark & operator=(const Mark &) = delete;

      private:
        Arena & arena_;
        size_t  block_;
        size_t  used_;
    };

  private:
    std::byte * take_bytes(size_t bytes);

    std::vector<Buffer<std::byte>> blocks_;
    size_t                         block_ = 0;  // the one in use; those behind it are free
    size_t                         used_  = 0;  // bytes of it
};

}  // namespace sae4j
