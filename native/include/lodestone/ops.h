/* Lodestone: its ops one by one, for other tools: attention with statistics of the heads, and the fused ops of fine-tuning.
 *
 * Conventions, beside those of lodestone.h
 *   - A buffer is memory of an engine's device. Its elements are reals (what the engine computes with: fp32 on device cpu, bf16 on a GPU), floats
 *     (fp32) or ints (int32). The host side of a real is a float, rounded to the nearest on its way in.
 *   - A view is a place in a buffer. One whose buffer is NULL is not given; "or NULL" says where that is allowed.
 *   - Integers that steer an op (starts, rows, spans, ids, positions, labels) are arrays of the host. They are read during the call.
 *   - Everything is checked before anything runs: sizes are 1 to 2^30, every view must lie in its buffer, buffers must be of the engine. A sentence
 *     begins with the op: "rope: expected ...".
 *   - What an op writes must not overlap what it reads, unless its line says so.
 *   - Ops run one after another in the order of their calls. On a GPU a call may return before its op has ended; reading a buffer waits for it, and
 *     ls_engine_synchronize does. What an op needs beside its arguments comes from memory that the engine keeps until it is closed.
 */
#ifndef LODESTONE_OPS_H_
#define LODESTONE_OPS_H_

#include "lodestone/lodestone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- buffers ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct ls_buffer ls_buffer;

typedef enum { LS_REAL = 0, LS_FLOAT = 1, LS_INT = 2 } ls_element;

/* `count` elements, all zero. */
LS_API ls_status ls_buffer_open(ls_engine* engine, ls_element element, int64_t count, ls_buffer** buffer);
/* Memory of another tool, without a copy: `count` elements at an address of the engine's device, 16-byte aligned. It must stay until the buffer is
 * closed and the ops that use it have ended; it is not freed. On a GPU its first and its last byte must be memory of that GPU; a CPU cannot tell. */
LS_API ls_status ls_buffer_wrap(ls_engine* engine, ls_element element, void* address, int64_t count, ls_buffer** buffer);
LS_API void ls_buffer_close(ls_buffer* buffer);
LS_API int64_t ls_buffer_count(const ls_buffer* buffer);
LS_API int64_t ls_buffer_bytes(const ls_buffer* buffer);
LS_API void* ls_buffer_address(const ls_buffer* buffer); /* of the device */
/* Elements [offset, offset + count) of reals or floats; and of ints. */
LS_API ls_status ls_buffer_write(ls_buffer* buffer, int64_t offset, const float* data, int64_t count);
LS_API ls_status ls_buffer_read(const ls_buffer* buffer, int64_t offset, float* data, int64_t count);
LS_API ls_status ls_buffer_write_ints(ls_buffer* buffer, int64_t offset, const int32_t* data, int64_t count);
LS_API ls_status ls_buffer_read_ints(const ls_buffer* buffer, int64_t offset, int32_t* data, int64_t count);

typedef struct {
  ls_buffer* buffer;
  int64_t offset; /* in elements */
} ls_view;

/* Waits until all ops have ended, and reports what went wrong in them. */
LS_API ls_status ls_engine_synchronize(ls_engine* engine);
/* The cudaStream_t that the engine works on; NULL on device cpu. */
LS_API void* ls_engine_stream(const ls_engine* engine);
/* Order with the stream of another tool, a cudaStream_t of the engine's device (NULL: the legacy default stream), which the engine's own does not keep
 * by itself. The host waits for neither. On device cpu every op has ended when its call returns: there only NULL is taken, and nothing is to be done. */
LS_API ls_status ls_engine_wait_stream(ls_engine* engine, void* stream);   /* the engine's next ops begin after what the stream holds now */
LS_API ls_status ls_engine_signal_stream(ls_engine* engine, void* stream); /* what the stream is given next begins after the engine's ops so far */

/* ---- attention --------------------------------------------------------------------------------------------------------------------------- */

/* Causal, grouped-query, over packed documents. head_dim is a multiple of 8, at most 256; on a GPU 16, 32, 64 or 128. */
typedef struct {
  int64_t tokens, heads, kv_heads, head_dim; /* tokens at most 2^22, heads 2^14 */
  int64_t documents;
  const int64_t* starts; /* (documents + 1) as in ls_batch; NULL = one document */
  int64_t window;        /* keys a row may see, itself included; 0 = all */
  double scale;          /* of q·k; 0 = 1/sqrt(head_dim) */
} ls_attention_shape;

