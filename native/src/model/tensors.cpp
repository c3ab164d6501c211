#include "model/tensors.h"

#include "runtime/status.h"

namespace sae4j {

Tensors::Tensors(std::string model, sae4j_precision precision) : model_(std::move(model)), precision_(precision) {}

void Tensors::declare_matrix(const std::string & name, int64_t n_out, int64_t n_in) {
    add(name, n_out, n_in, true);
}

void Tensors::declare(const std::string & name, int64_t rows, int64_t columns) {
    add(name, rows, columns, false);
}

void Tensors::add(const std::string & name, int64_t rows, int64_t columns, bool matrix) {
    order_.push_back(
        slots_.emplace(name, Slot{ rows, columns, matrix, TensorWriter(name, rows, columns), {}, {} }).first);
}

const Tensors::Slot & Tensors::slot(const std::string & name) const {
    const auto found = slots_.find(name);
    if (found == slots_.end()) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: not a tensor of this model", model_.c_str(), name.c_str());
    }
    return found->second;
}

Tensors::Slot & Tensors::slot(const std::string & name) {
    return const_cast<Slot &>(std::as_const(*this).slot(name));
}

std::pair<int64_t, int64_t> Tensors::shape(const std::string & name) const {
    const Slot & s = slot(name);
    return { s.rows, s.columns };
}

sae4j_tensor_info Tensors::info(int32_t index) const {
    if (index < 0 || static_cast<size_t>(index) >= order_.size()) {
        return {};
    }
    const auto & [name, s] = *order_[index];
    return { name.c_str(), s.rows, s.columns };
}

float * Tensors::place(const std::string & name) {
    Slot & s = slot(name);
    if (!s.values) {
        s.values = Buffer<float>(static_cast<size_t>(s.rows * s.columns));
    }
    return s.values.data();
}

void Tensors::placed(const std::string & name) {
    Slot & s = slot(name);
    TensorWriter::check_finite(name, s.values.data(), s.rows * s.columns);
    settle(s);
}

// The tensor is whole: it takes the form in which it is used.
void Tensors::settle(Slot & s) {
    if (s.matrix) {
        s.weights = Weights(s.values.data(), s.rows, s.columns, precision_);
        s.values  = {};
    }
    s.whole = true;
}

void Tensors::write(const std::string & name, const sae4j_chunk & chunk) {
    Slot & s = slot(name);
    s.writer.write(chunk, s.whole ? nullptr : place(name));
    if (s.writer.whole() && !s.whole) {
        settle(s);
    }
}

const Tensors::Slot & Tensors::whole(const std::string & name) const {
    const Slot & s = slot(name);
    if (!s.whole) {
        fail(SAE4J_BAD_FILE, "%s: tensor %s: missing or incomplete, expected [%lld, %lld]", model_.c_str(),
             name.c_str(), (long long) s.rows, (long long) s.columns);
    }
    return s;
}

const Weights * Tensors::matrix(const std::string & name) const {
    return &whole(name).weights;
}

const float * Tensors::values(const std::string & name) const {
    return whole(name).values.data();
}

int64_t Tensors::bytes() const {
    int64_t bytes = 0;
    for (const auto & [name, s] : slots_) {
        bytes += static_cast<int64_t>(s.values.bytes()) + s.weights.bytes();
    }
    return bytes;
}

}  // namespace sae4j
