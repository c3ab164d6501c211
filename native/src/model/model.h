// A model: its architecture, weights and vocabulary. Immutable once finished.
#pragma once

#include "model/architecture.h"
#include "model/tensors.h"
#include "model/vocab.h"
#include "sae4j.h"

#include <memory>
#include <string>

namespace sae4j {

class Model {
  public:
    // header: the hyper-parameters, names of tensors and perhaps a vocabulary; its weights are not read.
    Model(const GgufFile & header, sae4j_model_params params);

    // Tensors arrive in any order and in pieces; finish() checks that all are there and links them.
    void write(const std::string & name, const sae4j_chunk & chunk);
    void finish();

    Tensors & tensors() { return tensors_; }

    const Tensors & tensors() const { return tensors_; }

    const Architecture & architecture() const { return *architecture_; }

    const Shape & shape() const { return architecture_->shape(); }

    const HookPoints & points() const { return architecture_->points(); }

    const Description & description() const { return description_; }

    sae4j_precision precision() const { return precision_; }

    const Vocab * vocab() const { return vocab_.get(); }

    bool finished() const { return finished_; }

  private:
    std::string                   name_;
    sae4j_precision               precision_;
    Description                   description_;
    std::unique_ptr<Architecture> architecture_;
    Tensors                       tensors_;
    std::unique_ptr<Vocab>        vocab_;
    bool                          finished_ = false;
};

}  // namespace sae4j
