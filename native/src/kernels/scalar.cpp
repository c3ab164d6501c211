// The plain twin: the formulas as they are written down, in f64. It is here to be right, not fast.
#include "packed.h"

#include <math.h>

namespace sae4j {
namespace {

// x times the logistic function of u, for f64 numbers. Its limit at -inf, where the formula gives -inf * 0, is -0.
float times_logistic(double x, double u) {
    return x == -HUGE_VAL ? -0.0f : static_cast<float>(x / (1 + exp(-u)));
}

void gelu(float * x, size_t n) {
    const double sqrt_2_over_pi = 0.79788456080286535588;
    for (size_t i = 0; i < n; ++i) {
        const double v = x[i];
        // 1 + tanh(u) as 2 / (1 + exp(-2u)): no cancellation for u < 0
        x[i] = times_logistic(v, 2 * sqrt_2_over_pi * (v + 0.044715 * v * v * v));
    }
}

void gelu_erf(float * x, size_t n) {
    const double sqrt_2 = 1.41421356237309504880;
    for (size_t i = 0; i < n; ++i) {
        const double v = x[i];
        x[i]           = v == -HUGE_VAL ? -0.0f : static_cast<float>(0.5 * v * erfc(-v / sqrt_2));
    }
}

void quick_gelu(float * x, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        x[i] = times_logistic(x[i], 1.702 * x[i]);
    }
}

void silu(float * x, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        x[i] = times_logistic(x[i], x[i]);
    }
}

void relu(float * x, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        x[i] = x[i] < 0 ? 0 : x[i];
    }
}

void tanh(float * x, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        x[i] = static_cast<float>(::tanh(static_cast<double>(x[i])));
    }
}

void affine(const float * x, const float * weight, const float * bias, size_t d, float * y) {
    for (size_t i = 0; i < d; ++i) {
        y[i] = static_cast<float>(static_cast<double>(x[i]) * weight[i] + bias[i]);
    }
}

void layer_norm(const float * x, const float * weight, const float * bias, float eps, size_t d, float * y) {
    double sum = 0;
    for (size_t i = 0; i < d; ++i) {
        sum += x[i];
    }
    const double mean = sum / static_cast<double>(d);
    double       sq   = 0;
    for (size_t i = 0; i < d; ++i) {
        sq += (x[i] - mean) * (x[i] - mean);
    }
    const double scale = 1 / sqrt(sq / static_cast<double>(d) + eps);
    for (size_t i = 0; i < d; ++i) {
        y[i] = static_cast<float>((x[i] - mean) * scale);
    }
    if (weight) {
        affine(y, weight, bias, d, y);
    }
}

float max(const float * x, size_t n) {
    float m = -HUGE_VALF;
    for (size_t i = 0; i < n; ++i) {
        m = x[i] > m ? x[i] : m;
    }
    return m;
}

float softmax(float * s, size_t n, float scale) {
    const double m   = max(s, n);
    double       sum = 0;
    for (size_t i = 0; i < n; ++i) {
        sum += exp((s[i] - m) * scale);
    }
    for (size_t i = 0; i < n; ++i) {
        s[i] = static_cast<float>(exp((s[i] - m) * scale) / sum);
    }
    return static_cast<float>(sum);
}

void lse_update(const float * x, size_t n, int64_t base, Lse & state, float * p) {
    for (size_t i = 0; i < n; ++i) {
        const int64_t index = base + static_cast<int64_t>(i);
        if (x[i] > state.max) {
            state.sum *= exp(static_cast<double>(state.max) - x[i]);
            state.max    = x[i];
            state.argmax = index;
        } else if (x[i] == state.max && (state.argmax < 0 || index < state.argmax)) {
            state.argmax = index;
        }
        if (x[i] != -HUGE_VALF) {
            state.sum += exp(static_cast<double>(x[i]) - state.max);
        }
    }
    for (size_t i = 0; p && i < n; ++i) {
        p[i] = x[i] == -HUGE_VALF ? 0 : static_cast<float>(exp(static_cast<double>(x[i]) - state.max));
    }
}

double cross_update(const float * p, const float * a, const float * b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        if (p[i] != 0) {
            sum += p[i] * (static_cast<double>(a[i]) - b[i]);
        }
    }
    return sum;
}