/* q, k, v: reals (tokens, heads | kv_heads, head_dim), the strides between tokens in elements; so they may be slices of one fused projection.
 * A stride of 0 is dense. Offsets and strides are multiples of 8. */
typedef struct {
  ls_attention_shape shape;
  ls_view q, k, v;
  int64_t q_stride, kv_stride;
} ls_attention;

/* o = softmax(scale · q·kᵀ)·v. The statistics are those of ls_probe, of all rows: fused into the pass on a GPU. */
typedef struct {
  ls_attention inputs;
  ls_view o;   /* reals (tokens, heads, head_dim) */
  ls_view lse; /* floats (heads, tokens), or NULL */
  int64_t spans; /* at most 8; ls_op_score_rows takes any number */
  const int64_t *span_begin, *span_end; /* (spans) */
  ls_view argmax;    /* ints (heads, tokens), or NULL */
  ls_view max_prob;  /* floats (heads, tokens), or NULL */
  ls_view span_mass; /* floats (heads, tokens, spans), or NULL */
} ls_attention_forward;

LS_API ls_status ls_op_attention_forward(ls_engine* engine, const ls_attention_forward* args);

typedef struct {
  ls_attention inputs;
  ls_view o, lse;          /* of the forward pass */
  ls_view d_o;             /* reals (tokens, heads, head_dim) */
  ls_view d_q, d_k, d_v;   /* written, with the strides of q, k and v */
  int32_t atomics;         /* 1: a GPU may add up d_q in any order, which is faster; 0: the same bits every time */
} ls_attention_backward;

LS_API ls_status ls_op_attention_backward(ls_engine* engine, const ls_attention_backward* args);

/* Statistics of chosen rows of one layer; definitions as in ls_probe. v of the inputs is read for span_output only. */
typedef struct {
  ls_attention inputs;
  const int32_t* ids; /* (tokens), for pattern; else NULL */
  int64_t rows;
  const int64_t* row; /* (rows) ascending */
  int64_t spans;
  const int64_t *span_begin, *span_end; /* (spans) */
  /* Each may be NULL. */
  ls_view lse;         /* floats (heads, rows) */
  ls_view argmax;      /* ints (heads, rows) */
  ls_view max_prob;    /* floats (heads, rows) */
  ls_view second;      /* ints (heads, rows) */
  ls_view second_prob; /* floats (heads, rows) */
  ls_view span_mass;   /* floats (heads, rows, spans) */
  ls_view span_output; /* floats (heads, rows, spans, head_dim): Σ p·v over the keys of each span; NaN where span_mass is */
  ls_view column_sum;  /* floats (heads, tokens) */
  ls_view pattern;     /* floats (heads, rows, 3) */
} ls_score_rows;

LS_API ls_status ls_op_score_rows(ls_engine* engine, const ls_score_rows* args);

/* ---- the other ops of a layer ------------------------------------------------------------------------------------------------------------ */

/* y = x · rstd · weight, rstd = 1/sqrt(mean(x²) + eps) */
typedef struct {
  int64_t rows, width;
  double eps;
  ls_view x;      /* reals (rows, width) */
  ls_view weight; /* reals (width) */
  ls_view y;      /* reals (rows, width) */
  ls_view rstd;   /* floats (rows), or NULL */
} ls_rmsnorm_forward;

LS_API ls_status ls_op_rmsnorm_forward(ls_engine* engine, const ls_rmsnorm_forward* args);

typedef struct {
  int64_t rows, width;
  ls_view x, weight, rstd; /* as in ls_rmsnorm_forward, which wrote rstd */
  ls_view d_y;             /* reals (rows, width) */
  ls_view d_x;             /* reals (rows, width), added to; or NULL */
  ls_view d_weight;        /* floats (width), added to; or NULL */
} ls_rmsnorm_backward;

LS_API ls_status ls_op_rmsnorm_backward(ls_engine* engine, const ls_rmsnorm_backward* args);

