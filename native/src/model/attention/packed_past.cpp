#include "model/attention/packed_past.h"

#include "kernels/kernels.h"

#include <algorithm>

namespace sae4j {

namespace {

template <typename T> void pack_both(const Head & past, int64_t length, void * keys, void * values) {
    pack<T>(past.k, length, past.d_head, past.ld, keys);
    pack_transposed<T>(past.v, past.d_head, length, past.ld, values);
}

int64_t packed_floats(int64_t n, int64_t k) {
    return static_cast<int64_t>(packed_size<float>(n, k) / sizeof(float));  // bf16 needs less
}

}  // namespace

PackedPast::PackedPast(sae4j_precision precision, const Head & past, int64_t length, float * memory) :
    precision_(precision),
    length_(length),
    d_head_(past.d_head),
    keys_(memory),
    values_(memory + packed_floats(length, d_head_)),
    rounded_(reinterpret_cast<uint16_t *>(memory + packed_floats(length, d_head_) + packed_floats(d_head_, length))) {
    if (precision == SAE4J_PRECISION_F32) {
        pack_both<float>(past, length, keys_, values_);
    } else {
        pack_both<uint16_t>(past, length, keys_, values_);
    }
}

int64_t PackedPast::room(int64_t length, int64_t d_head, int64_t most_queries) {
    return packed_floats(length, d_head) + packed_floats(d_head, length) +
           (most_queries + 1) / 2 * std::max(length, d_head);
}

void PackedPast::scores(const float * q, int64_t ldq, int64_t n, float * s, int64_t lds) const {
    if (precision_ == SAE4J_PRECISION_F32) {
        kernels().f32_gemm(n, 0, length_, length_, d_head_, q, ldq, keys_, nullptr, nullptr, s, lds);
    } else {
        kernels().bf16_gemm(n, 0, length_, length_, d_head_, rounded(q, ldq, n, d_head_), d_head_, keys_, nullptr,
                            nullptr, s, lds);
    }
}

void PackedPast::add_values(const float * s, int64_t lds, int64_t n, float * z, int64_t ldz) const {
    if (precision_ == SAE4J_PRECISION_F32) {
        kernels().f32_gemm(n, 0, d_head_, d_head_, length_, s, lds, values_, nullptr, z, z, ldz);
    } else {
        kernels().bf16_gemm(n, 0, d_head_, d_head_, length_, rounded(s, lds, n, length_), length_, values_, nullptr, z,
                            z, ldz);
    }
}

const uint16_t * PackedPast::rounded(const float * x, int64_t ldx, int64_t n, int64_t width) const {
    for (int64_t i = 0; i < n; i++) {
        kernels().to_bf16(x + i * ldx, width, rounded_ + i * width);
    }
    return rounded_;
}

}  // namespace sae4j
