#include "runtime/log.h"

#include "llama.h"
#include "runtime/memory.h"

#include <mutex>
#include <new>

namespace sae4j {

namespace {

thread_local std::string logged;

void keep_errors(ggml_log_level level, const char * text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) {
        logged += text;
    }
}

}  // namespace

void start_llama() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set(keep_errors, nullptr);
        llama_backend_init();
    });
}

std::string take_log() {
    std::string text = std::move(logged);
    logged.clear();
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    for (char & c : text) {
        c = c == '\n' ? ' ' : c;
    }
    if (last_wanted() > 0 && text.find("bad_alloc") != std::string::npos) {
        throw std::bad_alloc();
    }
    return text;
}

}  // namespace sae4j