/* Rotary positions, in place: for d < head_dim/2 the pair (x[d], x[d + head_dim/2]) of every head turns by its position times its frequency. */
typedef struct {
  int64_t tokens, heads, head_dim; /* head_dim even */
  ls_view x;                       /* reals (tokens, heads, head_dim) with stride */
  int64_t stride;                  /* elements between tokens; 0 = dense */
  const int32_t* positions;        /* (tokens), or NULL = 0, 1, 2 ... */
  ls_rope rope;
  int64_t max_positions;           /* of the model; dynamic and yarn ask for it */
  int32_t inverse;                 /* 1: turn back, the backward pass */
} ls_rotate;

LS_API ls_status ls_op_rope(ls_engine* engine, const ls_rotate* args);

/* y = silu(gate) · up */
typedef struct {
  int64_t rows, width;
  ls_view gate_up; /* reals (rows, 2·width): gate, then up */
  ls_view y;       /* reals (rows, width) */
} ls_swiglu_forward;

LS_API ls_status ls_op_swiglu_forward(ls_engine* engine, const ls_swiglu_forward* args);

typedef struct {
  int64_t rows, width;
  ls_view gate_up;
  ls_view d_y;       /* reals (rows, width) */
  ls_view d_gate_up; /* reals (rows, 2·width); may be gate_up itself */
} ls_swiglu_backward;

LS_API ls_status ls_op_swiglu_backward(ls_engine* engine, const ls_swiglu_backward* args);

/* y = alpha·x·weightᵀ + bias + beta·y */
typedef struct {
  int64_t rows, in, out;
  ls_view x;      /* reals (rows, in) with x_stride */
  ls_view weight; /* reals (out, in), as Hugging Face stores it */
  ls_view bias;   /* reals (out), or NULL */
  ls_view y;      /* reals (rows, out) with y_stride */
  int64_t x_stride, y_stride; /* elements between rows; 0 = dense */
  double alpha, beta;         /* beta 0 overwrites y, even NaN in it */
} ls_linear_forward;

LS_API ls_status ls_op_linear_forward(ls_engine* engine, const ls_linear_forward* args);

typedef struct {
  int64_t rows, in, out;
  ls_view x, weight; /* as in ls_linear_forward; x is read for d_weight, weight for d_x */
  ls_view d_y;       /* reals (rows, out) with y_stride */
  ls_view d_x;       /* reals (rows, in) with x_stride, written; or NULL */
  ls_view d_weight;  /* floats (out, in), added to; or NULL */
  ls_view d_bias;    /* floats (out), added to; needs d_weight; or NULL */
  int64_t x_stride, y_stride;
} ls_linear_backward;

LS_API ls_status ls_op_linear_backward(ls_engine* engine, const ls_linear_backward* args);

/* loss = Σ_r row_weight_r · (log Σ_v exp(z_rv) − z_r,label) / denominator with z = x·weightᵀ, and its gradients; the logits never stand in memory
 * all at once. */
typedef struct {
  int64_t rows, width, vocabulary;
  ls_view x;               /* reals (rows, width) */
  ls_view weight;          /* reals (vocabulary, width) */
  const int32_t* label;    /* (rows) */
  const float* row_weight; /* (rows), or NULL = 1 */
  double denominator;      /* 0 = rows */
  ls_view d_x;             /* reals (rows, width), written; or NULL */
  ls_view d_weight;        /* floats (vocabulary, width), added to; or NULL */
} ls_linear_cross_entropy;

/* Waits for the loss. */
LS_API ls_status ls_op_linear_cross_entropy(ls_engine* engine, const ls_linear_cross_entropy* args, double* loss);

/* One step of AdamW on one tensor, as PyTorch computes it. */
typedef struct {
  int64_t count;
  ls_view weight;   /* reals (count) */
  ls_view master;   /* floats (count), or NULL: the weight in fp32, of which `weight` becomes the rounding. NULL = the reals themselves */
  ls_view m, v;     /* floats (count) moments */
  ls_view gradient; /* floats (count) */
  double learning_rate, beta1, beta2, eps, decay;
  double clip;      /* largest norm of the gradient; 0 = no clipping */
  int64_t step;     /* from 1 */
} ls_adamw;

/* Waits for the norm of the gradient before clipping. If it is not finite nothing is updated. */
LS_API ls_status ls_op_adamw(ls_engine* engine, const ls_adamw* args, double* norm);

#ifdef __cplusplus
}
#endif
#endif
