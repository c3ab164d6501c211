// Every test has this: OpenBLAS is opened before main, as it is before Java runs the engine, but not where
// SAE4J_TEST_OWN_KERNELS is set.
#include "runtime/blas.h"

#include <cstdlib>

namespace {

struct Opened {
    Opened() {
        if (!std::getenv("SAE4J_TEST_OWN_KERNELS")) {
            sae4j::open_openblas(SAE4J_TEST_OPENBLAS);
        }
    }
} opened;

}  // namespace
