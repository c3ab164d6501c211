// What the tests share: checks that count failures instead of stopping at the first, and reproducible numbers.
#pragma once

#include "sae4j.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace test {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

inline int         failures = 0;
inline std::string context;  // what is being tested, for the message

inline void report(const char * file, int line, const std::string & what) {
    if (++failures <= 30) {
        std::printf("%s:%d: %s: %s\n", file, line, context.c_str(), what.c_str());
    }
}

inline std::string describe(const char * what, double got, double expected, double tolerance) {
    char text[400];
    std::snprintf(text, sizeof text, "%s: got %.9g, expected %.9g, tolerance %.3g", what, got, expected, tolerance);
    return text;
}

// Equal within the tolerance. NaN equals nothing.
inline bool near(double got, double expected, double tolerance) {
    return got == expected || std::fabs(got - expected) <= tolerance;
}

#define CHECK(condition)                                  \
    do {                                                  \
        if (!(condition)) {                               \
            test::report(__FILE__, __LINE__, #condition); \
        }                                                 \
    } while (0)

#define CHECK_NEAR(got, expected, tolerance)                                                     \
    do {                                                                                         \
        const double got_ = (got), expected_ = (expected), tolerance_ = (tolerance);             \
        if (!test::near(got_, expected_, tolerance_)) {                                          \
            test::report(__FILE__, __LINE__, test::describe(#got, got_, expected_, tolerance_)); \
        }                                                                                        \
    } while (0)

// The call returns this status, and an error has a message.
#define CHECK_STATUS(call, status)                                                                                 \
    do {                                                                                                           \
        const sae4j_status status_  = (call);                                                                      \
        const std::string  message_ = sae4j_last_error();                                                          \
        if (status_ != (status)) {                                                                                 \
            test::report(__FILE__, __LINE__,                                                                       \
                         std::string(#call) + ": status " + std::to_string(status_) + ", expected " #status ": " + \
                             message_);                                                                            \
        } else if (status_ != SAE4J_OK && message_.empty()) {                                                      \
            test::report(__FILE__, __LINE__, std::string(#call) + ": an error without a message");                 \
        }                                                                                                          \
    } while (0)

#define CHECK_OK(call) CHECK_STATUS(call, SAE4J_OK)

// Exit code of main.
inline int conclude(const char * name) {
    std::printf("%s: %d failures\n", name, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

// The same numbers with every standard library.
class Random {
  public:
    explicit Random(uint32_t seed) : engine_(seed) {}

    // In [0, 1).
    double uniform() { return engine_() / 4294967296.0; }

    // 0 … n − 1
    int32_t below(int32_t n) { return static_cast<int32_t>(uniform() * n); }

    double normal() {
        const double r = std::sqrt(-2 * std::log(1 - uniform()));
        return r * std::cos(6.283185307179586 * uniform());
    }

    std::vector<float> normals(size_t count, double deviation = 1, double mean = 0) {
        std::vector<float> x(count);
        for (float & v : x) {
            v = static_cast<float>(mean + deviation * normal());
        }
        return x;
    }

    // Whole numbers from −bound to bound.
    std::vector<float> integers(size_t count, int32_t bound) {
        std::vector<float> x(count);
        for (float & v : x) {
            v = static_cast<float>(below(2 * bound + 1) - bound);
        }
        return x;
    }

    // 0 or 1, ones with this probability.
    std::vector<uint8_t> mask(size_t count, double probability) {
        std::vector<uint8_t> x(count);
        for (uint8_t & v : x) {
            v = uniform() < probability;
        }
        return x;
    }

  private:
    std::mt19937 engine_;
};

constexpr float nan_f32 = std::numeric_limits<float>::quiet_NaN();
constexpr float inf_f32 = std::numeric_limits<float>::infinity();

// The largest absolute difference; NaN if one is NaN.
inline double largest_difference(const std::vector<float> & a, const std::vector<float> & b) {
    double largest = a.size() == b.size() ? 0 : INFINITY;
    for (size_t i = 0; i < a.size() && i < b.size(); i++) {
        const double difference = std::fabs(static_cast<double>(a[i]) - b[i]);
        largest                 = difference <= largest ? largest : difference;  // NaN stays
    }
    return largest;
}

}  // namespace test
