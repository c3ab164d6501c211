// sae4j: GPT-2 with an activation hook, sparse autoencoders in the residual stream, and what they do to
// the predictions. This header is the whole interface of the native engine.
//
// Conventions
//   Matrices are row-major; shapes are written [rows, columns]. All floats are f32 unless said otherwise.
//   Tokens of several sequences lie one after another: "token" below means an index into that list, and
//   n_tokens is the sum of the lengths. Positions count from 0 within a sequence.
//   Every call that can fail returns a status; sae4j_last_error() then has the reason, for this thread.
//   No C++ exception and no abort crosses this header. Pointers passed in are borrowed for the call only.
//   Models and SAEs are immutable once finished and may be shared by threads. A session belongs to one call
//   at a time: a second one gets SAE4J_BUSY.
#ifndef SAE4J_H
#define SAE4J_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#    define SAE4J_API __declspec(dllexport)
#else
#    define SAE4J_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sae4j_status {
    SAE4J_OK            = 0,
    SAE4J_BAD_ARGUMENT  = 1,  // a value the caller passed
    SAE4J_BAD_FILE      = 2,  // what a file holds
    SAE4J_IO_ERROR      = 3,  // a file that cannot be opened or read
    SAE4J_OUT_OF_MEMORY = 4,
    SAE4J_NOT_FINITE    = 5,  // NaN or infinity in weights, input or results
    SAE4J_BUSY          = 6,  // the session is in use by another call
    SAE4J_STOPPED       = 7,  // a hook asked to stop
    SAE4J_INTERNAL      = 8   // a defect of sae4j
} sae4j_status;

// Why the last call on this thread failed. Valid until the next call on this thread. UTF-8.
SAE4J_API const char * sae4j_last_error(void);

// ---------------------------------------------------------------- system

typedef struct sae4j_system_info {
    const char * version;        // of sae4j
    const char * llama_version;  // of llama.cpp, as pinned by the build
    const char * blas;           // OpenBLAS's version and kernels; "" if it has not been opened
    const char * kernels;        // level of sae4j's own kernels on this CPU: baseline, avx2, avx512, …
} sae4j_system_info;

// Static strings, never freed.
SAE4J_API sae4j_system_info sae4j_get_system_info(void);

// Opens OpenBLAS's library, which does the products of attention from then on; before, and where it cannot be opened,
// sae4j's own kernels do. For the whole process; later calls change nothing. path: UTF-8.
SAE4J_API sae4j_status sae4j_open_openblas(const char * path);

// ---------------------------------------------------------------- tensors that the caller hands over

typedef enum sae4j_dtype {
    SAE4J_DTYPE_F32  = 0,
    SAE4J_DTYPE_F16  = 1,
    SAE4J_DTYPE_BF16 = 2,
    SAE4J_DTYPE_F64  = 3
} sae4j_dtype;

// Elements [first, first + count) of a tensor, in the order in which they are stored. A tensor of shape
// [rows, columns] is stored row by row, or, if transposed, column by column. Vectors are [1, n].
typedef struct sae4j_chunk {
    sae4j_dtype  dtype;
    int32_t      transposed;
    int64_t      first;
    int64_t      count;
    const void * data;  // little-endian, any alignment
} sae4j_chunk;

// ---------------------------------------------------------------- model

typedef struct sae4j_model sae4j_model;

typedef enum sae4j_precision {
    SAE4J_PRECISION_F32  = 0,  // f32 weights, f32 products, whatever the file holds
    SAE4J_PRECISION_BF16 = 1   // weights and inputs of the products rounded to bf16, f32 sums; attention, which has no
                               // weights, rounds only where a stage's variants look back at what they share
} sae4j_precision;

typedef struct sae4j_model_params {
    sae4j_precision precision;
} sae4j_model_params;

// What a block's MLP does with its hidden layer.
typedef enum sae4j_mlp_activation {
    SAE4J_MLP_GELU       = 0,  // GPT-2's own, by tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))
    SAE4J_MLP_GELU_ERF   = 1,  // x·Φ(x), the exact one
    SAE4J_MLP_QUICK_GELU = 2,  // x·σ(1.702 x)
    SAE4J_MLP_SILU       = 3,  // x·σ(x)
    SAE4J_MLP_RELU       = 4,
    SAE4J_MLP_TANH       = 5
} sae4j_mlp_activation;

