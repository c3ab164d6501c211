// A ggml graph whose tensors lie where we say and whose nodes run in the order in which they are added.
#pragma once

#include "ggml-cpu.h"
#include "ggml.h"

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>

namespace sae4j {

class Session;

// The part of one node's work that worker ith of nth does.
using Work = std::function<void(int ith, int nth)>;

class Graph {
  public:
    explicit Graph(Session & session);
    ~Graph();
    Graph(const Graph &)             = delete;
    Graph & operator=(const Graph &) = delete;

    // A leaf [rows, width] over memory that the caller keeps.
    ggml_tensor * leaf(const char * name, const float * data, int64_t width, int64_t rows);

    // A node [rows, width] that work fills; data may be where the result shall lie, or NULL for session memory.
    ggml_tensor * node(const char * name, std::initializer_list<ggml_tensor *> sources, float * data, int64_t width,
                       int64_t rows, Work work);

    // A node of ggml's own; its result goes to data.
    ggml_tensor * add(const char * name, ggml_tensor * a, ggml_tensor * b, float * data);

    // Runs what was added since the last time. Its results are leaves from then on, and more can be added. What a node's
    // work throws, on whatever thread, ends it and comes out of here.
    void compute();

    Session & session() { return session_; }

  private:
    struct Task {
        Work    work;
        Graph * graph;
    };

    static void run(ggml_tensor * node, int ith, int nth, void * task);

    ggml_tensor * append(const char * name, ggml_tensor * tensor, float * data);

    Session &                    session_;
    std::unique_ptr<std::byte[]> memory_;  // of the context: ggml's own way to find none is to abort
    ggml_context *               context_;
    ggml_cgraph *                graph_;
    std::deque<Task>             tasks_;  // stable addresses: ggml holds pointers to them
    std::atomic<bool>            failed_{ false };
    std::exception_ptr           failure_;  // the first
};

// The [begin, end) of worker ith of nth over count items, in multiples of step.
struct Slab {
    int64_t begin;
    int64_t end;
};

inline Slab slab(int64_t count, int ith, int nth, int64_t step = 1) {
    const int64_t steps = (count + step - 1) / step;
    const int64_t begin = steps * ith / nth * step;
    const int64_t end   = steps * (ith + 1) / nth * step;
    return { begin < count ? begin : count, end < count ? end : count };
}

}  // namespace sae4j
