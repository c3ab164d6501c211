// The engine's vector kernels, chosen at run time for the CPU at hand.
//
// Every function works on the calling thread alone: a pool worker calls it on its own slab. Pointers need no
// alignment beyond their element's, n may be 0, buffers do not overlap unless a comment allows it. Matrices are
// row-major, shapes are written [rows, columns].
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace sae4j {

// A running log-sum-exp: log Σ exp(x) = max + log(sum). A fresh one has seen nothing.
struct Lse {
    float   max    = -__builtin_inff();
    double  sum    = 0;   // Σ exp(x - max)
    int64_t argmax = -1;  // lowest index of max, -1 before the first number
};

// log Σ exp(x) of what it has seen.
double log_sum(const Lse & lse);

// Joins what two workers found on their slabs of the vocabulary.
void lse_merge(Lse & into, const Lse & other);

// How a row of logits b [n] differs from a: what one pass over D = b - a finds. v = D - low, or D where low is -inf.
struct RowDifference {
    double linear;   // Σ p u, u = D - reference
    double beyond;   // Σ p (e^u - 1 - u), where no term is negative
    double l1;       // Σ |v| over D outside low … high, NaN among them
    double sum;      // Σ v
    double squares;  // Σ v²
    size_t below;    // how many D < low
    size_t between;  // how many low <= D <= high
};

struct Kernels {
    const char * level;     // the name of its KernelLevel
    bool         bf16_dot;  // whether the CPU multiplies bf16, which is then twice as fast as f32

    // What an MLP does with its hidden layer, in place. At -inf each gives its limit, NaN stays.
    void (*gelu)(float * x, size_t n);        // GPT-2's: 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))
    void (*gelu_erf)(float * x, size_t n);    // x Φ(x) = 0.5 x (1 + erf(x / √2))
    void (*quick_gelu)(float * x, size_t n);  // x / (1 + exp(-1.702 x))
    void (*silu)(float * x, size_t n);        // x / (1 + exp(-x))
    void (*relu)(float * x, size_t n);
    void (*tanh)(float * x, size_t n);

    // y = (x - mean) / sqrt(variance + eps) * weight + bias over one row [d]; population variance, sums in f64.
    // weight and bias may both be null, y may be x.
    void (*layer_norm)(const float * x, const float * weight, const float * bias, float eps, size_t d, float * y);

    // y = x * weight + bias over one row [d], to the bit what layer_norm does after the division. y may be x.
    void (*affine)(const float * x, const float * weight, const float * bias, size_t d, float * y);

    // s = softmax(scale * s) in place over one row [n], scale > 0; returns Σ exp(scale * (s - max)). -inf gets
    // probability 0; a row of nothing but -inf, or with +inf or NaN, becomes NaN.
    float (*softmax)(float * s, size_t n, float scale);

    // Adds x[0..n), whose indices start at base, to a running log-sum-exp. Tiles may come in any order.
    // -inf adds nothing; +inf or NaN make the sum NaN. p is null, or gets exp(x - state.max) for the new max, [n].
    void (*lse_update)(const float * x, size_t n, int64_t base, Lse & state, float * p);

    // Σ p (a - b), p = exp(a - max_a) from lse_update; a term with p = 0 is 0 whatever b is. Divided by the sum of a's
    // Lse it is E_p[a - b], so that KL = cross / sum - lse_a + lse_b. As f32 exp goes, that is right to about 1e-8
    // absolute.
    double (*cross_update)(const float * p, const float * a, const float * b, size_t n);

    // Compares two rows of logits; p = exp(a - max_a) from lse_update. Divided by the sum of a's Lse, linear and beyond
    // are E_p[u] and E_p[e^u] - 1 - E_p[u], so that KL = log(1 + linear + beyond) - linear, and lse_b - lse_a =
    // reference + log(1 + linear + beyond), for any reference near E_p[D]: nothing cancels, however small KL is. A term
    // with p = 0 has no part in linear, and is e^(b - max_a - reference) in beyond. middle gets the D from low to high in
    // their order; it needs room for n, of which what lies behind is overwritten with garbage.
    RowDifference (*compare_rows)(const float * p, const float * a, const float * b, size_t n, float max_a,
                                  float reference, float low, float high, float * middle);

    // Writes every x[i] > threshold (NaN never is) with its index base + i, in ascending order; returns how many.
    // Both outputs need room for n, and what lies behind the result is overwritten with garbage.
    size_t (*collect_above)(const float * x, size_t n, float threshold, int32_t base, float * values,
                            int32_t * indices);

    // Writes every low <= x[i] <= high in its order; returns how many, and in below how many x[i] < low there are. NaN
    // is neither. out needs room for n, of which what lies behind the result is overwritten with garbage; it may be x.
    size_t (*collect_between)(const float * x, size_t n, float low, float high, float * out, size_t & below);

    // y += a x
    void (*axpy)(float a, const float * x, float * y, size_t d);

    // x -= centre; of the result l1 = Σ |x| and squares = Σ x², in f64.
    void (*centre_and_sum)(float * x, size_t n, float centre, double & l1, double & squares);

    // y = bias + Σ_j values[j] * w_dec[indices[j]], with w_dec [n, d]. bias may be null.
    void (*sparse_decode)(const int32_t * indices, const float * values, size_t count, const float * w_dec,
                          const float * bias, size_t d, float * y);

    double (*dot)(const float * a, const float * b, size_t n);          // Σ a b in f64
    double (*sum_sq_diff)(const float * a, const float * b, size_t n);  // Σ (a - b)² in f64
    float (*max)(const float * x, size_t n);                            // NaN is passed over; -inf when n is 0

    // Rounds to nearest even, overflows to inf, keeps NaN as a quiet NaN. The same bits on every level.
    void (*to_bf16)(const float * x, size_t n, uint16_t * y);

    // y = (bias + x Wᵀ) + residual for columns n0..n1 of W [n, k], packed by pack; summed in f32, the bf16 products
    // exact. bias [n] and residual, whose rows lie as y's, may be null. Where residual is y, blocks of k are added to it
    // one after the other.
    // x is [m, k] with rows ldx apart, y is [m, n] with rows ldy apart and points at column 0.
    // n0 is a multiple of panel(), and so is n1 unless n1 == n. A row's numbers do not depend on m or the split.
    void (*f32_gemm)(size_t m, size_t n0, size_t n1, size_t n, size_t k, const float * x, size_t ldx,
                     const void * packed, const float * bias, const float * residual, float * y, size_t ldy);
    void (*bf16_gemm)(size_t m, size_t n0, size_t n1, size_t n, size_t k, const uint16_t * x, size_t ldx,
                      const void * packed, const float * bias, const float * residual, float * y, size_t ldy);
};

// x86-64 has generic (SSE4.2) to avx512_bf16, 64-bit ARM has neon and neon_bf16, other processors have generic.
enum class KernelLevel { scalar, generic, avx2, avx512, avx512_bf16, neon, neon_bf16 };

const Kernels & kernels();         // the best for this CPU
const Kernels & scalar_kernels();  // plain twin that the tests compare with

// Null where the CPU lacks the level or the build has none.
const Kernels * kernels_at(KernelLevel level);

// Packed weights: panels of panel() output columns, the last padded with zeros; in a panel one row for each k, or in
// bf16 for each pair of k (an odd k padded with zero), in a row the number, or pair, of each column. The same on every
// level. Panels stand alone, so workers may pack slabs: W[n0..n1) goes to packed + packed_size(n0, k).
// T is float, or uint16_t for bf16.
size_t                       panel();
template <typename T> size_t packed_size(size_t n, size_t k);  // bytes; 64-byte alignment of the buffer is best

// Packs W [n, k], rows ld apart, rounded to bf16 if that is T.
template <typename T> void pack(const float * w, size_t n, size_t k, size_t ld, void * packed);

// The same, given Wᵀ [k, n].
template <typename T> void pack_transposed(const float * w, size_t n, size_t k, size_t ld, void * packed);

// Row n of W as f32, [k].
template <typename T> void unpack_row(const void * packed, size_t k, size_t n, float * w);

// Inline and local to each file that includes this, because those files are compiled for different CPUs.
static inline uint16_t bf16_from_f32(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return static_cast<uint16_t>(bits >> 16 | 0x40);  // NaN: keep sign and payload, set the quiet bit
    }
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float f32_from_bf16(uint16_t x) {
    const uint32_t bits = static_cast<uint32_t>(x) << 16;
    float          y;
    __builtin_memcpy(&y, &bits, sizeof y);
    return y;
}

}  // namespace sae4j
