// The C header over the engine's classes: argument checks, exceptions to statuses, one lease a call.
#include "kernels/kernels.h"
#include "model/batch.h"
#include "model/hooks.h"
#include "model/load_gguf.h"
#include "model/model.h"
#include "model/pass.h"
#include "model/unembed.h"
#include "runtime/blas.h"
#include "runtime/session.h"
#include "runtime/status.h"
#include "sae/latents.h"
#include "sae/sae.h"
#include "sae4j.h"
#include "study/evaluate.h"
#include "study/latent_logits.h"
#include "study/patching.h"
#include "tensor/finite.h"
#include "tensor/gguf_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <thread>

using namespace sae4j;

// A model and an SAE are the classes under another name.
static Model * of(sae4j_model * model) {
    return reinterpret_cast<Model *>(model);
}

static const Model * of(const sae4j_model * model) {
    return reinterpret_cast<const Model *>(model);
}

static Sae * of(sae4j_sae * sae) {
    return reinterpret_cast<Sae *>(sae);
}

static const Sae * of(const sae4j_sae * sae) {
    return reinterpret_cast<const Sae *>(sae);
}

struct sae4j_session {
    Session session;
    Latents latents;  // last encoded for the caller, who may read them until the next call
};

static Session * of(sae4j_session * session) {
    return &session->session;
}

static void require(bool condition, const char * what) {
    if (!condition) {
        fail(SAE4J_BAD_ARGUMENT, "%s", what);
    }
}

// Enough for anything that fits in memory, and far from where sizes overflow.
static void require_count(int64_t n_tokens) {
    if (n_tokens < 0 || n_tokens > INT32_MAX) {
        fail(SAE4J_BAD_ARGUMENT, "n_tokens: expected 0 to %d, found %lld", INT32_MAX, (long long) n_tokens);
    }
}

static const Model & finished(const sae4j_model * model) {
    require(model && of(model)->finished(), "a finished model is needed");
    return *of(model);
}

static const Sae & finished(const sae4j_sae * sae) {
    require(sae && of(sae)->finished(), "a finished SAE is needed");
    return *of(sae);
}

const char * sae4j_last_error(void) {
    return last_error();
}

sae4j_system_info sae4j_get_system_info(void) {
    return { SAE4J_VERSION, SAE4J_LLAMA_VERSION, openblas_config(), kernels().level };
}

sae4j_status sae4j_open_openblas(const char * path) {
    return guarded([&] {
        require(path, "a path is needed");
        open_openblas(path);
    });
}

// ---------------------------------------------------------------- model

sae4j_model_params sae4j_model_default_params(void) {
    return { SAE4J_PRECISION_F32 };
}

sae4j_status sae4j_model_load(const char * path, sae4j_model_params params, sae4j_model ** out_model) {
    return guarded([&] {
        require(path && out_model, "a path and a place for the model are needed");
        *out_model = reinterpret_cast<sae4j_model *>(load_gguf(path, params).release());
    });
}

sae4j_status sae4j_model_new(const void * header, size_t header_bytes, sae4j_model_params params,
                             sae4j_model ** out_model) {
    return guarded([&] {
        require(header && out_model, "a header and a place for the model are needed");
        auto model = std::make_unique<Model>(GgufFile(header, header_bytes, "model"), params);
        *out_model = reinterpret_cast<sae4j_model *>(model.release());
    });
}

sae4j_status sae4j_model_write(sae4j_model * model, const char * name, sae4j_chunk chunk) {
    return guarded([&] {
        require(model && name, "a model and a tensor name are needed");
        of(model)->write(name, chunk);
    });
}

sae4j_status sae4j_model_finish(sae4j_model * model) {
    return guarded([&] {
        require(model, "a model is needed");
        of(model)->finish();
    });
}

double sae4j_model_get_number(const sae4j_model * model, const char * key) {
    return model && key ? of(model)->description().number(key) : std::numeric_limits<double>::quiet_NaN();
}

const char * sae4j_model_get_text(const sae4j_model * model, const char * key) {
    return model && key ? of(model)->description().text(key) : nullptr;
}

sae4j_tensor_info sae4j_model_get_tensor(const sae4j_model * model, int32_t index) {
    return model ? of(model)->tensors().info(index) : sae4j_tensor_info{};
}

sae4j_hook_info sae4j_model_get_hook(const sae4j_model * model, int32_t index) {
    if (!model || index < 0 || static_cast<size_t>(index) >= of(model)->points().all().size()) {
        return {};
    }
    const HookPoint & point = of(model)->points().all()[index];
    return { point.name.c_str(), point.layer, static_cast<int32_t>(point.width), point.kind };
}

int64_t sae4j_model_get_bytes(const sae4j_model * model) {
    return model ? of(model)->tensors().bytes() : 0;
}

void sae4j_model_free(sae4j_model * model) {
    delete of(model);
}

// ---------------------------------------------------------------- tokenizer

