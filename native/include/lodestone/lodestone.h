/* Lodestone: the public C interface of the engine. The only header between the kernels and the outside (Java, benchmarks, other languages).
 *
 * Conventions
 *   - Every call that can fail returns an ls_status; ls_last_error() then holds one sentence for the calling thread: the operation, what was
 *     expected, what was found. Nothing here prints, exits or throws.
 *   - Tensors are dense and row-major, the last index fastest. Shapes stand beside each pointer. Host memory is fp32 unless a dtype says otherwise.
 *   - Handles are opaque. A model keeps its engine alive, a decoder or trainer its model; closing in any order is safe, closing NULL does nothing.
 *   - One handle is used by one thread at a time. On the CPU the same call gives the same bits whatever the number of threads.
 *   - A batch is one row of tokens: documents are packed one after another, attention never crosses from one into another, positions restart at 0.
 *   - Heads are query heads; layers, heads, rows and tokens count from 0; ranges are half open.
 */
#ifndef LODESTONE_H_
#define LODESTONE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LS_API __attribute__((visibility("default")))

typedef enum {
  LS_OK = 0,
  LS_INVALID = 1,       /* an argument is wrong: the caller's words */
  LS_OUT_OF_MEMORY = 2, /* the plan does not fit; the text has the bytes. Nothing was allocated */
  LS_UNSUPPORTED = 3,   /* valid, but not on this device or in this build */
  LS_INTERNAL = 4       /* a defect or a failing system call */
} ls_status;

LS_API const char* ls_version(void);
/* The sentence of the last failed call of this thread; "" if there was none. Valid until this thread's next call. */
LS_API const char* ls_last_error(void);
/* Says that the process is about to call exit, on a signal for instance. It then ends at once where another thread is still in a call, without the
 * destructors of libraries, which would crash that thread. */
LS_API void ls_before_exit(void);

/* ---- engine ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct ls_engine ls_engine;

/* device: "auto" (cuda if there is a usable GPU), "cpu", "cuda" ("simt", the CUDA kernels under an emulator, in test builds). threads: CPU threads,
 * 0 = all that this process may use. */
LS_API ls_status ls_engine_open(const char* device, int32_t threads, ls_engine** engine);
LS_API void ls_engine_close(ls_engine* engine);
/* One JSON object: device, real (what it stores: fp32 or bf16), threads, isa of the CPU or gpu (name, size, PCI address), gemm, graphs (on, or why
 * steps are not started as CUDA graphs), cuda (why it is or is not there), available_bytes. Owned by the engine. */
LS_API const char* ls_engine_describe(const ls_engine* engine);

/* ---- model ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct ls_model ls_model;

typedef enum { LS_F32 = 0, LS_F16 = 1, LS_BF16 = 2 } ls_dtype;
typedef enum { LS_ROPE_DEFAULT = 0, LS_ROPE_LINEAR = 1, LS_ROPE_DYNAMIC = 2, LS_ROPE_LLAMA3 = 3, LS_ROPE_YARN = 4 } ls_rope_type;

/* Rotary positions, named as in Hugging Face's rope_parameters. What a type does not use is ignored. */
typedef struct {
  int32_t type;                             /* ls_rope_type */
  double theta;                             /* base, e.g. 10,000 */
  double factor;                            /* linear, dynamic, llama3, yarn */
  int64_t original_positions;               /* dynamic, llama3, yarn: the length the model was trained at */
  double low_freq_factor, high_freq_factor; /* llama3 */
  double beta_fast, beta_slow;              /* yarn; Hugging Face's defaults are 32 and 1 */
  double attention_factor;                  /* yarn; 0 = derive from factor (and mscale, mscale_all_dim where both are set) */
  double mscale, mscale_all_dim;            /* yarn; 0 = not set */
  int32_t truncate;                         /* yarn: round the correction range to whole dimensions (Hugging Face's default: 1) */
} ls_rope;

