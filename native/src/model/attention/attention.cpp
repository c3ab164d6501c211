#include "model/attention/attention.h"

#include "kernels/kernels.h"
#include "model/attention/packed_past.h"
#include "runtime/blas.h"
#include "runtime/session.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace sae4j {

namespace {

constexpr int64_t query_block = 64;  // queries at a time: their scores stay in cache, and later keys are skipped

// Some queries of one sequence.
struct QueryRange {
    int64_t first;    // the sequence's first row
    int64_t begin;    // of the queries in it
    int64_t queries;  // which see begin + queries keys of the sequence

    int64_t keys() const { return begin + queries; }
};

// Ranges one behind the other, of at most rows_at_once rows altogether.
using QueryBlock = std::vector<QueryRange>;

// With a past there are more rows: its products take all rows of a block at once, and larger ones are faster.
int64_t rows_at_once(int64_t past_length) {
    return past_length > 0 ? 3 * query_block : query_block;
}

std::vector<QueryBlock> blocks_of(const Batch & batch, int64_t past_length) {
    std::vector<QueryBlock> blocks;
    int64_t                 room = 0;
    for (int64_t s = 0; s < batch.n_sequences(); s++) {
        const int64_t first = batch.offsets[s], n = batch.offsets[s + 1] - first;
        for (int64_t begin = 0; begin < n; begin += query_block) {
            const int64_t queries = std::min(query_block, n - begin);
            if (queries > room) {
                blocks.emplace_back();
                room = rows_at_once(past_length);
            }
            blocks.back().push_back({ first, begin, queries });
            room -= queries;
        }
    }
    return blocks;
}

// The scratch of one thread.
struct Scratch {
    int64_t scores;   // floats of a block's scores
    int64_t product;  // and of a product within a sequence
    int64_t past;     // and of a packed head

    Scratch(const Batch & batch, int64_t past_length, int64_t d_head) :
        scores(rows_at_once(past_length) * (past_length + batch.longest)),
        product(std::max(product_scratch(batch.longest, d_head), product_scratch(d_head, batch.longest))),
        past(past_length > 0 ? PackedPast::room(past_length, d_head, rows_at_once(past_length)) : 0) {}

    int64_t floats() const { return scores + product + past; }
};

// One head of one block behind past, if there is one; now and z start at the batch's first row, z's rows lie d apart.
// All rows share the past, so its products take them all at once.
void attend(const Blas & blas, const std::optional<PackedPast> & past, int64_t past_length, const Head & now,
            const QueryBlock & block, float * scores, float * scratch, float * z, int64_t d) {
    const int64_t first = block.front().first + block.front().begin;
    const int64_t rows  = block.back().first + block.back().keys() - first;
    int64_t       keys  = 0;
    for (const QueryRange & range : block) {
        keys = std::max(keys, range.keys());
    }
    const int64_t width = past_length + keys;  // of a row of scores
    if (past) {
        past->scores(now.q + first * now.ld, now.ld, rows, scores, width);
    }
    float * s = scores;
    for (const QueryRange & range : block) {
        const int64_t row = range.first + range.begin;
        blas.nt(range.queries, range.keys(), now.d_head, now.q + row * now.ld, now.ld, now.k + range.first * now.ld,
                now.ld, s + past_length, width, scratch);
        for (int64_t i = 0; i < range.queries; i++) {
            const int64_t visible = past_length + range.begin + i + 1;
            kernels().softmax(s + i * width, visible, now.scale);
            std::fill(s + i * width + visible, s + (i + 1) * width, 0.0f);
        }
        blas.nn(range.queries, now.d_head, range.keys(), s + past_length, width, now.v + range.first * now.ld, now.ld,
                z + row * d, d, /*add=*/false, scratch);
        s += range.queries * width;
    }
    if (past) {
        past->add_values(scores, width, rows, z + first * d, d);
    }
}

}  // namespace

int64_t attention_scratch(const Batch & batch, int64_t prefix_length, int64_t d_head, int n_threads) {
    return n_threads * Scratch(batch, prefix_length, d_head).floats();
}

ggml_tensor * attention(Graph & graph, const char * name, const Batch & batch, int n_head, float scale,
                        const Prefix & prefix, sae4j_precision precision, ggml_tensor * qkv, float * scratch,
                        const Output & z) {
    const int64_t n_tokens = qkv->ne[1], ld = qkv->ne[0], d = ld / 3, d_head = d / n_head;
    const auto *  in = static_cast<const float *>(qkv->data);
    const Scratch room(batch, prefix.length, d_head);
    const auto *  blas = &graph.session().blas();
    auto          work = [=, blocks = blocks_of(batch, prefix.length)](int ith, int nth) {
        float *                   scores = scratch + ith * room.floats(), *product = scores + room.scores;
        std::optional<PackedPast> past;
        int64_t                   packed = -1;  // whose past that is
        // Head by head: heads are equal work, blocks are not.
        const auto n_blocks = static_cast<int64_t>(blocks.size());
        const Slab tasks    = slab(n_head * n_blocks, ith, nth);
        for (int64_t task = tasks.begin; task < tasks.end; task++) {
            const int64_t head = task / n_blocks;
            if (prefix.length > 0 && packed != head) {
                const Head shared(prefix.qkv, ld, d_head, head, scale);
                past.emplace(precision, shared, prefix.length, product + room.product);
                packed = head;
            }
            const QueryBlock & block = blocks[task % n_blocks];
            const Head         now(in, ld, d_head, head, scale);
            attend(*blas, past, prefix.length, now, block, scores, product, z.f32 + head * d_head, d);
            for (const QueryRange & range : block) {
                for (int64_t t = range.first + range.begin; t < range.first + range.keys(); t++) {
                    z.round(t * d + head * d_head, d_head);
                }
            }
        }
    };
    return graph.node(name, { qkv }, z.f32, d, n_tokens, work);
}

}  // namespace sae4j