sae4j_vocab_info sae4j_vocab_get_info(const sae4j_model * model) {
    const Vocab * vocab = model ? of(model)->vocab() : nullptr;
    return vocab ? vocab->info() : sae4j_vocab_info{ 0, -1, -1 };
}

static const Vocab & vocab_of(const sae4j_model * model) {
    require(model && of(model)->vocab(), "the model has no tokenizer");
    return *of(model)->vocab();
}

sae4j_status sae4j_tokenize(const sae4j_model * model, const char * text, size_t n_bytes, int32_t special,
                            int32_t * out_tokens, size_t capacity, size_t * out_count) {
    return guarded([&] {
        require((text || n_bytes == 0) && (out_tokens || capacity == 0) && out_count, "text and room are needed");
        if (n_bytes > INT32_MAX) {
            fail(SAE4J_BAD_ARGUMENT, "text: expected at most %d bytes, found %zu; tokenize it in parts", INT32_MAX,
                 n_bytes);
        }
        const auto tokens = vocab_of(model).tokenize({ text, n_bytes }, special != 0);
        std::copy_n(tokens.begin(), std::min(capacity, tokens.size()), out_tokens);
        *out_count = tokens.size();
    });
}

sae4j_status sae4j_detokenize(const sae4j_model * model, const int32_t * tokens, size_t count, char * out_text,
                              size_t capacity, size_t * out_bytes) {
    return guarded([&] {
        require((tokens || count == 0) && (out_text || capacity == 0) && out_bytes, "tokens and room are needed");
        const std::string text = vocab_of(model).detokenize(tokens, count);
        std::copy_n(text.begin(), std::min(capacity, text.size()), out_text);
        *out_bytes = text.size();
    });
}

// ---------------------------------------------------------------- SAE

sae4j_sae_params sae4j_sae_default_params(void) {
    sae4j_sae_params params{};
    params.activation           = SAE4J_RELU;
    params.normalization        = SAE4J_NORM_NONE;
    params.scale                = 1.0f;
    params.apply_b_dec_to_input = 1;
    return params;
}

sae4j_status sae4j_sae_new(sae4j_sae_params params, sae4j_sae ** out_sae) {
    return guarded([&] {
        require(out_sae, "a place for the SAE is needed");
        *out_sae = reinterpret_cast<sae4j_sae *>(new Sae(params));
    });
}

sae4j_status sae4j_sae_write(sae4j_sae * sae, sae4j_sae_tensor tensor, sae4j_chunk chunk) {
    return guarded([&] {
        require(sae, "an SAE is needed");
        of(sae)->write(tensor, chunk);
    });
}

sae4j_status sae4j_sae_finish(sae4j_sae * sae) {
    return guarded([&] {
        require(sae, "an SAE is needed");
        of(sae)->finish();
    });
}

int64_t sae4j_sae_get_bytes(const sae4j_sae * sae) {
    return sae ? of(sae)->bytes() : 0;
}

void sae4j_sae_free(sae4j_sae * sae) {
    delete of(sae);
}

sae4j_status sae4j_sae_encode(sae4j_session * session, const sae4j_sae * sae, const float * x, int64_t n_tokens,
                              sae4j_latents * out_latents) {
    return guarded([&] {
        require(session && x && out_latents, "a session, activations and a place are needed");
        require_count(n_tokens);
        const Lease lease(*of(session));
        encode(*of(session), finished(sae), x, n_tokens, session->latents);
        *out_latents = session->latents.view();
    });
}

sae4j_status sae4j_sae_decode(sae4j_session * session, const sae4j_sae * sae, const sae4j_latents * latents,
                              float * x_hat) {
    return guarded([&] {
        require(session && latents && latents->offsets && x_hat,
                "a session, latents and a place for the reconstruction are needed");
        require_count(latents->n_tokens);
        const Lease lease(*of(session));
        decode(*of(session), finished(sae), *latents, x_hat);
    });
}

sae4j_status sae4j_sae_reconstruct(sae4j_session * session, const sae4j_sae * sae, const float * x, int64_t n_tokens,
                                   float * x_hat) {
    return guarded([&] {
        require(session && x && x_hat, "a session, activations and a place are needed");
        require_count(n_tokens);
        const Lease lease(*of(session));
        reconstruct(*of(session), finished(sae), x, n_tokens, x_hat);
    });
}

// ---------------------------------------------------------------- session

sae4j_session_params sae4j_session_default_params(void) {
    return { std::clamp(static_cast<int32_t>(std::thread::hardware_concurrency()), 1, SAE4J_MAX_THREADS) };
}

sae4j_status sae4j_session_new(sae4j_session_params params, sae4j_session ** out_session) {
    return guarded([&] {
        require(out_session, "a place for the session is needed");
        *out_session = new sae4j_session{ Session(params), {} };
    });
}

void sae4j_session_free(sae4j_session * session) {
    delete session;
}

sae4j_times sae4j_session_get_times(const sae4j_session * session) {
    return session ? session->session.times() : sae4j_times{};
}

