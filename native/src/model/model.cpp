#include "model/model.h"

#include "runtime/status.h"

namespace sae4j {

namespace {

sae4j_precision checked(sae4j_precision precision) {
    if (precision != SAE4J_PRECISION_F32 && precision != SAE4J_PRECISION_BF16) {
        fail(SAE4J_BAD_ARGUMENT, "unknown precision %d", static_cast<int>(precision));
    }
    return precision;
}

std::unique_ptr<Architecture> read_architecture(const GgufFile & header, Description & description) {
    Hyperparameters numbers(header, description);
    return new_architecture(numbers);
}

}  // namespace

Model::Model(const GgufFile & header, sae4j_model_params params) :
    name_(header.name()),
    precision_(checked(params.precision)),
    architecture_(read_architecture(header, description_)),
    tensors_(name_, precision_),
    vocab_(Vocab::read(header)) {
    if (vocab_ && vocab_->info().n_tokens > shape().n_vocab) {
        fail(SAE4J_BAD_FILE, "%s: the tokenizer has %d tokens, token_embd.weight only %d rows", name_.c_str(),
             vocab_->info().n_tokens, shape().n_vocab);
    }
    architecture_->declare(tensors_);
}

void Model::write(const std::string & name, const sae4j_chunk & chunk) {
    (void) tensors_.shape(name);  // fails on a name that is none
    if (finished_) {
        fail(SAE4J_BAD_ARGUMENT, "%s: tensor %s: the model is finished", name_.c_str(), name.c_str());
    }
    tensors_.write(name, chunk);
}

void Model::finish() {
    architecture_->link(tensors_);
    finished_ = true;
}

}  // namespace sae4j
