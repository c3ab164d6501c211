#include "study/evaluate.h"

#include "kernels/kernels.h"
#include "model/hooks.h"
#include "model/pass.h"
#include "model/unembed.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "sae/latents.h"

#include <algorithm>
#include <map>
#include <vector>

namespace sae4j {

namespace {

class Evaluation {
  public:
    Evaluation(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & wanted) :
        session_(session),
        arena_(session.arena()),
        model_(model),
        batch_(batch),
        wanted_(wanted) {}

    void run() {
        front();
        if (!predictions_wanted()) {
            return;
        }
        const State * last = stops_.empty() ? nullptr : &stops_.rbegin()->second;
        runs_.push_back({ tail(batch_, last), false, { nullptr, wanted_.ce_clean, nullptr } });
        replacement_ = arena_.take<float>(batch_.n_tokens * widest());
        for (int32_t i = 0; i < wanted_.n_splices; i++) {
            splice(wanted_.splices[i]);
        }
        for (int32_t i = 0; i < wanted_.n_places; i++) {
            baselines(wanted_.places[i]);
        }
        compare(session_, model_, runs_, targets(), batch_.n_tokens);
    }

  private:
    bool predictions_wanted() const {
        const auto replaced = [](const sae4j_place & place) {
            return place.zero || place.mean;
        };
        return wanted_.ce_clean || wanted_.n_splices > 0 ||
               std::any_of(wanted_.places, wanted_.places + wanted_.n_places, replaced);
    }

    // The clean run up to the last point that anything is wanted of, and the places' sums.
    void front() {
        const Timer timer(session_.times().front);
        for (int32_t i = 0; i < wanted_.n_places; i++) {
            stop_at(point(wanted_.places[i].point));
        }
        for (int32_t i = 0; i < wanted_.n_splices; i++) {
            stop_at(point(wanted_.splices[i].in));
        }
        const State * last = nullptr;
        for (auto & [rank, state] : stops_) {
            state = forward_to(*state.point, batch_, last);
            last  = &state;
        }
        for (int32_t i = 0; i < wanted_.n_places; i++) {
            sums(wanted_.places[i]);
        }
    }

    const HookPoint & point(const char * name) const { return model_.points().named(name); }

    void stop_at(const HookPoint & point) { stops_[point.rank].point = &point; }

    // The clean run at a point.
    const State & at(const char * name) const { return stops_.at(point(name).rank); }

    bool counted(int64_t token) const { return !wanted_.counted || wanted_.counted[token]; }

    bool replaced(int64_t token) const { return !wanted_.replaced || wanted_.replaced[token]; }

    int64_t widest() const {
        int64_t widest = 0;
        for (int32_t i = 0; i < wanted_.n_places; i++) {
            widest = std::max(widest, point(wanted_.places[i].point).width);
        }
        return widest;
    }

    // A run's state at a point, going on from start, in memory of its own.
    State forward_to(const HookPoint & point, const Batch & batch, const State * start) {
        const int64_t     width = point.width, d = model_.shape().n_embd;
        float *           x        = arena_.take<float>(batch.n_tokens * width);
        float *           residual = point.beside_stream() ? arena_.take<float>(batch.n_tokens * d) : nullptr;
        const Arena::Mark mark(arena_);
        const State       state = forward(session_, model_, batch, Hooks(), start, point);
        std::copy_n(state.activation, batch.n_tokens * width, x);
        if (!state.residual) {
            return { &point, x, nullptr };
        }
        std::copy_n(state.residual, batch.n_tokens * d, residual);
        return { &point, x, residual };
    }

    // ln_final.hook_normalized [n_tokens, n_embd] of a run that goes on from start.
    const float * tail(const Batch & batch, const State * start) {
        const Timer timer(session_.times().tail);
        return forward_to(model_.points().last(), batch, start).activation;
    }

    // The same with activation [n_tokens, width] in the place of a clean one.
    const float * tail(const Batch & batch, const State & clean, const float * activation) {
        const State start{ clean.point, activation, clean.residual };
        return tail(batch, &start);
    }

    // Σ x² of each token, and Σ x over the counted ones of each sequence.
    void sums(const sae4j_place & place) const {
        const State & clean = at(place.point);
        const int64_t width = clean.point->width;
        const float * x     = clean.activation;
        for (int64_t s = 0, t = 0; s < batch_.n_sequences(); s++) {
            double * const x_sum = place.x_sum ? place.x_sum + s * width : nullptr;
            for (; t < batch_.offsets[s + 1]; t++, x += width) {
                if (place.x_squared) {
                    place.x_squared[t] = kernels().dot(x, x, width);
                }
                for (int64_t i = 0; x_sum && counted(t) && i < width; i++) {
                    x_sum[i] += x[i];
                }
            }
        }
    }

