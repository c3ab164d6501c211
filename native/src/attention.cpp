#include "attention.h"

#include "kernels/kernels.h"
#include "linear.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

constexpr int64_t query_block = 64;  // queries at a time: their scores stay in cache, and later keys are skipped

// One head of one sequence of length n: q, k, v and z are its first rows, qkv's rows ld apart, z's d.
void attend(int64_t n, int64_t d_head, int64_t ld, int64_t d, const float * q, const float * k, const float * v,
            float * scores, float * z) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(d_head));
    for (int64_t begin = 0; begin < n; begin += query_block) {
        const int64_t queries = std::min(query_block, n - begin), keys = begin + queries;
        sgemm_nt(queries, keys, d_head, q + begin * ld, ld, k, ld, scores, keys);
        for (int64_t i = 0; i < queries; i++) {
            float *       row     = scores + i * keys;
            const int64_t visible = begin + i + 1;
            kernels().softmax(row, visible, scale);
            std::fill(row + visible, row + keys, 0.0f);
        }
        sgemm_nn(queries, d_head, keys, scores, keys, v, ld, z + begin * d, d);
    }
}

}  // namespace

int64_t attention_scratch(const Batch & batch, int n_threads) {
    return n_threads * query_block * batch.longest;
}

ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, ggml_tensor * qkv,
                        float * scratch, float * z) {
    const int64_t n_tokens = qkv->ne[1], ld = qkv->ne[0], d = ld / 3, d_head = d / n_head;
    const auto *  in        = static_cast<const float *>(qkv->data);
    const int64_t room      = query_block * batch.longest;
    return graph.node(name, { qkv }, z, d, n_tokens, [=, &batch](int ith, int nth) {
        const Slab tasks = slab(batch.n_sequences() * n_head, ith, nth);
        for (int64_t task = tasks.begin; task < tasks.end; task++) {
            const int64_t first = batch.offsets[task / n_head], n = batch.offsets[task / n_head + 1] - first;
            const int64_t head = task % n_head * d_head;
            const float * q    = in + first * ld + head;
            attend(n, d_head, ld, d, q, q + d, q + 2 * d, scratch + ith * room, z + first * d + head);
        }
    });
}

}  // namespace sae4j
