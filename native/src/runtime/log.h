// ggml and llama.cpp report through a log. Errors are kept for our messages, the rest is dropped: a library
// does not print.
#pragma once

#include <string>

namespace sae4j {

// Starts llama.cpp's backend and takes over its log, once a process.
void start_llama();

// The errors logged on this thread since the last call, on one line. Throws std::bad_alloc if that was what they are
// about, which llama.cpp catches.
std::string take_log();

}  // namespace sae4j