    // The run with x̂ in the place of x, and how well x̂ reconstructs.
    void splice(const sae4j_splice & splice) {
        const State &                clean = at(wanted_.places[splice.place].point);
        const sae4j_reconstruction & r     = splice.reconstruction;
        const int64_t                width = clean.point->width;
        reconstruct(session_, *reinterpret_cast<const Sae *>(splice.sae), at(splice.in).activation, batch_.n_tokens,
                    replacement_, [&](int64_t first, const Latents & latents) { tally_latents(r, first, latents); });
        for (int64_t t = 0; t < batch_.n_tokens; t++) {
            const float * x    = clean.activation + t * width;
            float *       y    = replacement_ + t * width;
            r.squared_error[t] = kernels().sum_sq_diff(x, y, width);
            r.x_hat_squared[t] = kernels().dot(y, y, width);
            r.x_dot_x_hat[t]   = kernels().dot(x, y, width);
            if (!replaced(t)) {
                std::copy_n(x, width, y);
            }
        }
        runs_.push_back({ tail(batch_, clean, replacement_), false, splice.effect });
    }

    void tally_latents(const sae4j_reconstruction & r, int64_t first, const Latents & latents) const {
        for (size_t t = 0; t + 1 < latents.offsets.size(); t++) {
            const int64_t token = first + static_cast<int64_t>(t);
            double        l1    = 0;
            for (int64_t j = latents.offsets[t]; j < latents.offsets[t + 1]; j++) {
                l1 += latents.values[j];
                if (counted(token)) {
                    r.fires[latents.indices[j]]++;
                }
            }
            r.l1[token] = l1;
            r.l0[token] = static_cast<int32_t>(latents.offsets[t + 1] - latents.offsets[t]);
        }
    }

    void baselines(const sae4j_place & place) {
        if (place.zero) {
            const std::vector<float> zeros(point(place.point).width, 0.0f);
            replace_by_row(at(place.point), zeros.data(), place.zero_effect);
        }
        if (place.mean) {
            replace_by_row(at(place.point), place.mean, place.mean_effect);
        }
    }

    // The run with row [width] in the place of x. On the stream, or behind it, the same row everywhere leaves no trace of
    // the tokens there: every position of every sequence predicts the same, and one token's tail is all of it.
    void replace_by_row(const State & clean, const float * row, const sae4j_effect & effect) {
        if (!wanted_.replaced && !clean.point->beside_stream()) {
            const int32_t     one = 1;
            const sae4j_batch single{ batch_.tokens, &one, 1 };
            runs_.push_back({ tail(Batch(single, model_.shape()), clean, row), true, effect });
            return;
        }
        const int64_t width = clean.point->width;
        for (int64_t t = 0; t < batch_.n_tokens; t++) {
            std::copy_n(replaced(t) ? row : clean.activation + t * width, width, replacement_ + t * width);
        }
        runs_.push_back({ tail(batch_, clean, replacement_), false, effect });
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
    std::map<int, State>     stops_;                  // the clean run, by rank of the point
    float *                  replacement_ = nullptr;  // [n_tokens, widest place] of one run after the other
    std::vector<Run>         runs_;
};

void check(const HookPoints & points, const sae4j_place & place) {
    const HookPoint & point = points.named(place.point);
    if (place.mean) {
        TensorWriter::check_finite("mean", place.mean, point.width);
    }
}

void check(const HookPoints & points, const sae4j_evaluation & evaluation, int32_t index) {
    const sae4j_splice &         splice = evaluation.splices[index];
    const sae4j_reconstruction & r      = splice.reconstruction;
    if (!splice.sae || !r.squared_error || !r.x_hat_squared || !r.x_dot_x_hat || !r.l1 || !r.l0 || !r.fires) {
        fail(SAE4J_BAD_ARGUMENT, "splice %d: an SAE and all arrays of its reconstruction are needed", index);
    }
    if (splice.place < 0 || splice.place >= evaluation.n_places) {
        fail(SAE4J_BAD_ARGUMENT, "splice %d: expected a place in 0 … %d, found %d", index, evaluation.n_places - 1,
             splice.place);
    }
    const HookPoint &in = points.named(splice.in), &out = points.named(evaluation.places[splice.place].point);
    const Sae &      sae = *reinterpret_cast<const Sae *>(splice.sae);
    check_sae(sae, in.name, in.width, out.name, out.width);
    if (in.rank > out.rank || (in.rank < out.rank && !sae.is_transcoder())) {
        fail(SAE4J_BAD_ARGUMENT, "splice %d: %s that reads %s cannot replace %s", index,
             sae.is_transcoder() ? "a transcoder" : "an SAE", in.name.c_str(), out.name.c_str());
    }
}

void check(const HookPoints & points, const sae4j_evaluation & evaluation) {
    if (evaluation.n_places < 0 || (evaluation.n_places > 0 && !evaluation.places)) {
        fail(SAE4J_BAD_ARGUMENT, "expected %d places, found none", evaluation.n_places);
    }
    if (evaluation.n_splices < 0 || (evaluation.n_splices > 0 && !evaluation.splices)) {
        fail(SAE4J_BAD_ARGUMENT, "expected %d splices, found none", evaluation.n_splices);
    }
    for (int32_t i = 0; i < evaluation.n_places; i++) {
        check(points, evaluation.places[i]);
    }
    for (int32_t i = 0; i < evaluation.n_splices; i++) {
        check(points, evaluation, i);
    }
}

}  // namespace

void evaluate(Session & session, const Model & model, const Batch & batch, const sae4j_evaluation & evaluation) {
    check(model.points(), evaluation);
    Evaluation(session, model, batch, evaluation).run();
}

}  // namespace sae4j
