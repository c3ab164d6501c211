#include "evaluate.h"

#include "gpt2.h"
#include "head.h"
#include "hooks.h"
#include "kernels/kernels.h"
#include "points.h"
#include "session.h"
#include "status.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace sae4j {

namespace {

constexpr sae4j_point normalized{ SAE4J_HOOK_NORMALIZED, 0 };

// A replacement by the same row everywhere, at a point on the stream itself, leaves no trace of the tokens: every
// position of every sequence predicts the same, and one token's tail is all of it.
bool on_stream(sae4j_site site) {
    return site == SAE4J_HOOK_RESID_PRE || site == SAE4J_HOOK_RESID_MID || site == SAE4J_HOOK_RESID_POST ||
           site == SAE4J_HOOK_NORMALIZED;
}

class Evaluation {
  public:
    Evaluation(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & wanted) :
        session_(session),
        arena_(session.arena()),
        model_(model),
        batch_(batch),
        wanted_(wanted),
        width_(width_of(model.shape(), wanted.point)) {}

    void run() {
        front();
        sums(batch_.n_tokens, x_, counted(), wanted_.x_squared, wanted_.x_sum);
        runs_.push_back({ tail(x_), false, { nullptr, wanted_.ce_clean, nullptr } });
        for (int32_t i = 0; i < wanted_.n_splices; i++) {
            runs_.push_back({ spliced(wanted_.splices[i]), false, wanted_.splices[i].effect });
        }
        if (wanted_.zero) {
            const std::vector<float> zeros(width_, 0.0f);
            runs_.push_back(replaced_by_row(zeros.data(), wanted_.zero_effect));
        }
        if (wanted_.mean) {
            runs_.push_back(replaced_by_row(wanted_.mean, wanted_.mean_effect));
        }
        compare(session_, model_, runs_, targets(), batch_.n_tokens);
    }

    // Σ x² of each token, and Σ x over the counted ones.
    void sums(int64_t n_tokens, const float * x, const uint8_t * counted, double * x_squared, double * x_sum) const {
        for (int64_t t = 0; t < n_tokens; t++, x += width_) {
            if (x_squared) {
                x_squared[t] = kernels().dot(x, x, width_);
            }
            if (x_sum && (!counted || counted[t])) {
                for (int64_t i = 0; i < width_; i++) {
                    x_sum[i] += x[i];
                }
            }
        }
    }

    void front() {
        const Timer timer(session_.times().front);
        float *     x        = arena_.take<float>(batch_.n_tokens * width_);
        float *     residual = arena_.take<float>(batch_.n_tokens * model_.shape().n_embd);
        {
            const Arena::Mark mark(arena_);
            const State       state = forward(session_, model_, batch_, Hooks(), nullptr, wanted_.point);
            memcpy(x, state.activation, batch_.n_tokens * width_ * sizeof(float));
            if (state.residual) {
                memcpy(residual, state.residual, batch_.n_tokens * model_.shape().n_embd * sizeof(float));
            }
        }
        x_        = x;
        residual_ = residual;
    }

    const float * x() const { return x_; }

  private:
    const uint8_t * counted() const { return wanted_.counted; }

    bool replaced(int64_t token) const { return !wanted_.replaced || wanted_.replaced[token]; }

    // ln_final.hook_normalized [n_tokens, n_embd] of the run that goes on from activation [n_tokens, width].
    const float * tail(const float * activation) { return tail(batch_, activation); }

    const float * tail(const Batch & batch, const float * activation) {
        const Timer       timer(session_.times().tail);
        const int64_t     count = batch.n_tokens * model_.shape().n_embd;
        float *           out   = arena_.take<float>(count);
        const Arena::Mark mark(arena_);
        const State       start{ wanted_.point, activation, residual_ };
        const State       end = forward(session_, model_, batch, Hooks(), &start, normalized);
        memcpy(out, end.activation, count * sizeof(float));
        return out;
    }