typedef struct sae4j_model_shape {
    int32_t n_layer;
    int32_t n_head;
    int32_t n_embd;   // d, a multiple of n_head
    int32_t n_ff;     // width of mlp.hook_post
    int32_t n_ctx;    // longest sequence
    int32_t n_vocab;  // V, rows of the embedding, padding included
    int32_t tied;     // 1: the unembedding is the embedding
    float   layer_norm_eps;

    sae4j_mlp_activation mlp_activation;
    float                attn_scale;           // of attention's scores; 0: 1/√(n_embd / n_head)
    int32_t              attn_scale_by_layer;  // 1: in block l scores are divided by l + 1 as well
} sae4j_model_shape;

SAE4J_API sae4j_model_params sae4j_model_default_params(void);

// A gpt2 GGUF file in F32, F16, BF16 or Q8_0 (and what else ggml can widen to f32).
SAE4J_API sae4j_status sae4j_model_load(const char * path, sae4j_model_params params, sae4j_model ** out_model);

// A model whose weights the caller writes: new, write every tensor whole, finish. Tensor names are GGUF's
// ("blk.0.attn_qkv.weight"), matrices are [n_out, n_in]. vocab_path: a GGUF file with the tokenizer, or NULL.
SAE4J_API sae4j_status sae4j_model_new(sae4j_model_shape shape, const char * vocab_path, sae4j_model_params params,
                                       sae4j_model ** out_model);
SAE4J_API sae4j_status sae4j_model_write(sae4j_model * model, const char * name, sae4j_chunk chunk);
SAE4J_API sae4j_status sae4j_model_finish(sae4j_model * model);

SAE4J_API sae4j_model_shape sae4j_model_get_shape(const sae4j_model * model);

// Bytes of weights in memory.
SAE4J_API int64_t sae4j_model_get_bytes(const sae4j_model * model);

// NULL is allowed. No session may be using the model.
SAE4J_API void sae4j_model_free(sae4j_model * model);

// ---------------------------------------------------------------- tokenizer (llama.cpp's vocabulary)

typedef struct sae4j_vocab_info {
    int32_t n_tokens;  // 0: the model has no tokenizer
    int32_t bos;       // -1: none
    int32_t eos;       // -1: none
} sae4j_vocab_info;

SAE4J_API sae4j_vocab_info sae4j_vocab_get_info(const sae4j_model * model);

// text: UTF-8, n_bytes long. special: 1 turns the text of special tokens into them. No BOS is added. No token is
// shorter than a byte. Writes at most capacity ids; *out_count is the number there are. Call again with room for them.
// Fails if the text has a byte that no token of the vocabulary spells.
SAE4J_API sae4j_status sae4j_tokenize(const sae4j_model * model, const char * text, size_t n_bytes, int32_t special,
                                      int32_t * out_tokens, size_t capacity, size_t * out_count);

// The bytes of the tokens, which need not be whole UTF-8 characters. Same two-step use as sae4j_tokenize.
SAE4J_API sae4j_status sae4j_detokenize(const sae4j_model * model, const int32_t * tokens, size_t count,
                                        char * out_text, size_t capacity, size_t * out_bytes);

// ---------------------------------------------------------------- sparse autoencoder

// One canonical SAE:  x' = normalise(x) − [apply_b_dec_to_input] b_dec;  h = x'·W_encᵀ + b_enc;
// z = activation(h);  x̂ = de-normalise(z·W_dec + b_dec).  Source of each rule: SAELens, Gao et al. 2024.
// A transcoder's output ŷ = z·W_dec + b_dec is another activation than x, so that it is not de-normalised. With skip,
// x·W_skipᵀ is added to the output, for x as it was given.
typedef struct sae4j_sae sae4j_sae;

typedef enum sae4j_activation {
    SAE4J_RELU     = 0,
    SAE4J_TOPK     = 1,  // the k largest h, ties towards the lower index, then ReLU
    SAE4J_JUMPRELU = 2,  // ReLU(h)·1[ReLU(h) > threshold]
    SAE4J_GATED    = 3,  // 1[x'·W_encᵀ + b_gate > 0] · ReLU((x'·W_encᵀ)·e^r_mag + b_mag); no b_enc
    SAE4J_GROUPMAX = 4   // the largest h of each of k groups of n / k neighbours, ties as in TopK, then ReLU
} sae4j_activation;

