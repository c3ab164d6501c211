// A library that is opened while the program runs.
#pragma once

namespace sae4j {

class SharedLibrary {
  public:
    // Opens it, or throws with the system's reason. It is never closed: what it defines may be in use anywhere.
    // path: UTF-8.
    explicit SharedLibrary(const char * path);

    // A function that it exports, or throws.
    template <typename Function> Function function(const char * name) const {
        return reinterpret_cast<Function>(required_symbol(name));
    }

    template <typename Function> Function function_or_null(const char * name) const {
        return reinterpret_cast<Function>(symbol(name));
    }

  private:
    using Symbol = void (*)();

    Symbol symbol(const char * name) const;
    Symbol required_symbol(const char * name) const;

    const char * path_;
    void *       handle_;
};

}  // namespace sae4j
