#include "model/arch/gpt2.h"

#include "kernels/kernels.h"
#include "model/pass.h"
#include "runtime/status.h"

#include <cfloat>
#include <cmath>

namespace sae4j {

namespace {

using MlpActivation = void (*)(float *, size_t);

struct Block {
    LayerNorm       ln_1, ln_2;
    const Weights * attn_qkv;     // [3·n_embd, n_embd]
    const Weights * attn_output;  // [n_embd, n_embd]
    const Weights * ffn_up;       // [n_ff, n_embd]
    const Weights * ffn_down;     // [n_embd, n_ff]
    const float *   attn_qkv_b, *attn_output_b, *ffn_up_b, *ffn_down_b;
};

std::string blk(int layer, const char * name) {
    return "blk." + std::to_string(layer) + "." + name;
}

class Gpt2 : public Architecture {
  public:
    explicit Gpt2(Hyperparameters & numbers) {
        read(numbers);
        list_points();
    }

    void declare(Tensors & tensors) const override {
        const int64_t d      = shape_.n_embd;
        const auto    linear = [&](const std::string & name, int64_t n_out, int64_t n_in) {
            tensors.declare_matrix(name + ".weight", n_out, n_in);
            tensors.declare(name + ".bias", 1, n_out);
        };
        const auto norm = [&](const std::string & name) {
            tensors.declare(name + ".weight", 1, d);
            tensors.declare(name + ".bias", 1, d);
        };
        tensors.declare_matrix("token_embd.weight", shape_.n_vocab, d);
        tensors.declare("position_embd.weight", shape_.n_ctx, d);
        for (int l = 0; l < shape_.n_layer; l++) {
            norm(blk(l, "attn_norm"));
            linear(blk(l, "attn_qkv"), 3 * d, d);
            linear(blk(l, "attn_output"), d, d);
            norm(blk(l, "ffn_norm"));
            linear(blk(l, "ffn_up"), n_ff_, d);
            linear(blk(l, "ffn_down"), d, n_ff_);
        }
        norm("output_norm");
        if (!tied_) {
            tensors.declare_matrix("output.weight", shape_.n_vocab, d);
        }
    }

    void link(const Tensors & tensors) override {
        const auto norm = [&](const std::string & name) {
            return LayerNorm{ tensors.values(name + ".weight"), tensors.values(name + ".bias"), eps_ };
        };
        wte_         = tensors.matrix("token_embd.weight");
        wpe_         = tensors.values("position_embd.weight");
        final_norm_  = norm("output_norm");
        unembedding_ = tied_ ? wte_ : tensors.matrix("output.weight");
        blocks_.clear();
        for (int l = 0; l < shape_.n_layer; l++) {
            blocks_.push_back({
                norm(blk(l, "attn_norm")),
                norm(blk(l, "ffn_norm")),
                tensors.matrix(blk(l, "attn_qkv.weight")),
                tensors.matrix(blk(l, "attn_output.weight")),
                tensors.matrix(blk(l, "ffn_up.weight")),
                tensors.matrix(blk(l, "ffn_down.weight")),
                tensors.values(blk(l, "attn_qkv.bias")),
                tensors.values(blk(l, "attn_output.bias")),
                tensors.values(blk(l, "ffn_up.bias")),
                tensors.values(blk(l, "ffn_down.bias")),
            });
        }
    }

    void build(Pass & pass) const override {
        ggml_tensor * stream = nullptr;
        embed(pass, stream);
        for (int l = 0; l < shape_.n_layer && !pass.done(); l++) {
            block(pass, l, stream);
        }
        pass.layer_norm(points_.at(-1, "ln_final.hook_standardized"), points_.last(), final_norm_, stream);
    }

  private:
    // Keys of sae4j's own, for what GGUF cannot say of a gpt2:
    //   gpt2.mlp_activation            gelu, the usual, or another of those below
    //   gpt2.attention.scale           f32, of the scores: usually 1/√(width of a head)
    //   gpt2.attention.scale_by_layer  bool: block l divides its scores by l + 1 as well
    void read(Hyperparameters & numbers) {
        // Small enough that their products stay far from overflow, and that one graph has room for the blocks.
        shape_.n_vocab = numbers.rows("vocab_size", 1 << 24, "token_embd.weight");
        n_ctx(numbers);
        shape_.n_layer = numbers.size("block_count", 1 << 7);
        shape_.n_embd  = numbers.size("embedding_length", 1 << 16);
        shape_.n_qkv   = int64_t{ 3 } * shape_.n_embd;
        n_ff_          = numbers.size("feed_forward_length", 1 << 18, int64_t{ 4 } * shape_.n_embd);
        n_head_        = numbers.size("attention.head_count", 1 << 12);
        if (shape_.n_embd % n_head_ != 0) {
            const std::string expected = "a divisor of gpt2.embedding_length " + std::to_string(shape_.n_embd);
            numbers.refuse("attention.head_count", expected.c_str(), std::to_string(n_head_));
        }
        tied_ = !numbers.file().has_tensor("output.weight");
        eps_  = numbers.real("attention.layer_norm_epsilon");
        if (!(eps_ > 0 && eps_ < 1)) {
            numbers.refuse("attention.layer_norm_epsilon", "a number between 0 and 1", std::to_string(eps_));
        }
        activation_ = activation(numbers);
        scale_      = numbers.real("attention.scale", 1 / std::sqrt(static_cast<float>(shape_.n_embd / n_head_)));
        if (!(scale_ > 0 && scale_ <= FLT_MAX)) {
            numbers.refuse("attention.scale", "a positive number", std::to_string(scale_));
        }
        scale_by_layer_ = numbers.flag("attention.scale_by_layer", false);
    }