/* A decoder of the Llama family: pre-norm, grouped-query attention, SwiGLU. */
typedef struct {
  int64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, max_positions;
  double norm_eps;
  int32_t tied_embeddings; /* 1: the output head is the embedding */
  int32_t qkv_bias;        /* 1: biases on q, k and v (Qwen2) */
  const int64_t* windows;  /* (layers) keys a row may see, itself included; 0 = all. NULL = all layers 0. Copied */
  ls_rope rope;
} ls_model_config;

/* What training moves. All else is frozen: no gradient is computed for it, and none below the lowest layer that is trained. */
typedef enum {
  LS_TRAIN_ALL = 1,
  LS_TRAIN_ATTENTION = 2, /* q, k, v, o projections and their biases */
  LS_TRAIN_LORA = 3,      /* low-rank adapters beside projections: ls_lora */
  LS_TRAIN_HEADS = 4      /* of the named heads their rows of q (and its bias), columns of o, and the rows of k and v of their group */
} ls_mode;

/* Adapters (Hu et al. 2021): y += alpha/rank · B(A·x) beside each projection that targets names, in every layer. A (rank, in) begins uniform between
 * ±1/√in, as in PEFT, and B (out, rank) zero. No dropout. */
typedef enum { LS_Q = 1, LS_K = 2, LS_V = 4, LS_O = 8, LS_GATE = 16, LS_UP = 32, LS_DOWN = 64 } ls_projection;
typedef struct {
  int64_t rank;
  double alpha;
  int32_t targets; /* ls_projection, added up */
  uint64_t seed;   /* of A */
} ls_lora;

typedef struct {
  int32_t layer, head;
} ls_head;

/* What a training step keeps of a layer for its backward pass; the rest is computed again, to the same bits. */
typedef enum {
  LS_KEEP_ALL = 0,
  LS_RECOMPUTE_MLP = 1,      /* not gate and up: most of the memory for a sixth more products */
  LS_RECOMPUTE_SELECTIVE = 2 /* only the layer's input, the heads' outputs and their LSE: attention itself is not computed again */
} ls_recompute;

typedef struct {
  int32_t mode; /* ls_mode */
  double beta1, beta2, eps, weight_decay;
  double clip;  /* largest global norm of the gradient; 0 = no clipping */
  int32_t no_decay_norm, no_decay_bias;
  int64_t max_tokens; /* longest batch of a step */
  const int32_t* recompute; /* (layers) ls_recompute of each layer; NULL = LS_KEEP_ALL. Copied */
  ls_lora lora;             /* of LS_TRAIN_LORA */
  int64_t head_count;       /* of LS_TRAIN_HEADS */
  const ls_head* heads;     /* (head_count) Copied */
  int32_t atomics; /* 1: a GPU may add up attention's gradients in any order, which is faster; 0: the same bits every time */
} ls_train_options;

/* Bytes that a use of a model needs. */
typedef struct {
  int64_t parameters, gradients, optimizer, activations, workspace, cache, total;
  int64_t trained;   /* elements, not bytes: what a training step moves */
  int64_t available; /* what this process may still take now */
} ls_memory_plan;

/* tokens: longest batch of one pass. sequences × capacity: KV cache of a decoder (0 for none). training: NULL for inference; of the options mode,
 * lora, heads, recompute and atomics count. On the engine's device. Allocates nothing. */
LS_API ls_status ls_plan_memory(const ls_engine* engine, const ls_model_config* config, int64_t tokens, int64_t sequences, int64_t capacity,
                                const ls_train_options* training, ls_memory_plan* plan);

/* All parameters are zero (norm weights one) until written. */
LS_API ls_status ls_model_open(ls_engine* engine, const ls_model_config* config, ls_model** model);
LS_API void ls_model_close(ls_model* model);

/* Parameters in the order of Hugging Face names: "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", ... "lm_head.weight". */
typedef struct {
  const char* name; /* owned by the model */
  int64_t rows, columns; /* a vector has rows = 1; rank says which */
  int32_t rank;          /* 1 or 2 */
} ls_parameter;

