// Aligned memory: a buffer that has one owner, and an arena that a session reuses from call to call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sae4j {

// Memory aligned to a cache line, which is also the widest vector. Large pieces come from the system and go back to it
// at once: malloc would keep them in its heap, in holes that the next ones do not fit.
void * allocate(size_t bytes);
void   release(void * memory, size_t bytes);

// How many bytes this thread wanted when it last found no memory, since that was forgotten; 0 if it has found all.
size_t last_wanted();
void   forget_last_wanted();

template <typename T> class Buffer {
  public:
    Buffer() = default;

    explicit Buffer(size_t count) : data_(static_cast<T *>(allocate(count * sizeof(T))), Free{ count * sizeof(T) }) {}

    T * data() { return data_.get(); }

    const T * data() const { return data_.get(); }

    size_t bytes() const { return data_ ? data_.get_deleter().bytes : 0; }

    explicit operator bool() const { return data_ != nullptr; }

  private:
    struct Free {
        size_t bytes = 0;

        void operator()(T * p) const { release(p, bytes); }
    };

    std::unique_ptr<T, Free> data_;
};

// Bump allocation, not initialised. What is taken stays put until the arena is reset or a Mark ends.
class Arena {
  public:
    template <typename T> T * take(size_t count) { return reinterpret_cast<T *>(take_bytes(count * sizeof(T))); }

    // Gives everything back; the memory stays for the next call.
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
    size_t                         total_ = 0;  // bytes of all
};

}  // namespace sae4j