typedef enum sae4j_normalization {
    SAE4J_NORM_NONE                     = 0,
    SAE4J_NORM_LAYER_NORM               = 1,  // (x − μ) / (s + 1e-5), s with ddof 1; x̂ = y·s + μ
    SAE4J_NORM_CONSTANT_NORM_RESCALE    = 2,  // c·x with c = √d / ‖x‖; x̂ = y / c
    SAE4J_NORM_EXPECTED_AVERAGE_ONLY_IN = 3   // scale·x; x̂ = y / scale
} sae4j_normalization;

typedef struct sae4j_sae_params {
    int32_t             d;      // width of the activation that is read
    int32_t             d_out;  // 0: an SAE, whose output replaces what it reads; else a transcoder's output width
    int32_t             n;      // number of latents
    sae4j_activation    activation;
    int32_t             k;     // TopK and GroupMax only
    int32_t             skip;  // 1: has W_skip
    sae4j_normalization normalization;
    float               scale;                 // expected_average_only_in only
    int32_t             apply_b_dec_to_input;  // a transcoder's only if d_out is d
    int32_t             rescale_acts_by_decoder_norm;
    int32_t             centre_input;  // subtract the mean over d first, add it back last
} sae4j_sae_params;

typedef enum sae4j_sae_tensor {
    SAE4J_W_ENC     = 0,  // [n, d]
    SAE4J_W_DEC     = 1,  // [n, d_out], where d_out is d for an SAE
    SAE4J_B_ENC     = 2,  // [n], not for gated
    SAE4J_B_DEC     = 3,  // [d_out]
    SAE4J_THRESHOLD = 4,  // [n], jumprelu
    SAE4J_B_GATE    = 5,  // [n], gated
    SAE4J_B_MAG     = 6,  // [n], gated
    SAE4J_R_MAG     = 7,  // [n], gated
    SAE4J_W_SKIP    = 8   // [d_out, d], skip
} sae4j_sae_tensor;

SAE4J_API sae4j_sae_params sae4j_sae_default_params(void);

// New, write every tensor of the activation whole, finish.
SAE4J_API sae4j_status sae4j_sae_new(sae4j_sae_params params, sae4j_sae ** out_sae);
SAE4J_API sae4j_status sae4j_sae_write(sae4j_sae * sae, sae4j_sae_tensor tensor, sae4j_chunk chunk);
SAE4J_API sae4j_status sae4j_sae_finish(sae4j_sae * sae);
SAE4J_API int64_t      sae4j_sae_get_bytes(const sae4j_sae * sae);
SAE4J_API void         sae4j_sae_free(sae4j_sae * sae);

// ---------------------------------------------------------------- session

// Threads and scratch memory. Independent of any model; scratch grows to the largest call and stays. Calls set the
// number of OpenBLAS's own threads, which is the process's, to 1: a session brings its own.
typedef struct sae4j_session sae4j_session;

#define SAE4J_MAX_THREADS 512  // ggml's own limit

typedef struct sae4j_session_params {
    int32_t n_threads;  // all threads that work, the caller's own included
} sae4j_session_params;

SAE4J_API sae4j_session_params sae4j_session_default_params(void);
SAE4J_API sae4j_status         sae4j_session_new(sae4j_session_params params, sae4j_session ** out_session);
SAE4J_API void                 sae4j_session_free(sae4j_session * session);

// Seconds that the session's calls have spent in each step since it was made, on the calling thread.
typedef struct sae4j_times {
    double front;   // the clean run from the tokens to the last point of an evaluation
    double encode;  // x·W_encᵀ and what goes before it
    double top_k;   // choosing the latents that are kept
    double decode;
    double tail;  // from there, and from each replacement, to the final norm
    double head;  // unembedding and comparison
} sae4j_times;

SAE4J_API sae4j_times sae4j_session_get_times(const sae4j_session * session);

