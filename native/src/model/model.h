// GPT-2's weights, shape and vocabulary. Immutable once finished.
#pragma once

#include "model/vocab.h"
#include "runtime/memory.h"
#include "sae4j.h"
#include "tensor/linear.h"
#include "tensor/tensor_writer.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sae4j {

struct LayerNorm {
    const float * weight;  // [n_embd]
    const float * bias;    // [n_embd]
};

struct Block {
    LayerNorm       ln_1, ln_2;
    const Weights * attn_qkv;     // [3·n_embd, n_embd]
    const Weights * attn_output;  // [n_embd, n_embd]
    const Weights * ffn_up;       // [n_ff, n_embd]
    const Weights * ffn_down;     // [n_embd, n_ff]
    const float *   attn_qkv_b, *attn_output_b, *ffn_up_b, *ffn_down_b;
};

class Model {
  public:
    // origin: what messages call the place where the weights come from.
    Model(sae4j_model_shape shape, sae4j_model_params params, std::string origin, std::unique_ptr<Vocab> vocab);

    // Tensors arrive in any order and in chunks; finish() checks that all are there and links them.
    void write(const std::string & name, const sae4j_chunk & chunk);
    void finish();

    // The expected [rows, columns] of a tensor; fails if GPT-2 has none of this name.
    std::pair<int64_t, int64_t> tensor_shape(const std::string & name) const;

    // Where the f32 values of a tensor are to be put whole, then placed(name).
    float * place(const std::string & name);
    void    placed(const std::string & name);

    const sae4j_model_shape & shape() const { return shape_; }

    sae4j_precision precision() const { return params_.precision; }

    const Vocab * vocab() const { return vocab_.get(); }

    const Weights & wte() const { return *wte_; }  // [n_vocab, n_embd]

    const float * wpe() const { return wpe_; }  // [n_ctx, n_embd]

    const Weights & unembedding() const { return *unembedding_; }  // [n_vocab, n_embd]

    const LayerNorm & ln_f() const { return ln_f_; }

    const Block & block(int layer) const { return blocks_[layer]; }

    int64_t bytes() const;

    bool finished() const { return finished_; }

  private:
    struct Slot {
        int64_t       rows, columns;
        bool          matrix;  // the left side of a product: in the model's precision
        TensorWriter  writer;
        Buffer<float> values;  // of vectors, and of matrices until they are whole
        Weights       weights;
        bool          filled = false;
    };

    void settle(Slot & slot);

    Slot &          slot(const std::string & name);
    void            expect(const std::string & name, int64_t rows, int64_t columns, bool matrix);
    const float *   vector(const std::string & name) const;
    const Weights * matrix(const std::string & name) const;

    sae4j_model_shape           shape_;
    sae4j_model_params          params_;
    std::string                 origin_;
    std::unique_ptr<Vocab>      vocab_;
    std::map<std::string, Slot> slots_;
    bool                        finished_ = false;

    const Weights *    wte_         = nullptr;
    const Weights *    unembedding_ = nullptr;
    const float *      wpe_         = nullptr;
    LayerNorm          ln_f_{};
    std::vector<Block> blocks_;
};

}  // namespace sae4j