// ---------------------------------------------------------------- runs

sae4j_run_params sae4j_run_default_params(void) {
    return {};
}

// Rows of x [n_tokens, d] that logits are wanted for.
static const float * gather(Session & session, const Batch & batch, const sae4j_run_params & params, int64_t d,
                            const float * x) {
    if (!params.logit_tokens) {
        return x;
    }
    float * rows = session.arena().take<float>(params.n_logit_tokens * d);
    for (int64_t r = 0; r < params.n_logit_tokens; r++) {
        const int32_t token = params.logit_tokens[r];
        if (token < 0 || token >= batch.n_tokens) {
            fail(SAE4J_BAD_ARGUMENT, "logit_tokens[%lld]: expected 0 … %lld, found %d", (long long) r,
                 (long long) batch.n_tokens - 1, token);
        }
        std::copy_n(x + token * d, d, rows + r * d);
    }
    return rows;
}

sae4j_status sae4j_run(sae4j_session * session, const sae4j_model * model, const sae4j_batch * batch,
                       const sae4j_run_params * params) {
    return guarded([&] {
        require(session && batch && params, "a session, a batch and parameters are needed");
        const Model & m = finished(model);
        const Lease   lease(*of(session));
        const Batch   b(*batch, m.shape());
        const Hooks   hooks(params->hooks, params->n_hooks, m.points());
        require(params->logits || !hooks.empty(), "nothing is asked for: no hook and no logits");
        require(!params->logits ||
                    (params->logit_tokens ? params->n_logit_tokens >= 0 : params->n_logit_tokens == b.n_tokens),
                "logits: expected n_logit_tokens of 0 or more, and with all tokens n_tokens");
        const State end =
            forward(*of(session), m, b, hooks, nullptr, params->logits ? m.points().last() : hooks.last());
        hooks.check_finite(b.n_tokens);
        if (params->logits && params->n_logit_tokens > 0) {
            const float * rows   = gather(*of(session), b, *params, m.shape().n_embd, end.activation);
            bool          finite = false;
            logits(*of(session), m, rows, params->n_logit_tokens, params->logits, &finite);
            if (!finite) {
                const int64_t row = first_not_finite(params->logits, params->n_logit_tokens, m.shape().n_vocab);
                fail(SAE4J_NOT_FINITE, "logits of token %lld: expected finite numbers, found NaN or infinity",
                     (long long) (params->logit_tokens ? params->logit_tokens[row] : row));
            }
        }
    });
}

sae4j_status sae4j_latent_logits(sae4j_session * session, const sae4j_model * model, const sae4j_sae * sae,
                                 const char * point, const int32_t * latents, int64_t n, float * logits) {
    return guarded([&] {
        require(session && latents && logits, "a session, latents and a place for the logits are needed");
        require_count(n);
        const Model & m = finished(model);
        const Lease   lease(*of(session));
        latent_logits(*of(session), m, finished(sae), m.points().named(point), { latents, static_cast<size_t>(n) },
                      logits);
    });
}

sae4j_status sae4j_evaluate(sae4j_session * session, const sae4j_model * model, const sae4j_batch * batch,
                            const sae4j_evaluation * evaluation) {
    return guarded([&] {
        require(session && batch && evaluation, "a session, a batch and an evaluation are needed");
        const Model & m = finished(model);
        const Lease   lease(*of(session));
        evaluate(*of(session), m, Batch(*batch, m.shape()), *evaluation);
    });
}

// ---------------------------------------------------------------- patching

// A patching is used with the model that it was made for.
struct sae4j_patching {
    Patching patching;
};

sae4j_status sae4j_patching_new(sae4j_session * session, const sae4j_model * model, const int32_t * tokens,
                                int32_t n_tokens, const char * point, sae4j_patching ** out_patching) {
    return guarded([&] {
        require(session && tokens && n_tokens > 0 && out_patching, "a session, tokens and a place are needed");
        const Model & m = finished(model);
        const Lease   lease(*of(session));
        *out_patching = new sae4j_patching{ { *of(session), m, std::vector<int32_t>(tokens, tokens + n_tokens),
                                              m.points().named(point) } };
    });
}

const float * sae4j_patching_get_activation(const sae4j_patching * patching) {
    return patching ? patching->patching.activation() : nullptr;
}

sae4j_status sae4j_patching_set_context(sae4j_session * session, sae4j_patching * patching, const float * activation) {
    return guarded([&] {
        require(session && patching, "a session and a patching are needed");
        const Lease lease(*of(session));
        patching->patching.set_context(*of(session), activation);
    });
}

void sae4j_patching_free(sae4j_patching * patching) {
    delete patching;
}

sae4j_status sae4j_patching_run(sae4j_session * session, const sae4j_patching * patching,
                                const sae4j_patches * patches) {
    return guarded([&] {
        require(session && patching && patches, "a session, a patching and patches are needed");
        const Lease lease(*of(session));
        patching->patching.run(*of(session), *patches);
    });
}
