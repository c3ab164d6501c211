// TopK by way of a rounded look: bf16 products tell which latents can be among the k largest, and those alone are
// computed in f32. The result is exact, for half the arithmetic on a CPU that multiplies bf16 twice as fast.
#pragma once

#include "runtime/memory.h"
#include "tensor/linear.h"
#include "tensor/topk.h"

namespace sae4j {

class Bf16Filter {
  public:
    // Whether it costs less than the products in f32, on this CPU and with k of n latents.
    static bool pays(int64_t n, int64_t k);

    // How many of the best by the rounded look are wanted, so that as a rule the k best are among them.
    static int64_t wanted(int64_t k) { return 2 * k + 64; }

    // w [n, d]. factor [n]: what each pre-activation is multiplied by, or NULL.
    Bf16Filter(Buffer<float> w, int64_t n, int64_t d, const float * factor);

    // W [n, d], rounded.
    const Weights & rounded() const { return rounded_; }

    int64_t bytes() const;

    // How far at most the rounded x [d] sees a pre-activation from what x itself makes of it.
    float error(const float * x, const uint16_t * rounded) const;

    // x·w of latent i, summed in f64.
    float product(const float * x, int64_t i) const;

    // The best by the rounded look, wanted(k) of them: those that can be among the k largest above zero move to the
    // front. Returns how many; or -1, if there can be others.
    static int64_t likely(Candidate * best, int64_t count, int64_t k, float error);

  private:
    Buffer<float> w_;
    Weights       rounded_;
    int64_t       d_;
    double        norm_      = 0;  // the largest ‖w̃‖·factor
    double        deviation_ = 0;  // the largest error for an x of norm 1 that is the same when rounded
};

}  // namespace sae4j
