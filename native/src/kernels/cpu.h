// What the CPU and the operating system let us use.
#pragma once

#include "kernels.h"

namespace sae4j {

bool cpu_supports(KernelLevel level);

}  // namespace sae4j
