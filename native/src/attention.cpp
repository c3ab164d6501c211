#include "attention.h"

#include "kernels/kernels.h"
#include "linear.h"

#include <algorithm>
#include <cmath>

namespace sae4j {

namespace {

constexpr int64_t query_block = 64;  // queries at a time: their scores stay in cache, and later keys are skipped

// Queries, keys and values of one head: the first rows of a qkv whose rows lie ld apart.
struct Head {
    const float * q;
    const float * k;
    const float * v;
    int64_t       ld;
    int64_t       d_head;

    Head(const float * qkv, int64_t ld, int64_t d_head, int64_t head) :
        q(qkv + head * d_head),
        k(q + ld / 3),
        v(k + ld / 3),
        ld(ld),
        d_head(d_head) {}
};

// One head of one sequence of length n behind past (past_length may be 0); z's rows lie d apart.
void attend(const Head & past, int64_t past_length, const Head & now, int64_t n, float * scores, float * z, int64_t d) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(now.d_head));
    for (int64_t begin = 0; begin < n; begin += query_block) {
        const int64_t queries = std::min(query_block, n - begin), keys = begin + queries;
        const int64_t width = past_length + keys;  // of a row of scores
        const float * q     = now.q + begin * now.ld;
        if (past_length > 0) {
            sgemm_nt(queries, past_length, now.d_head, q, now.ld, past.k, past.ld, scores, width);
        }
        sgemm_nt(queries, keys, now.d_head, q, now.ld, now.k, now.ld, scores + past_length, width);
        for (int64_t i = 0; i < queries; i++) {
            float *       row     = scores + i * width;
            const int64_t visible = past_length + begin + i + 1;
            kernels().softmax(row, visible, scale);
            std::fill(row + visible, row + width, 0.0f);
        }
        sgemm_nn(queries, now.d_head, keys, scores + past_length, width, now.v, now.ld, z + begin * d, d);
        if (past_length > 0) {
            sgemm_nn(queries, now.d_head, past_length, scores, width, past.v, past.ld, z + begin * d, d, /*add=*/true);
        }
    }
}

}  // namespace

int64_t attention_scratch(const Batch & batch, int64_t prefix_length, int n_threads) {
    return n_threads * query_block * (prefix_length + batch.longest);
}

ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, const Prefix & prefix,
                        ggml_tensor * qkv, float * scratch, float * z) {
    const int64_t n_tokens = qkv->ne[1], ld = qkv->ne[0], d = ld / 3, d_head = d / n_head;
    const auto *  in   = static_cast<const float *>(qkv->data);
    const int64_t room = query_block * (prefix.length + batch.longest);
    return graph.node(name, { qkv }, z, d, n_tokens, [=, &batch](int ith, int nth) {
        const Slab tasks = slab(batch.n_sequences() * n_head, ith, nth);
        for (int64_t task = tasks.begin; task < tasks.end; task++) {
            const int64_t head = task % n_head, sequence = task / n_head;
            const int64_t first = batch.offsets[sequence], n = batch.offsets[sequence + 1] - first;
            const Head    now(in + first * ld, ld, d_head, head);
            const Head    past = prefix.qkv ? Head(prefix.qkv, ld, d_head, head) : now;
            attend(past, prefix.length, now, n, scratch + ith * room, z + first * d + head * d_head, d);
        }
    });
}

}  // namespace sae4j