// Latents of n_tokens tokens, only those with z > 0, by ascending index within a token (CSR).
typedef struct sae4j_latents {
    int64_t         n_tokens;
    const int64_t * offsets;  // [n_tokens + 1]
    const int32_t * indices;  // [offsets[n_tokens]]
    const float *   values;   // [offsets[n_tokens]]
    const float *   scale;    // [n_tokens] x̂ = y·scale + shift undoes the normalisation
    const float *   shift;    // [n_tokens]
} sae4j_latents;

// x [n_tokens, d] -> latents in the session's memory, valid until its next call.
SAE4J_API sae4j_status sae4j_sae_encode(sae4j_session * session, const sae4j_sae * sae, const float * x,
                                        int64_t n_tokens, sae4j_latents * out_latents);
// latents -> x_hat [n_tokens, d_out], without what W_skip adds for x. The latents may be the session's own.
SAE4J_API sae4j_status sae4j_sae_decode(sae4j_session * session, const sae4j_sae * sae, const sae4j_latents * latents,
                                        float * x_hat);
// x [n_tokens, d] -> x_hat [n_tokens, d_out], which may be x itself if it is as wide.
SAE4J_API sae4j_status sae4j_sae_reconstruct(sae4j_session * session, const sae4j_sae * sae, const float * x,
                                             int64_t n_tokens, float * x_hat);

// ---------------------------------------------------------------- hooks

typedef enum sae4j_site {
    SAE4J_HOOK_EMBED            = 0,   // hook_embed                [n_tokens, n_embd]
    SAE4J_HOOK_POS_EMBED        = 1,   // hook_pos_embed            [n_tokens, n_embd]
    SAE4J_HOOK_RESID_PRE        = 2,   // blocks.L.hook_resid_pre   [n_tokens, n_embd]
    SAE4J_HOOK_LN1_STANDARDIZED = 3,   // blocks.L.ln1.hook_standardized  [n_tokens, n_embd], before weight and bias
    SAE4J_HOOK_LN1              = 4,   // blocks.L.ln1.hook_normalized  [n_tokens, n_embd], after weight and bias
    SAE4J_HOOK_Z                = 5,   // blocks.L.attn.hook_z      [n_tokens, n_embd], heads side by side
    SAE4J_HOOK_ATTN_OUT         = 6,   // blocks.L.hook_attn_out    [n_tokens, n_embd]
    SAE4J_HOOK_RESID_MID        = 7,   // blocks.L.hook_resid_mid   [n_tokens, n_embd]
    SAE4J_HOOK_LN2_STANDARDIZED = 8,   // blocks.L.ln2.hook_standardized  [n_tokens, n_embd], before weight and bias
    SAE4J_HOOK_LN2              = 9,   // blocks.L.ln2.hook_normalized  [n_tokens, n_embd], after weight and bias
    SAE4J_HOOK_MLP_POST         = 10,  // blocks.L.mlp.hook_post    [n_tokens, n_ff]
    SAE4J_HOOK_MLP_OUT          = 11,  // blocks.L.hook_mlp_out     [n_tokens, n_embd]
    SAE4J_HOOK_RESID_POST       = 12,  // blocks.L.hook_resid_post  [n_tokens, n_embd]
    SAE4J_HOOK_STANDARDIZED     = 13,  // ln_final.hook_standardized  [n_tokens, n_embd], before weight and bias
    SAE4J_HOOK_NORMALIZED       = 14   // ln_final.hook_normalized  [n_tokens, n_embd], after weight and bias
} sae4j_site;

typedef struct sae4j_point {
    sae4j_site site;
    int32_t    layer;  // 0 for the sites without one
} sae4j_point;

// Called on the thread that called sae4j_run. activation: [n_tokens, width], free to read and overwrite until
// the call returns. Anything but 0 stops the run, which then returns SAE4J_STOPPED.
typedef int32_t (*sae4j_hook_fn)(void * user_data, float * activation, int64_t n_tokens, int64_t width);