    void n_ctx(Hyperparameters & numbers) {
        shape_.n_ctx            = numbers.rows("context_length", 1 << 20, "position_embd.weight");
        const GgufFile & file   = numbers.file();
        const int64_t    wanted = file.has("gpt2.context_length") ? file.integer("gpt2.context_length") : shape_.n_ctx;
        if (wanted != shape_.n_ctx) {
            fail(SAE4J_BAD_FILE, "%s: tensor position_embd.weight: expected gpt2.context_length %lld rows, found %d",
                 file.name().c_str(), (long long) wanted, shape_.n_ctx);
        }
    }

    static MlpActivation activation(Hyperparameters & numbers) {
        const std::map<std::string, MlpActivation> activations = {
            { "gelu", kernels().gelu },              // by tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))
            { "gelu_erf", kernels().gelu_erf },      // x·Φ(x)
            { "quick_gelu", kernels().quick_gelu },  // x·σ(1.702 x)
            { "silu", kernels().silu },              // x·σ(x)
            { "relu", kernels().relu },
            { "tanh", kernels().tanh },
        };
        const std::string name  = numbers.text("mlp_activation", "gelu");
        const auto        found = activations.find(name);
        if (found == activations.end()) {
            numbers.refuse("mlp_activation", "gelu, gelu_erf, quick_gelu, silu, relu or tanh", name);
        }
        return found->second;
    }

    // In the order of computation, as embed, block and build go through them.
    void list_points() {
        const int64_t d = shape_.n_embd;
        points_.add(-1, "hook_embed", d, SAE4J_HOOK_ADDED);
        points_.add(-1, "hook_pos_embed", d, SAE4J_HOOK_ADDED);
        for (int l = 0; l < shape_.n_layer; l++) {
            points_.add(l, "hook_resid_pre", d, SAE4J_HOOK_STREAM);
            points_.add(l, "ln1.hook_standardized", d, SAE4J_HOOK_INSIDE);  // before weight and bias
            points_.add(l, "ln1.hook_normalized", d, SAE4J_HOOK_INSIDE);    // after them
            points_.add(l, "attn.hook_z", d, SAE4J_HOOK_INSIDE);
            points_.add(l, "hook_attn_out", d, SAE4J_HOOK_ADDED);
            points_.add(l, "hook_resid_mid", d, SAE4J_HOOK_STREAM);
            points_.add(l, "ln2.hook_standardized", d, SAE4J_HOOK_INSIDE);
            points_.add(l, "ln2.hook_normalized", d, SAE4J_HOOK_INSIDE);
            points_.add(l, "mlp.hook_post", n_ff_, SAE4J_HOOK_INSIDE);
            points_.add(l, "hook_mlp_out", d, SAE4J_HOOK_ADDED);
            points_.add(l, "hook_resid_post", d, SAE4J_HOOK_STREAM);
        }
        points_.add(-1, "ln_final.hook_standardized", d, SAE4J_HOOK_BEHIND);
        points_.add(-1, "ln_final.hook_normalized", d, SAE4J_HOOK_BEHIND);
    }

    void embed(Pass & pass, ggml_tensor *& stream) const {
        ggml_tensor * none   = nullptr;
        stream               = pass.token_embedding(points_.at(-1, "hook_embed"), *wte_, none).tensor;
        const Activation pos = pass.position_embedding(points_.at(-1, "hook_pos_embed"), wpe_, stream);
        if (pos.tensor && !pass.done()) {
            stream = pass.add("embeddings", stream, pos.tensor, points_.at(0, "hook_resid_post"));
        }
    }

    // stream [n_tokens, n_embd]
    void block(Pass & pass, int l, ggml_tensor *& stream) const {
        const Block & b = blocks_[l];
        const auto    p = [&](const char * site) -> const HookPoint & {
            return points_.at(l, site);
        };
        const float scale = scale_ / static_cast<float>(scale_by_layer_ ? l + 1 : 1);

        pass.stream_at(p("hook_resid_pre"), stream);
        const Activation ln1 = pass.layer_norm(p("ln1.hook_standardized"), p("ln1.hook_normalized"), b.ln_1, stream);
        const Activation z =
            pass.attention(p("attn.hook_z"), { b.attn_qkv, b.attn_qkv_b, n_head_, scale }, ln1, stream);
        pass.add_linear(p("hook_attn_out"), p("hook_resid_mid"), *b.attn_output, b.attn_output_b, z, stream);

        const Activation ln2  = pass.layer_norm(p("ln2.hook_standardized"), p("ln2.hook_normalized"), b.ln_2, stream);
        const Activation post = pass.linear(p("mlp.hook_post"), *b.ffn_up, b.ffn_up_b, activation_, ln2, stream);
        pass.add_linear(p("hook_mlp_out"), p("hook_resid_post"), *b.ffn_down, b.ffn_down_b, post, stream);
    }

    int32_t       n_head_         = 0;
    int32_t       n_ff_           = 0;
    bool          tied_           = false;
    float         eps_            = 0;
    float         scale_          = 0;
    bool          scale_by_layer_ = false;
    MlpActivation activation_     = nullptr;

    const Weights *    wte_ = nullptr;  // [n_vocab, n_embd]
    const float *      wpe_ = nullptr;  // [n_ctx, n_embd]
    std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Architecture> new_gpt2(Hyperparameters & numbers) {
    return std::make_unique<Gpt2>(numbers);
}

}  // namespace sae4j
