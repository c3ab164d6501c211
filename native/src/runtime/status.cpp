#include "runtime/status.h"

#include "ggml.h"
#include "runtime/memory.h"

#include <cstdarg>
#include <cstdio>
#include <new>

namespace sae4j {

namespace {

thread_local std::string message;
thread_local int         guard_depth = 0;

// ggml calls this and then abort(). What is checked before a call never gets here; this is the second net.
void throw_instead_of_abort(const char * text) {
    if (guard_depth > 0) {
        throw Error(SAE4J_INTERNAL, std::string("ggml: ") + text);
    }
}

struct Guard {
    Guard() {
        static const auto previous = ggml_set_abort_callback(throw_instead_of_abort);
        (void) previous;
        ++guard_depth;
    }

    ~Guard() { --guard_depth; }
};

void remember(const char * text) noexcept {
    try {
        message = text;
    } catch (...) {
        message.clear();
    }
}

}  // namespace

void fail(sae4j_status status, const char * format, ...) {
    char    text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    throw Error(status, text);
}

sae4j_status guarded(const std::function<void()> & body) noexcept {
    try {
        Guard guard;
        message.clear();
        forget_last_wanted();
        body();
        message.clear();  // a call from a hook may have failed meanwhile
        return SAE4J_OK;
    } catch (const Error & e) {
        remember(e.what());
        return e.status;
    } catch (const std::bad_alloc &) {
        char text[80];
        snprintf(text, sizeof text, "no memory for %.1f MiB", static_cast<double>(last_wanted()) / (1 << 20));
        remember(text);
        return SAE4J_OUT_OF_MEMORY;
    } catch (const std::exception & e) {
        remember(e.what());
        return SAE4J_INTERNAL;
    } catch (...) {
        remember("unknown error");
        return SAE4J_INTERNAL;
    }
}

const char * last_error() noexcept {
    return message.c_str();
}

}  // namespace sae4j