LS_API int64_t ls_model_parameter_count(const ls_model* model);
LS_API ls_status ls_model_parameter(const ls_model* model, int64_t index, ls_parameter* parameter);
/* Elements [offset, offset + count) of a parameter from data of a dtype; and back as fp32. */
LS_API ls_status ls_model_write(ls_model* model, int64_t index, int64_t offset, ls_dtype dtype, const void* data, int64_t count);
LS_API ls_status ls_model_read(const ls_model* model, int64_t index, int64_t offset, float* data, int64_t count);

/* ---- one pass ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
  int64_t tokens;
  const int32_t* ids;             /* (tokens) */
  int64_t documents;
  const int64_t* starts;          /* (documents + 1) first token of each document, then tokens; NULL with documents = 1 */
  const int32_t* labels;          /* (tokens) or NULL. As in Hugging Face: labels[i] is predicted by row i − 1 of its document; −100 is ignored */
  const float* weights;           /* (tokens) or NULL: weight of each label's loss; a mean is then Σ weight·loss / Σ weight */
} ls_batch;

/* What to measure of the attention probabilities. Rows are query rows, ascending. A pointer that is NULL is not computed.
 * Ties go to the lowest key. A layer whose window hides a span entirely from a row gives NaN for that mass. */
typedef struct {
  int64_t rows;
  const int64_t* row;          /* (rows) indices into the batch */
  int64_t spans;
  const int64_t* span_begin;   /* (spans) token ranges of the batch */
  const int64_t* span_end;
  float* lse;                  /* (layers, heads, rows) natural log of the sum of exponentials of the scaled scores */
  int32_t* argmax;             /* (layers, heads, rows) key of the highest score, as an index into the batch */
  float* max_prob;             /* (layers, heads, rows) its probability */
  int32_t* second;             /* (layers, heads, rows) second-best key; −1 where the row sees one key only */
  float* second_prob;          /* (layers, heads, rows) its probability; 0 where there is none */
  float* span_mass;            /* (layers, heads, rows, spans) */
  float* column_sum;           /* (layers, heads, tokens) probability that the rows together put on each key */
  float* pattern;              /* (layers, heads, rows, 3) mass on the key before the row, on earlier keys with the row's token
                                * (duplicates), on the keys that follow such a duplicate (induction) */
} ls_probe;

typedef enum {
  LS_EDIT_ZERO = 0,    /* the head's output (before the output projection) becomes 0 */
  LS_EDIT_MEAN = 1,    /* it becomes values (head_dim); NULL = the mean of its own output over the rows of the document (not in a decoder) */
  LS_EDIT_UNIFORM = 2, /* its query becomes 0: uniform attention over the keys the row may see */
  LS_EDIT_REPLACE = 3  /* it becomes values (tokens, head_dim), row by row */
} ls_edit_kind;

typedef struct {
  int32_t layer, head;
  int32_t kind;      /* ls_edit_kind */
  int64_t first_row; /* rows before it are left alone */
  const float* values; /* in ls_decoder_step a replacement is (count, head_dim): one row a sequence */
} ls_edit;

/* Copies out a head's output before the output projection, after edits. */
typedef struct {
  int32_t layer, head;
  float* values; /* (tokens, head_dim) */
} ls_capture;

/* Options and outputs of a pass; zero-initialised it asks for nothing. */
typedef struct {
  int64_t edit_count;
  const ls_edit* edits;
  int64_t capture_count;
  const ls_capture* captures;
  const ls_probe* probe;      /* NULL = none. In ls_decoder_step: one for each sequence (rows and row are ignored there: the row is the new one,
                               * spans and keys are positions in the sequence; column_sum and pattern must be NULL) */
  int64_t logit_rows;
  const int64_t* logit_row;   /* (logit_rows) rows whose logits are wanted */
  float* logits;              /* (logit_rows, vocabulary) */
  double* loss;               /* mean loss over labelled tokens (weighted); needs labels */
} ls_pass;

LS_API ls_status ls_forward(ls_model* model, const ls_batch* batch, const ls_pass* pass);

/* ---- decoding with a KV cache ------------------------------------------------------------------------------------------------------------- */

typedef struct ls_decoder ls_decoder;

