#include "model/attention/first_attention.h"

#include "kernels/kernels.h"
#include "runtime/blas.h"
#include "runtime/session.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sae4j {

namespace {

// One head. Keys 0 … p − 1 are the past's, key p each sequence's own, later ones the past's again.
class HeadAttention {
  public:
    HeadAttention(const Blas & blas, const Batch & batch, int64_t p, int64_t d_head, float * scratch) :
        blas_(blas),
        batch_(batch),
        p_(p),
        d_head_(d_head),
        n_(batch.n_sequences()),
        later_(batch.longest - 1),
        scores_(scratch),
        common_(scores_ + std::max(later_, n_) * (p + 1 + later_)),
        log_sums_(common_ + later_ * d_head),
        firsts_(log_sums_ + later_),
        to_first_(firsts_ + n_ * d_head),
        product_(to_first_ + n_ * later_) {}

    // Floats of its scratch.
    static int64_t room(const Batch & batch, int64_t p, int64_t d_head) {
        const int64_t n = batch.n_sequences(), later = batch.longest - 1, keys = p + 1 + later,
                      most = std::max(later, n);
        return most * keys + later * d_head + later + n * d_head + n * later +
               std::max(product_scratch(keys, d_head), product_scratch(d_head, keys));
    }

    // z points at the head's part of row 0, rows lie d apart.
    void run(const Head & past, const Head & own, float * z, int64_t d) {
        see_common(past);
        see_past(past, own);
        if (later_ > 0) {  // scores of the later rows' queries at each sequence's own key: [n, later]
            blas_.nt(n_, later_, d_head_, own.k, own.ld, past.from(p_ + 1).q, past.ld, to_first_, later_, product_);
        }
        for (int64_t i = 0; i < n_; i++) {
            float * row = z + batch_.offsets[i] * d;
            std::copy_n(firsts_ + i * d_head_, d_head_, row);
            for (int64_t tau = 1; tau < batch_.offsets[i + 1] - batch_.offsets[i]; tau++) {
                join(tau - 1, to_first_[i * later_ + tau - 1] * own.scale, own.from(i).v, row + tau * d);
            }
        }
    }

  private:
    // common [later, d_head]: what the later rows see of all keys but p, and the log of the sum of exponentials there.
    void see_common(const Head & past) {
        if (later_ == 0) {
            return;
        }
        const int64_t width  = p_ + 1 + later_;
        const Head    behind = past.from(p_ + 1);
        blas_.nt(later_, width, d_head_, behind.q, past.ld, past.k, past.ld, scores_, width, product_);
        for (int64_t j = 0; j < later_; j++) {
            float *       s       = scores_ + j * width;
            const int64_t visible = p_ + 2 + j;
            s[p_]                 = -std::numeric_limits<float>::infinity();
            const float max       = kernels().max(s, visible);
            log_sums_[j]          = past.scale * max + std::log(kernels().softmax(s, visible, past.scale));
            std::fill(s + visible, s + width, 0.0f);
        }
        blas_.nn(later_, d_head_, later_, scores_ + p_ + 1, width, behind.v, past.ld, common_, d_head_, false,
                 product_);
        if (p_ > 0) {
            blas_.nn(later_, d_head_, p_, scores_, width, past.v, past.ld, common_, d_head_, true, product_);
        }
    }

    // firsts [n, d_head]: z of the sequences' first rows.
    void see_past(const Head & past, const Head & own) {
        const int64_t width = p_ + 1;
        if (p_ > 0) {
            blas_.nt(n_, p_, d_head_, own.q, own.ld, past.k, past.ld, scores_, width, product_);
        }
        for (int64_t i = 0; i < n_; i++) {
            const Head row = own.from(i);
            float *    s   = scores_ + i * width;
            s[p_]          = static_cast<float>(kernels().dot(row.q, row.k, d_head_));
            kernels().softmax(s, width, own.scale);
        }
        if (p_ > 0) {
            blas_.nn(n_, d_head_, p_, scores_, width, past.v, past.ld, firsts_, d_head_, false, product_);
        } else {
            std::fill_n(firsts_, n_ * d_head_, 0.0f);
        }
        for (int64_t i = 0; i < n_; i++) {
            kernels().axpy(scores_[i * width + p_], own.from(i).v, firsts_ + i * d_head_, d_head_);
        }
    }

    // z [d_head] of a later row: what it sees of the other keys, and v, the value at key p, where it scores as much.
    void join(int64_t j, float score, const float * v, float * z) const {
        const float weight = 1 / (1 + std::exp(log_sums_[j] - score));
        for (int64_t c = 0; c < d_head_; c++) {
            z[c] = (1 - weight) * common_[j * d_head_ + c] + weight * v[c];
        }
    }

    const Blas &  blas_;
    const Batch & batch_;
    int64_t       p_;
    int64_t       d_head_;
    int64_t       n_;      // sequences
    int64_t       later_;  // rows behind the first of the longest
    float *       scores_;
    float *       common_;
    float *       log_sums_;  // [later]
    float *       firsts_;
    float *       to_first_;
    float *       product_;
};

}  // namespace

ggml_tensor * first_attention(Graph & graph, const char * name, const Batch & batch, int n_head, float scale,
                              const Prefix & past, ggml_tensor * own, const Output & z) {
    const int64_t ld = own->ne[0], d = ld / 3, d_head = d / n_head;
    const int64_t room    = HeadAttention::room(batch, past.length, d_head);
    float *       scratch = graph.session().arena().take<float>(graph.session().n_threads() * room);
    const auto *  in      = static_cast<const float *>(own->data);
    const auto *  blas    = &graph.session().blas();
    return graph.node(name, { own }, z.f32, d, batch.n_tokens, [=, &batch](int ith, int nth) {
        HeadAttention attention(*blas, batch, past.length, d_head, scratch + ith * room);
        const Slab    heads = slab(n_head, ith, nth);
        for (int64_t head = heads.begin; head < heads.end; head++) {
            attention.run(Head(past.qkv, ld, d_head, head, scale), Head(in, ld, d_head, head, scale),
                          z.f32 + head * d_head, d);
            for (int64_t t = 0; t < batch.n_tokens; t++) {
                z.round(t * d + head * d_head, d_head);
            }
        }
    });
}

}  // namespace sae4j
