// Errors inside the engine are exceptions; at the C header they become a status and a message.
#pragma once

#include "sae4j.h"

#include <exception>
#include <functional>
#include <string>

namespace sae4j {

struct Error : std::exception {
    sae4j_status status;
    std::string  message;

    Error(sae4j_status status, std::string message) : status(status), message(std::move(message)) {}

    const char * what() const noexcept override { return message.c_str(); }
};

// Throws Error with a printf-formatted message.
[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(sae4j_status status, const char * format, ...);

// Runs body and turns what it throws into a status; the message is kept for sae4j_last_error(). A failed ggml
// assertion on this thread arrives here too, as SAE4J_INTERNAL, instead of ending the process.
sae4j_status guarded(const std::function<void()> & body) noexcept;

const char * last_error() noexcept;

}  // namespace sae4j