    // The run with x̂ in the place of x, and how well x̂ reconstructs.
    const float * spliced(const sae4j_splice & splice) {
        const Sae & sae   = *reinterpret_cast<const Sae *>(splice.sae);
        float *     x_hat = arena_.take<float>(batch_.n_tokens * width_);
        reconstruct(session_, sae, x_, batch_.n_tokens, x_hat, [&](int64_t first, const Latents & latents) {
            tally_latents(splice.reconstruction, first, latents);
        });
        const sae4j_reconstruction & r = splice.reconstruction;
        for (int64_t t = 0; t < batch_.n_tokens; t++) {
            const float * x    = x_ + t * width_;
            float *       y    = x_hat + t * width_;
            r.squared_error[t] = kernels().sum_sq_diff(x, y, width_);
            r.x_hat_squared[t] = kernels().dot(y, y, width_);
            r.x_dot_x_hat[t]   = kernels().dot(x, y, width_);
            if (!replaced(t)) {
                memcpy(y, x, width_ * sizeof(float));
            }
        }
        return tail(x_hat);
    }

    void tally_latents(const sae4j_reconstruction & r, int64_t first, const Latents & latents) const {
        for (size_t t = 0; t + 1 < latents.offsets.size(); t++) {
            const int64_t token = first + static_cast<int64_t>(t);
            double        l1    = 0;
            for (int64_t j = latents.offsets[t]; j < latents.offsets[t + 1]; j++) {
                l1 += latents.values[j];
                if (!counted() || counted()[token]) {
                    r.fires[latents.indices[j]]++;
                }
            }
            r.l1[token] = l1;
            r.l0[token] = static_cast<int32_t>(latents.offsets[t + 1] - latents.offsets[t]);
        }
    }

    // The run with row [width] in the place of x.
    Run replaced_by_row(const float * row, const sae4j_effect & effect) {
        if (!wanted_.replaced && on_stream(wanted_.point.site)) {
            const int32_t     one = 1;
            const sae4j_batch single{ batch_.tokens, &one, 1 };
            return { tail(Batch(single, model_.shape()), row), true, effect };
        }
        float * activation = arena_.take<float>(batch_.n_tokens * width_);
        for (int64_t t = 0; t < batch_.n_tokens; t++) {
            std::copy_n(replaced(t) ? row : x_ + t * width_, width_, activation + t * width_);
        }
        return { tail(activation), false, effect };
    }

    // The next token of each token, -1 at the end of a sequence.
    const int32_t * targets() {
        int32_t * next = arena_.take<int32_t>(batch_.n_tokens);
        std::copy_n(batch_.tokens + 1, batch_.n_tokens - 1, next);
        for (int64_t s = 0; s < batch_.n_sequences(); s++) {
            next[batch_.offsets[s + 1] - 1] = -1;
        }
        return next;
    }

    Session &                session_;
    Arena &                  arena_;
    const Model &            model_;
    const Batch &            batch_;
    const sae4j_evaluation & wanted_;
    int64_t                  width_;
    const float *            x_        = nullptr;  // [n_tokens, width]
    const float *            residual_ = nullptr;  // [n_tokens, n_embd]
    std::vector<Run>         runs_;
};

void check(const sae4j_model_shape & shape, const sae4j_evaluation & evaluation) {
    rank_of(shape, evaluation.point);
    if (evaluation.n_splices < 0 || (evaluation.n_splices > 0 && !evaluation.splices)) {
        fail(SAE4J_BAD_ARGUMENT, "expected %d splices, found none", evaluation.n_splices);
    }
    if (evaluation.mean) {
        TensorWriter::check_finite("mean", evaluation.mean, width_of(shape, evaluation.point));
    }
    for (int32_t i = 0; i < evaluation.n_splices; i++) {
        const sae4j_splice &         splice = evaluation.splices[i];
        const sae4j_reconstruction & r      = splice.reconstruction;
        if (!splice.sae || !r.squared_error || !r.x_hat_squared || !r.x_dot_x_hat || !r.l1 || !r.l0 || !r.fires) {
            fail(SAE4J_BAD_ARGUMENT, "splice %d: an SAE and all arrays of its reconstruction are needed", i);
        }
        check_sae(*reinterpret_cast<const Sae *>(splice.sae), name_of(evaluation.point),
                  width_of(shape, evaluation.point));
    }
}

}  // namespace

void evaluate(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & evaluation) {
    check(model.shape(), evaluation);
    Evaluation(session, model, batch, evaluation).run();
}

void sum_activation(Session & session, const Model & model, const Batch & batch, sae4j_point point,
                    const uint8_t * counted, double * sum) {
    sae4j_evaluation wanted{};
    wanted.point = point;
    check(model.shape(), wanted);
    Evaluation evaluation(session, model, batch, wanted);
    evaluation.front();
    evaluation.sums(batch.n_tokens, evaluation.x(), counted, nullptr, sum);
}

}  // namespace sae4j