typedef enum sae4j_edit_kind {
    SAE4J_EDIT_CALL        = 0,  // call
    SAE4J_EDIT_ZERO        = 1,
    SAE4J_EDIT_ROW         = 2,  // value [width]: the same for every token (mean ablation)
    SAE4J_EDIT_ROWS        = 3,  // value [n_tokens, width]
    SAE4J_EDIT_ADD         = 4,  // add value [width] (steering)
    SAE4J_EDIT_RECONSTRUCT = 5   // by sae, whose output must be as wide as what it reads
} sae4j_edit_kind;

typedef struct sae4j_edit {
    sae4j_edit_kind   kind;
    const float *     value;
    const sae4j_sae * sae;
    sae4j_hook_fn     call;
    void *            user_data;
    const uint8_t *   tokens;  // [n_tokens] 1: edit this token; NULL: all. Not for CALL.
} sae4j_edit;

// What happens at one activation: the edits in order, and where it is kept. One entry a point.
typedef struct sae4j_hook {
    sae4j_point        point;
    const sae4j_edit * edits;
    int32_t            n_edits;
    float *            activation;  // [n_tokens, width] or NULL. The run computes in place here (no copy); it
                                    // holds the activation, edited, when the run is over.
} sae4j_hook;

// ---------------------------------------------------------------- run

typedef struct sae4j_batch {
    const int32_t * tokens;   // [n_tokens], all sequences one after another
    const int32_t * lengths;  // [n_sequences], each 1 … n_ctx
    int32_t         n_sequences;
} sae4j_batch;

typedef struct sae4j_run_params {
    const sae4j_hook * hooks;
    int32_t            n_hooks;
    float *            logits;          // [n_logit_tokens, n_vocab] or NULL: the run ends after its last hook
    const int32_t *    logit_tokens;    // [n_logit_tokens] which tokens; NULL: all
    int64_t            n_logit_tokens;  // with NULL: n_tokens
} sae4j_run_params;

SAE4J_API sae4j_run_params sae4j_run_default_params(void);
// Fails with SAE4J_NOT_FINITE if there is a NaN or an infinity among the logits or the activations that are kept.
SAE4J_API sae4j_status sae4j_run(sae4j_session * session, const sae4j_model * model, const sae4j_batch * batch,
                                 const sae4j_run_params * params);

// ---------------------------------------------------------------- logit lens

// What one unit of a latent adds to each logit by the direct path alone: its decoder direction, the final norm's linear
// part (less the mean over d, times the weight; no division by a norm, no bias), the unembedding, less the mean over the
// vocabulary, which changes no probability. This is W_dec·W_U of a model whose final norm is folded and whose unembedding
// is centred, as TransformerLens makes it and SAE dashboards show it. Behind the final norm that norm is left out.
// point: where the SAE's output goes; fails if that is neither in the residual stream nor added to it.
// logits [n, n_vocab]
SAE4J_API sae4j_status sae4j_latent_logits(sae4j_session * session, const sae4j_model * model, const sae4j_sae * sae,
                                           sae4j_point point, const int32_t * latents, int64_t n, float * logits);

// ---------------------------------------------------------------- evaluation

// What one replacement of the activation does at each token. Arrays [n_tokens] or NULL if not wanted.
typedef struct sae4j_effect {
    double *  kl;    // Σ_v p_v (log p_v − log q_v), p clean, q replaced
    double *  ce;    // −log q(next token); 0 for the last token of a sequence
    uint8_t * top1;  // 1: argmax p = argmax q
} sae4j_effect;

// How well one SAE reconstructs at each token: its output x̂ against the clean x of its place. Arrays [n_tokens], all
// wanted.
typedef struct sae4j_reconstruction {
    double *  squared_error;  // ‖x − x̂‖²
    double *  x_hat_squared;  // ‖x̂‖²
    double *  x_dot_x_hat;    // x·x̂
    double *  l1;             // Σ|z|
    int32_t * l0;             // latents with z > 0
    int64_t * fires;          // [n] adds 1 for each counted token at which the latent is active
} sae4j_reconstruction;

// An activation x that is replaced: what all SAEs whose output goes there share.
typedef struct sae4j_place {
    sae4j_point   point;
    int32_t       zero;       // 1: also the zero-ablated run
    const float * mean;       // [width] for the mean-ablated run; NULL: no such run
    double *      x_squared;  // [n_tokens] ‖x‖², or NULL
    double *      x_sum;      // [n_sequences, width] adds x over the counted tokens of each, or NULL
    sae4j_effect  zero_effect;
    sae4j_effect  mean_effect;
} sae4j_place;