/* Room for `sequences` independent sequences of up to `capacity` tokens each. Dynamic RoPE takes its frequencies from capacity. */
LS_API ls_status ls_decoder_open(ls_model* model, int64_t sequences, int64_t capacity, ls_decoder** decoder);
LS_API void ls_decoder_close(ls_decoder* decoder);
LS_API int64_t ls_decoder_length(const ls_decoder* decoder, int64_t sequence); /* tokens in the cache; −1 if there is no such sequence */
/* Empties the sequence and reads a prompt into it. pass as in ls_forward over that prompt; next: the greedy token after it, or NULL.
 * Only rows that something asks for go through the head. */
LS_API ls_status ls_decoder_prefill(ls_decoder* decoder, int64_t sequence, const int32_t* ids, int64_t count, const ls_pass* pass, int32_t* next);
/* Forgets all but the first `length` tokens of the sequence, so that it goes on from there another way. */
LS_API ls_status ls_decoder_truncate(ls_decoder* decoder, int64_t sequence, int64_t length);
/* Appends one token to each of `count` different sequences. Of pass: edits (first_row counts positions), captures (values (count, head_dim)),
 * probe, logits (count, vocabulary) with logit_rows and logit_row ignored. next (count): greedy tokens, lowest id on ties, or NULL. */
LS_API ls_status ls_decoder_step(ls_decoder* decoder, int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass* pass, int32_t* next);

/* ---- training ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct ls_trainer ls_trainer;

typedef struct {
  double loss;      /* mean over the labelled tokens of all batches of the step together (weighted as in ls_batch), not a mean of means */
  double grad_norm; /* before clipping */
  int64_t labelled; /* tokens that had a loss */
} ls_step_result;

/* Plans and takes all memory of a step: gradients, AdamW moments, activations, workspace. What is frozen costs nothing. */
LS_API ls_status ls_trainer_open(ls_model* model, const ls_train_options* options, ls_trainer** trainer);
LS_API void ls_trainer_close(ls_trainer* trainer);
/* One optimizer step of AdamW over `count` batches (gradient accumulation). If loss or norm is not finite nothing is updated. */
LS_API ls_status ls_trainer_step(ls_trainer* trainer, int64_t count, const ls_batch* batches, double learning_rate, ls_step_result* result);
/* The gradient only: no clipping, no update. */
LS_API ls_status ls_trainer_gradients(ls_trainer* trainer, int64_t count, const ls_batch* batches, ls_step_result* result);
/* What is trained: parameters; matrices of adapters, named as in PEFT ("....q_proj.lora_A.weight"); or slices of parameters
 * ("....q_proj.weight[64:128]", "....o_proj.weight[:, 64:128]"). The name is owned by the trainer. */
LS_API int64_t ls_trainer_parameter_count(const ls_trainer* trainer);
LS_API ls_status ls_trainer_parameter(const ls_trainer* trainer, int64_t i, ls_parameter* parameter);
/* LS_WEIGHT: the fp32 weight itself; a GPU computes with its rounding to bf16, which is what ls_model_read gives. */
typedef enum { LS_GRADIENT = 0, LS_MOMENT1 = 1, LS_MOMENT2 = 2, LS_WEIGHT = 3 } ls_trainer_state;
/* i counts trained parameters. Gradients are read only. */
LS_API ls_status ls_trainer_read(const ls_trainer* trainer, int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count);
LS_API ls_status ls_trainer_write(ls_trainer* trainer, int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count);
/* As ls_model_read, with the adapter merged in where the parameter has one: W + alpha/rank·B·A. The model itself stays as it is. */
LS_API ls_status ls_trainer_read_merged(const ls_trainer* trainer, int64_t index, int64_t offset, float* data, int64_t count);
LS_API int64_t ls_trainer_steps(const ls_trainer* trainer); /* optimizer steps taken */
LS_API ls_status ls_trainer_set_steps(ls_trainer* trainer, int64_t steps);
LS_API int64_t ls_trainer_bytes(const ls_trainer* trainer);

#ifdef __cplusplus
}
#endif
#endif
