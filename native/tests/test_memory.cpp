// Short of memory: whoever finds none, it comes back as a status that says how much was wanted, and the process lives
// on. Linux only, where a process can be given a limit.
#include "handles.h"

#if defined(__linux__)
#    include <sys/resource.h>
#    include <sys/wait.h>
#    include <unistd.h>

#    include <cstring>
#    include <fstream>

using namespace test;

namespace {

enum Outcome { all_well = 0, no_memory = 3, wrong = 4 };

constexpr size_t mib = size_t{ 1 } << 20;

size_t address_space() {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void limit_address_space(rlim_t bytes) {
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

bool says_how_much() {
    const std::string message = sae4j_last_error();
    return message.find("no memory for ") != std::string::npos || message.find("cannot start ") != std::string::npos;
}

// What a user does, as far as there is memory: opens OpenBLAS, a model and a session, and runs a batch.
Outcome work() {
    const sae4j_status opened = sae4j_open_openblas(SAE4J_TEST_OPENBLAS);
    if (opened != SAE4J_OK && opened != SAE4J_IO_ERROR && !(opened == SAE4J_OUT_OF_MEMORY && says_how_much())) {
        return wrong;  // an I/O error is the system's loader's, which found no memory; own kernels do as well
    }
    std::vector<float>   logits(int64_t{ 16 } * 2048);
    std::vector<int32_t> tokens(800, 7), lengths(8, 100),
        wanted{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const sae4j_batch batch{ tokens.data(), lengths.data(), 8 };
    sae4j_model *     model   = nullptr;
    sae4j_session *   session = nullptr;
    sae4j_run_params  params  = sae4j_run_default_params();
    params.logits             = logits.data();
    params.logit_tokens       = wanted.data();
    params.n_logit_tokens     = 16;
    sae4j_status   status = sae4j_model_load(SAE4J_TEST_DATA "/model-f32.gguf", sae4j_model_default_params(), &model);
    const ModelPtr model_owner(model);
    if (status == SAE4J_OK) {
        status = sae4j_session_new({ 4 }, &session);
    }
    const SessionPtr session_owner(session);
    if (status == SAE4J_OK) {
        status = sae4j_run(session, model, &batch, &params);
    }
    if (status == SAE4J_OK) {
        return std::isfinite(logits.back()) ? all_well : wrong;
    }
    if (status == SAE4J_OUT_OF_MEMORY && says_how_much()) {
        return no_memory;
    }
    std::printf("status %d: %s\n", status, sae4j_last_error());
    return wrong;
}

// In a process of its own, with so much memory beyond what it begins with, and afterwards with enough.
int outcome_with(size_t bytes) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        limit_address_space(address_space() + bytes);
        const Outcome first = work();
        limit_address_space(RLIM_INFINITY);
        const Outcome then = work();
        std::fflush(stdout);
        _exit(then == all_well ? first : wrong);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status)) {
        std::printf("%zu MiB: signal %d\n", bytes / mib, WTERMSIG(status));
        return wrong;
    }
    return WEXITSTATUS(status);
}

}  // namespace

int main() {
    if (sanitized) {
        return conclude("test_memory");  // it takes terabytes for itself
    }
    int well = 0, short_of = 0;
    for (size_t bytes = 4 * mib; bytes <= 1600 * mib; bytes += bytes < 100 * mib ? 8 * mib : 100 * mib) {
        context           = std::to_string(bytes / mib) + " MiB";
        const int outcome = outcome_with(bytes);
        CHECK(outcome == all_well || outcome == no_memory);
        well += outcome == all_well;
        short_of += outcome == no_memory;
    }
    context = "both happen";
    CHECK(well > 3 && short_of > 3);
    return conclude("test_memory");
}
#else
int main() {
    return 0;
}
#endif