// A run in which the output of an SAE replaces an activation.
typedef struct sae4j_splice {
    const sae4j_sae *    sae;
    sae4j_point          in;     // what the SAE reads: the place's point or, for a transcoder, one before it
    int32_t              place;  // index of the place where its output goes
    sae4j_effect         effect;
    sae4j_reconstruction reconstruction;
} sae4j_splice;

typedef struct sae4j_evaluation {
    const sae4j_place *  places;
    int32_t              n_places;
    const sae4j_splice * splices;
    int32_t              n_splices;
    const uint8_t *      replaced;  // [n_tokens] where x̂, zero or the mean replaces x; NULL: everywhere
    const uint8_t *      counted;   // [n_tokens] tokens that count in sums; NULL: all
    double *             ce_clean;  // [n_tokens] or NULL
} sae4j_evaluation;

// The clean run goes through the model once, for all places; each replacement runs from its place on; the head keeps
// no logits. Where only the places' sums are wanted, the clean run ends at the last place.
SAE4J_API sae4j_status sae4j_evaluate(sae4j_session * session, const sae4j_model * model, const sae4j_batch * batch,
                                      const sae4j_evaluation * evaluation);

// ---------------------------------------------------------------- variants of one activation

// One sequence at one hook point, ready to be continued from any position: its activations, and the keys and values
// of the layers behind the point. Made by one session, used by one call at a time.
typedef struct sae4j_stage sae4j_stage;

SAE4J_API sae4j_status sae4j_stage_new(sae4j_session * session, const sae4j_model * model, const int32_t * tokens,
                                       int32_t n_tokens, sae4j_point point, sae4j_stage ** out_stage);

// The clean activation [n_tokens, width], in the stage's memory.
SAE4J_API const float * sae4j_stage_get_activation(const sae4j_stage * stage);

// What the other positions hold from now on: activation [n_tokens, width], or NULL for the clean one.
SAE4J_API sae4j_status sae4j_stage_set_context(sae4j_session * session, sae4j_stage * stage, const float * activation);
SAE4J_API void         sae4j_stage_free(sae4j_stage * stage);

// What a variant changes, against the base run. D [future, V] is variant − base logits less each row's lower median.
typedef struct sae4j_variant {
    double          sparsity;        // (Σ|D|)² / ΣD² / (V·future), Gao et al. 2024 §4.5; NaN if D ≡ 0
    double          row_sparsity;    // the same by row, / V, mean over the rows with D ≢ 0; NaN if there is none
    double          kl;              // mean over the positions of KL(base ‖ variant)
    double          delta_ce;        // mean over the positions with a next token; NaN if there is none
    const double *  row_sparsities;  // [future]
    const double *  row_kl;          // [future]
    const double *  row_delta_ce;    // [future], NaN without a next token
    const int32_t * top_up;          // [n_top] tokens whose D, summed over the positions, is largest
    const int32_t * top_down;        // [n_top] and smallest
    const float *   logits;          // [future, V] if asked for
} sae4j_variant;

// Called once a variant, in order, on the calling thread; what it is given is valid until it returns. Anything but 0
// stops the call, which then returns SAE4J_STOPPED.
typedef int32_t (*sae4j_variant_fn)(void * user_data, int64_t index, const sae4j_variant * variant);

typedef struct sae4j_variants {
    int32_t          position;  // t
    int32_t          future;    // rows t … t + future − 1 are computed, all within the sequence
    const float *    base;      // [width] the activation at t that variants are compared with
    const float *    values;    // [n, width] the activation at t of each variant
    int64_t          n;
    int32_t          n_top;
    int32_t          logits;  // 1: give each variant's logits
    sae4j_variant_fn seen;
    void *           user_data;
} sae4j_variants;

// All variants as one batch that shares everything before t; the head in blocks of rows, of which only what
// sae4j_variant has is kept.
SAE4J_API sae4j_status sae4j_stage_run(sae4j_session * session, const sae4j_stage * stage,
                                       const sae4j_variants * variants);

#ifdef __cplusplus
}
#endif

#endif
