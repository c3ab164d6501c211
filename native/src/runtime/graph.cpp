#include "runtime/graph.h"

#include "runtime/session.h"
#include "runtime/status.h"

#include <algorithm>
#include <iterator>

namespace sae4j {

namespace {

constexpr int max_nodes = 2048;  // 10 a block: 100 layers and more; hooks start the count anew

size_t context_bytes() {
    return 2 * max_nodes * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_nodes, false);
}

}  // namespace

Graph::Graph(Session & session) :
    session_(session),
    memory_(new std::byte[context_bytes()]),
    context_(ggml_init({ context_bytes(), memory_.get(), /*no_alloc=*/true })),
    graph_(ggml_new_graph_custom(context_, max_nodes, false)) {}

Graph::~Graph() {
    ggml_free(context_);
}

// No exception may go through ggml, whose other threads would wait for this one for ever.
void Graph::run(ggml_tensor *, int ith, int nth, void * task) {
    const auto & [work, graph] = *static_cast<Task *>(task);
    if (graph->failed_) {
        return;  // what this node reads is not there
    }
    try {
        work(ith, nth);
    } catch (...) {
        if (!graph->failed_.exchange(true)) {
            graph->failure_ = std::current_exception();
        }
    }
}

ggml_tensor * Graph::leaf(const char * name, const float * data, int64_t width, int64_t rows) {
    ggml_tensor * t = ggml_new_tensor_2d(context_, GGML_TYPE_F32, width, rows);
    ggml_set_name(t, name);
    t->data = const_cast<float *>(data);
    return t;
}

ggml_tensor * Graph::node(const char * name, std::initializer_list<ggml_tensor *> sources, float * data, int64_t width,
                          int64_t rows, Work work) {
    tasks_.push_back({ std::move(work), this });
    ggml_tensor * t =
        ggml_custom_4d(context_, GGML_TYPE_F32, width, rows, 1, 1, const_cast<ggml_tensor **>(sources.begin()),
                       static_cast<int>(sources.size()), run, GGML_N_TASKS_MAX, &tasks_.back());
    return append(name, t, data ? data : session_.arena().take<float>(width * rows));
}

ggml_tensor * Graph::add(const char * name, ggml_tensor * a, ggml_tensor * b, float * data) {
    return append(name, ggml_add(context_, a, b), data);
}

ggml_tensor * Graph::append(const char * name, ggml_tensor * tensor, float * data) {
    if (ggml_graph_n_nodes(graph_) >= max_nodes - 1) {
        fail(SAE4J_INTERNAL, "graph of more than %d nodes", max_nodes);
    }
    ggml_set_name(tensor, name);
    tensor->data = data;
    ggml_build_forward_expand(graph_, tensor);  // at once: the order of nodes is the order of calls
    return tensor;
}

void Graph::compute() {
    const Arena::Mark mark(session_.arena());
    ggml_cplan        plan   = ggml_graph_plan(graph_, session_.n_threads(), session_.pool());
    plan.work_data           = session_.arena().take<uint8_t>(plan.work_size);
    const ggml_status status = ggml_graph_compute(graph_, &plan);
    if (status != GGML_STATUS_SUCCESS) {
        fail(SAE4J_INTERNAL, "ggml could not compute a graph: %s", ggml_status_to_string(status));
    }
    if (failed_) {
        std::rethrow_exception(failure_);
    }
    for (int i = 0; i < ggml_graph_n_nodes(graph_); i++) {
        ggml_tensor * done = ggml_graph_node(graph_, i);
        done->op           = GGML_OP_NONE;
        std::fill(std::begin(done->src), std::end(done->src), nullptr);
    }
    ggml_graph_clear(graph_);
    tasks_.clear();
}

}  // namespace sae4j
