#include "model/architecture.h"

#include "model/arch/gpt2.h"
#include "runtime/status.h"

namespace sae4j {

std::unique_ptr<Architecture> new_architecture(Hyperparameters & numbers) {
    if (numbers.architecture() == "gpt2") {
        return new_gpt2(numbers);
    }
    fail(SAE4J_BAD_FILE, "%s: general.architecture: expected gpt2, found %s", numbers.file().name().c_str(),
         numbers.architecture().c_str());
}

}  // namespace sae4j
