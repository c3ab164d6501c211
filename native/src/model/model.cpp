#include "model/model.h"

#include "runtime/status.h"

#include <cfloat>
#include <climits>
#include <cmath>

namespace sae4j {

namespace {

std::string blk(int layer, const char * name) {
    return "blk." + std::to_string(layer) + "." + name;
}

// Each dimension small enough that the products below stay far from overflow, and what BLAS can index.
void check_dimension(const std::string & origin, const char * name, int64_t value, int64_t limit) {
    if (value < 1 || value > limit) {
        fail(SAE4J_BAD_FILE, "%s: %s: expected 1 to %lld, found %lld", origin.c_str(), name, (long long) limit,
             (long long) value);
    }
}

void check_shape(const std::string & origin, const sae4j_model_shape & s) {
    check_dimension(origin, "n_layer", s.n_layer, 1 << 7);  // what one graph has room for
    check_dimension(origin, "n_head", s.n_head, 1 << 12);
    check_dimension(origin, "n_embd", s.n_embd, 1 << 16);
    check_dimension(origin, "n_ff", s.n_ff, 1 << 18);
    check_dimension(origin, "n_ctx", s.n_ctx, 1 << 20);
    check_dimension(origin, "n_vocab", s.n_vocab, 1 << 24);
    if (s.n_embd % s.n_head != 0) {
        fail(SAE4J_BAD_FILE, "%s: n_embd: expected a multiple of n_head %d, found %d", origin.c_str(), s.n_head,
             s.n_embd);
    }
    if (!(s.layer_norm_eps > 0 && s.layer_norm_eps < 1)) {
        fail(SAE4J_BAD_FILE, "%s: layer_norm_eps: expected a number between 0 and 1, found %g", origin.c_str(),
             s.layer_norm_eps);
    }
    if (s.mlp_activation < SAE4J_MLP_GELU || s.mlp_activation > SAE4J_MLP_TANH) {
        fail(SAE4J_BAD_ARGUMENT, "unknown mlp_activation %d", static_cast<int>(s.mlp_activation));
    }
    if (!(s.attn_scale >= 0 && s.attn_scale <= FLT_MAX)) {
        fail(SAE4J_BAD_FILE, "%s: attn_scale: expected a positive number, found %g", origin.c_str(), s.attn_scale);
    }
}

}  // namespace

Model::Model(sae4j_model_shape shape, sae4j_model_params params, std::string origin, std::unique_ptr<Vocab> vocab) :
    shape_(shape),
    params_(params),
    origin_(std::move(origin)),
    vocab_(std::move(vocab)) {
    check_shape(origin_, shape_);
    if (shape_.attn_scale == 0) {
        shape_.attn_scale = 1 / std::sqrt(static_cast<float>(shape_.n_embd / shape_.n_head));
    }
    if (params.precision != SAE4J_PRECISION_F32 && params.precision != SAE4J_PRECISION_BF16) {
        fail(SAE4J_BAD_ARGUMENT, "unknown precision %d", static_cast<int>(params.precision));
    }
    if (vocab_ && vocab_->info().n_tokens > shape_.n_vocab) {
        fail(SAE4J_BAD_FILE, "%s: the tokenizer has %d tokens, token_embd.weight only %d rows", origin_.c_str(),
             vocab_->info().n_tokens, shape_.n_vocab);
    }
    const int64_t d = shape_.n_embd, ff = shape_.n_ff;
    expect("token_embd.weight", shape_.n_vocab, d, true);
    expect("position_embd.weight", shape_.n_ctx, d, false);
    for (int l = 0; l < shape_.n_layer; l++) {
        expect(blk(l, "attn_norm.weight"), 1, d, false);
        expect(blk(l, "attn_norm.bias"), 1, d, false);
        expect(blk(l, "attn_qkv.weight"), 3 * d, d, true);
        expect(blk(l, "attn_qkv.bias"), 1, 3 * d, false);
        expect(blk(l, "attn_output.weight"), d, d, true);
        expect(blk(l, "attn_output.bias"), 1, d, false);
        expect(blk(l, "ffn_norm.weight"), 1, d, false);
        expect(blk(l, "ffn_norm.bias"), 1, d, false);
        expect(blk(l, "ffn_up.weight"), ff, d, true);
        expect(blk(l, "ffn_up.bias"), 1, ff, false);
        expect(blk(l, "ffn_down.weight"), d, ff, true);
        expect(blk(l, "ffn_down.bias"), 1, d, false);
    }
    expect("output_norm.weight", 1, d, false);
    expect("output_norm.bias", 1, d, false);
    if (!shape_.tied) {
        expect("output.weight", shape_.n_vocab, d, true);
    }
}

void Model::expect(const std::string & name, int64_t rows, int64_t columns, bool matrix) {
    slots_.emplace(name, Slot{ rows, columns, matrix, TensorWriter(name, rows, columns), {}, {} });
}

Model::Slot & Model::slot(const std::string & name) {
    const auto found = slots_.find(name);
    if (found == slots_.end()) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: not a tensor of this GPT-2 model", origin_.c_str(), name.c_str());
    }
    if (finished_) {
        fail(SAE4J_BAD_ARGUMENT, "%s: tensor %s: the model is finished", origin_.c_str(), name.c_str());
    }
    return found->second;
}

