#include "runtime/shared_library.h"

#include "runtime/status.h"

#if defined(_WIN32)
#    define WIN32_LEAN_AND_MEAN
#    include <windows.h>

#    include <filesystem>
#    include <string>
#else
#    include <dlfcn.h>
#endif

namespace sae4j {

#if defined(_WIN32)

SharedLibrary::SharedLibrary(const char * path) : path_(path) {
    const std::string           utf8   = path;
    const std::filesystem::path native = std::u8string(utf8.begin(), utf8.end());
    // so that it finds what it needs beside itself
    handle_ = LoadLibraryExW(native.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!handle_) {
        fail(SAE4J_IO_ERROR, "%s: Windows' error %lu", path, GetLastError());
    }
}

SharedLibrary::Symbol SharedLibrary::symbol(const char * name) const {
    return reinterpret_cast<Symbol>(GetProcAddress(static_cast<HMODULE>(handle_), name));
}

#else

SharedLibrary::SharedLibrary(const char * path) : path_(path), handle_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) {
        fail(SAE4J_IO_ERROR, "%s", dlerror());
    }
}

SharedLibrary::Symbol SharedLibrary::symbol(const char * name) const {
    return reinterpret_cast<Symbol>(dlsym(handle_, name));
}

#endif

SharedLibrary::Symbol SharedLibrary::required_symbol(const char * name) const {
    const Symbol found = symbol(name);
    if (!found) {
        fail(SAE4J_BAD_FILE, "%s: no function %s in it", path_, name);
    }
    return found;
}

}  // namespace sae4j
