#include "model/hyperparameters.h"

#include "runtime/status.h"

#include <limits>

namespace sae4j {

double Description::number(const char * key) const {
    const auto found = numbers.find(key);
    return found == numbers.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

const char * Description::text(const char * key) const {
    const auto found = texts.find(key);
    return found == texts.end() ? nullptr : found->second.c_str();
}

Hyperparameters::Hyperparameters(const GgufFile & file, Description & description) :
    file_(file),
    description_(description),
    architecture_(file.text("general.architecture")) {
    description_.texts["general.architecture"] = architecture_;
}

int32_t Hyperparameters::checked(const char * key, int64_t most, int64_t value) {
    if (value < 1 || value > most) {
        refuse(key, ("1 to " + std::to_string(most)).c_str(), std::to_string(value));
    }
    description_.numbers[key] = static_cast<double>(value);
    return static_cast<int32_t>(value);
}

int32_t Hyperparameters::size(const char * key, int64_t most) {
    return checked(key, most, file_.integer(full(key).c_str()));
}

int32_t Hyperparameters::size(const char * key, int64_t most, int64_t otherwise) {
    return has(key) ? size(key, most) : checked(key, most, otherwise);
}

int32_t Hyperparameters::rows(const char * key, int64_t most, const char * tensor) {
    return checked(key, most, file_.rows(tensor));
}

float Hyperparameters::real(const char * key) {
    const float value         = file_.real(full(key).c_str());
    description_.numbers[key] = value;
    return value;
}

float Hyperparameters::real(const char * key, float otherwise) {
    if (has(key)) {
        return real(key);
    }
    description_.numbers[key] = otherwise;
    return otherwise;
}

bool Hyperparameters::flag(const char * key, bool otherwise) {
    const bool value          = has(key) ? file_.flag(full(key).c_str()) : otherwise;
    description_.numbers[key] = value;
    return value;
}

std::string Hyperparameters::text(const char * key, const char * otherwise) {
    return description_.texts[key] = has(key) ? file_.text(full(key).c_str()) : otherwise;
}

void Hyperparameters::refuse(const char * key, const char * expected, const std::string & found) const {
    fail(SAE4J_BAD_FILE, "%s: key %s: expected %s, found %s", file_.name().c_str(), full(key).c_str(), expected,
         found.c_str());
}

}  // namespace sae4j