std::pair<int64_t, int64_t> Model::tensor_shape(const std::string & name) const {
    const auto & s = const_cast<Model *>(this)->slot(name);
    return { s.rows, s.columns };
}

float * Model::place(const std::string & name) {
    Slot & s = slot(name);
    if (!s.values) {
        s.values = Buffer<float>(static_cast<size_t>(s.rows * s.columns));
    }
    return s.values.data();
}

void Model::placed(const std::string & name) {
    Slot & s = slot(name);
    TensorWriter::check_finite(name, s.values.data(), s.rows * s.columns);
    settle(s);
}

// The tensor is whole: it takes the form in which it is used.
void Model::settle(Slot & s) {
    if (s.matrix) {
        s.weights = Weights(s.values.data(), s.rows, s.columns, params_.precision);
        s.values  = {};
    }
    s.filled = true;
}

void Model::write(const std::string & name, const sae4j_chunk & chunk) {
    Slot & s = slot(name);
    s.writer.write(chunk, s.filled ? nullptr : place(name));
    if (s.writer.whole() && !s.filled) {
        settle(s);
    }
}

const float * Model::vector(const std::string & name) const {
    const Slot & s = slots_.at(name);
    if (!s.filled) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: missing or incomplete, expected [%lld, %lld]", origin_.c_str(),
             name.c_str(), (long long) s.rows, (long long) s.columns);
    }
    return s.values.data();
}

const Weights * Model::matrix(const std::string & name) const {
    const Slot & s = slots_.at(name);
    if (!s.filled) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: missing or incomplete, expected [%lld, %lld]", origin_.c_str(),
             name.c_str(), (long long) s.rows, (long long) s.columns);
    }
    return &s.weights;
}

void Model::finish() {
    wte_         = matrix("token_embd.weight");
    wpe_         = vector("position_embd.weight");
    ln_f_        = { vector("output_norm.weight"), vector("output_norm.bias") };
    unembedding_ = shape_.tied ? wte_ : matrix("output.weight");
    blocks_.clear();
    for (int l = 0; l < shape_.n_layer; l++) {
        blocks_.push_back({
            { vector(blk(l, "attn_norm.weight")), vector(blk(l, "attn_norm.bias")) },
            { vector(blk(l, "ffn_norm.weight")), vector(blk(l, "ffn_norm.bias")) },
            matrix(blk(l, "attn_qkv.weight")),
            matrix(blk(l, "attn_output.weight")),
            matrix(blk(l, "ffn_up.weight")),
            matrix(blk(l, "ffn_down.weight")),
            vector(blk(l, "attn_qkv.bias")),
            vector(blk(l, "attn_output.bias")),
            vector(blk(l, "ffn_up.bias")),
            vector(blk(l, "ffn_down.bias")),
        });
    }
    finished_ = true;
}

int64_t Model::bytes() const {
    int64_t bytes = 0;
    for (const auto & [name, s] : slots_) {
        bytes += static_cast<int64_t>(s.values.bytes()) + s.weights.bytes();
    }
    return bytes;
}

}  // namespace sae4j