RowDifference compare_rows(const float * p, const float * a, const float * b, size_t n, float max_a, float reference,
                           float low, float high, float * middle) {
    RowDifference found  = {};
    const float   centre = low > -HUGE_VALF ? low : 0;
    for (size_t i = 0; i < n; ++i) {
        const float  d = b[i] - a[i];
        const double u = static_cast<double>(d) - reference;
        found.linear += p[i] != 0 ? p[i] * u : 0;
        found.beyond += p[i] != 0 ? p[i] * (expm1(u) - u) : exp(static_cast<double>(b[i]) - max_a - reference);
        if (low <= d && d <= high) {
            middle[found.between++] = d;
        } else {
            const double v = d - centre;
            found.l1 += fabs(v);
            found.sum += v;
            found.squares += v * v;
            found.below += d < low;
        }
    }
    return found;
}

size_t collect_above(const float * x, size_t n, float threshold, int32_t base, float * values, int32_t * indices) {
    size_t count = 0;
    for (size_t i = 0; i < n; ++i) {
        if (x[i] > threshold) {
            values[count]    = x[i];
            indices[count++] = base + static_cast<int32_t>(i);
        }
    }
    return count;
}

size_t collect_between(const float * x, size_t n, float low, float high, float * out, size_t & below) {
    size_t count = 0;
    below        = 0;
    for (size_t i = 0; i < n; ++i) {
        if (x[i] < low) {
            ++below;
        } else if (low <= x[i] && x[i] <= high) {
            out[count++] = x[i];
        }
    }
    return count;
}

void axpy(float a, const float * x, float * y, size_t d) {
    for (size_t i = 0; i < d; ++i) {
        y[i] = static_cast<float>(y[i] + static_cast<double>(a) * x[i]);
    }
}

void centre_and_sum(float * x, size_t n, float centre, double & l1, double & squares) {
    l1 = squares = 0;
    for (size_t i = 0; i < n; ++i) {
        x[i] -= centre;
        l1 += fabs(static_cast<double>(x[i]));
        squares += static_cast<double>(x[i]) * x[i];
    }
}

void sparse_decode(const int32_t * indices, const float * values, size_t count, const float * w_dec, const float * bias,
                   size_t d, float * y) {
    for (size_t i = 0; i < d; ++i) {
        double sum = bias ? bias[i] : 0;
        for (size_t j = 0; j < count; ++j) {
            sum += static_cast<double>(values[j]) * w_dec[static_cast<size_t>(indices[j]) * d + i];
        }
        y[i] = static_cast<float>(sum);
    }
}

double dot(const float * a, const float * b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        sum += static_cast<double>(a[i]) * b[i];
    }
    return sum;
}

double sum_sq_diff(const float * a, const float * b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        const double diff = static_cast<double>(a[i]) - b[i];
        sum += diff * diff;
    }
    return sum;
}

void to_bf16(const float * x, size_t n, uint16_t * y) {
    for (size_t i = 0; i < n; ++i) {
        y[i] = bf16_from_f32(x[i]);
    }
}

template <typename T>
void gemm(size_t m, size_t n0, size_t n1, size_t, size_t k, const T * x, size_t ldx, const void * packed,
          const float * bias, const float * residual, float * y, size_t ldy) {
    for (size_t c = n0; c < n1; ++c) {
        const T * column = packed_column<T>(packed, c, k);
        for (size_t r = 0; r < m; ++r) {
            double sum = bias ? bias[c] : 0;
            for (size_t i = 0; i < k; ++i) {
                sum += static_cast<double>(widen(x[r * ldx + i])) * widen(packed_at(column, i));
            }
            const float product = static_cast<float>(sum);
            y[r * ldy + c]      = residual ? product + residual[r * ldy + c] : product;
        }
    }
}

}  // namespace

extern const Kernels kernels_scalar = {
    "scalar",      false,           gelu,        gelu_erf,       quick_gelu,    silu,         relu,
    tanh,          layer_norm,      affine,      softmax,        lse_update,    cross_update, compare_rows,
    collect_above, collect_between, axpy,        centre_and_sum, sparse_decode, dot,          sum_sq_diff,
    max,           to_bf16,         gemm<float>, gemm<uint16_t>,
};

}  // namespace sae4j
