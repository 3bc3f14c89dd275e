// RMSNorm on a GPU. A group of threads holds one row in registers, so memory is passed over once: a warp for rows of up to 768 elements, 128 or 256
// threads for up to 8,192. Other rows (wider, or not a multiple of 8 elements) take a block each and read the row twice.
#include "runtime/device.h"

#include "ops/rmsnorm/rmsnorm.h"
#include "runtime/reduce_device.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace rmsnorm {

constexpr int kThreads = 256;            // of a block
constexpr int kWarps = kThreads / 32;
constexpr int64_t kMostPartials = 1024;  // blocks of the backward pass, each with a d_weight of its own
constexpr int kPartialColumns = 32;      // of d_weight that a block of add_partials sums up, with
constexpr int kPartialWarps = 32;        // warps that share the partials

// A row in registers: kRowThreads threads, kHeld vectors in each. Backward a thread needs about 30 + 20·kHeld registers, so this many blocks fit on a
// multiprocessor and are started.
template <int kRowThreads, int kHeld>
struct Row {
  static constexpr int kRows = kThreads / kRowThreads;            // rows of a block
  static constexpr int kWidth = kRowThreads * kHeld * kVector;    // the widest row
  static constexpr int kResident = kHeld > 3 ? 2 : kHeld > 1 ? 3 : 4;
};

template <int kRowThreads, int kHeld>
LS_KERNEL(kThreads, 4) forward(RmsNormForward<bf16> a) {
  using R = Row<kRowThreads, kHeld>;
  LS_SHARED(memory);
  const int thread = threadIdx.x % kRowThreads, vectors = static_cast<int>(a.width / kVector);
  const int64_t row = static_cast<int64_t>(blockIdx.x) * R::kRows + threadIdx.x / kRowThreads;
  const bool valid = row < a.rows;
  uint4 held[kHeld] = {};
  float squares = 0;
  LS_UNROLL
  for (int h = 0; h < kHeld; h++) {
    const int vector = thread + h * kRowThreads;
    if (valid && vector < vectors) held[h] = load_stored<kVector>(a.x + row * a.width + vector * kVector);
  }
  LS_UNROLL
  for (int h = 0; h < kHeld; h++) {
    float x[kVector];
    unpack(x, held[h]);
    LS_UNROLL
    for (int i = 0; i < kVector; i++) squares += x[i] * x[i];
  }
  squares = group_sum<kRowThreads>(squares, reinterpret_cast<float*>(memory));
  const float rstd = 1.0f / sqrtf(squares / static_cast<float>(a.width) + a.eps);
  if (!valid) return;
  if (a.rstd && thread == 0) a.rstd[row] = rstd;
  LS_UNROLL
  for (int h = 0; h < kHeld; h++) {
    const int vector = thread + h * kRowThreads;
    if (vector >= vectors) continue;
    float x[kVector], weight[kVector];
    unpack(x, held[h]);
    load_vector(weight, a.weight + vector * kVector);
    LS_UNROLL
    for (int i = 0; i < kVector; i++) x[i] = x[i] * rstd * weight[i];
    store_vector(a.y + row * a.width + vector * kVector, x);
  }
}

// Any width.
LS_KERNEL(kThreads) forward_any(RmsNormForward<bf16> a) {
  LS_SHARED(memory);
  const bf16* x = a.x + blockIdx.x * a.width;
  bf16* y = a.y + blockIdx.x * a.width;
  float squares = 0;
  for (int64_t i = threadIdx.x; i < a.width; i += kThreads) squares += to_float(x[i]) * to_float(x[i]);
  squares = group_sum<kThreads>(squares, reinterpret_cast<float*>(memory));
  const float rstd = 1.0f / sqrtf(squares / static_cast<float>(a.width) + a.eps);
  if (a.rstd && threadIdx.x == 0) a.rstd[blockIdx.x] = rstd;
  for (int64_t i = threadIdx.x; i < a.width; i += kThreads) y[i] = to_bf16(to_float(x[i]) * rstd * to_float(a.weight[i]));
}

// Blocks stay and take every gridDim.x-th group of rows; the d_weight of their rows grows in registers, then goes to the workspace, a row a block.
template <int kRowThreads, int kHeld>
LS_KERNEL(kThreads, (Row<kRowThreads, kHeld>::kResident)) backward(RmsNormBackward<bf16> a) {
  using R = Row<kRowThreads, kHeld>;
  LS_SHARED(memory);
  float* warp_sums = reinterpret_cast<float*>(memory);  // (2, kWarps): rounds take turns, which saves a barrier
  float* sums_of_groups = warp_sums + 2 * kWarps;       // (kRows, kWidth)
  const int group = threadIdx.x / kRowThreads, thread = threadIdx.x % kRowThreads, vectors = static_cast<int>(a.width / kVector);
  const int64_t stride = static_cast<int64_t>(gridDim.x) * R::kRows;
  float sums[kHeld][kVector] = {};
  int round = 0;
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * R::kRows; first < a.rows; first += stride, round ^= 1) {
    const int64_t row = first + group;
    const bool valid = row < a.rows;
    const float rstd = valid ? a.rstd[row] : 0;
    uint4 x_held[kHeld] = {}, d_y_held[kHeld] = {}, d_x_held[kHeld] = {};
    LS_UNROLL
    for (int h = 0; h < kHeld; h++) {
      const int vector = thread + h * kRowThreads;
      const int64_t at = row * a.width + vector * kVector;
      if (!valid || vector >= vectors) continue;
      x_held[h] = load_stored<kVector>(a.x + at);
      d_y_held[h] = load_stored<kVector>(a.d_y + at);
      if (a.d_x) d_x_held[h] = load_stored<kVector>(a.d_x + at);
    }
    float projection = 0;  // Σ weight∘d_y∘x
    LS_UNROLL
    for (int h = 0; h < kHeld; h++) {
      const int vector = thread + h * kRowThreads;
      if (vector >= vectors) continue;
      float x[kVector], d_y[kVector], weight[kVector];
      unpack(x, x_held[h]);
      unpack(d_y, d_y_held[h]);
      load_vector(weight, a.weight + vector * kVector);
      LS_UNROLL
      for (int i = 0; i < kVector; i++) {
        projection += weight[i] * d_y[i] * x[i];
        sums[h][i] += d_y[i] * x[i] * rstd;
      }
    }
    if (!a.d_x) continue;
    projection = group_sum<kRowThreads>(projection, warp_sums + round * kWarps) * rstd / static_cast<float>(a.width);  // mean(weight∘d_y∘x̂)
    LS_UNROLL
    for (int h = 0; h < kHeld; h++) {
      const int vector = thread + h * kRowThreads;
      if (!valid || vector >= vectors) continue;
      float x[kVector], d_y[kVector], d_x[kVector], weight[kVector];
      unpack(x, x_held[h]);
      unpack(d_y, d_y_held[h]);
      unpack(d_x, d_x_held[h]);
      load_vector(weight, a.weight + vector * kVector);
      LS_UNROLL
      for (int i = 0; i < kVector; i++) d_x[i] += rstd * (weight[i] * d_y[i] - x[i] * rstd * projection);
      store_vector(a.d_x + row * a.width + vector * kVector, d_x);
    }
  }
  if (!a.d_weight) return;
  float* partial = a.workspace + blockIdx.x * a.width;
  LS_UNROLL
  for (int h = 0; h < kHeld; h++) {
    const int vector = thread + h * kRowThreads;
    if (vector >= vectors) continue;
    if constexpr (R::kRows == 1) store_vector(partial + vector * kVector, sums[h]);
    else store_vector(sums_of_groups + group * R::kWidth + vector * kVector, sums[h]);
  }
  if constexpr (R::kRows > 1) {
    __syncthreads();
    for (int i = threadIdx.x; i < a.width; i += kThreads) {
      float sum = 0;
      LS_UNROLL
      for (int g = 0; g < R::kRows; g++) sum += sums_of_groups[g * R::kWidth + i];
      partial[i] = sum;
    }
  }
}

// Any width. The partial d_weight grows in the workspace; a column always belongs to the same thread.
LS_KERNEL(kThreads) backward_any(RmsNormBackward<bf16> a) {
  LS_SHARED(memory);
  float* partial = a.d_weight ? a.workspace + blockIdx.x * a.width : nullptr;
  if (partial)
    for (int64_t i = threadIdx.x; i < a.width; i += kThreads) partial[i] = 0;
  int round = 0;
  for (int64_t row = blockIdx.x; row < a.rows; row += gridDim.x, round ^= 1) {
    const bf16 *x = a.x + row * a.width, *d_y = a.d_y + row * a.width;
    const float rstd = a.rstd[row];
    float projection = 0;
    for (int64_t i = threadIdx.x; i < a.width; i += kThreads) {
      projection += to_float(a.weight[i]) * to_float(d_y[i]) * to_float(x[i]);
      if (partial) partial[i] += to_float(d_y[i]) * to_float(x[i]) * rstd;
    }
    if (!a.d_x) continue;
    projection = group_sum<kThreads>(projection, reinterpret_cast<float*>(memory) + round * kWarps) * rstd / static_cast<float>(a.width);
    bf16* d_x = a.d_x + row * a.width;
    for (int64_t i = threadIdx.x; i < a.width; i += kThreads)
      d_x[i] = to_bf16(to_float(d_x[i]) + rstd * (to_float(a.weight[i]) * to_float(d_y[i]) - to_float(x[i]) * rstd * projection));
  }
}

// d_weight[i] += Σ_p partial[p][i]: warp w of a block adds up p ≡ w (mod kPartialWarps) of 32 columns, then the warps' sums are added in their order.
LS_KERNEL(kPartialWarps * 32, 1) add_partials(int64_t partials, int64_t width, const float* partial, float* d_weight) {
  LS_SHARED(memory);
  float* shared = reinterpret_cast<float*>(memory);  // (kPartialWarps, kPartialColumns)
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kPartialColumns + lane;
  float sum = 0;
  if (column < width)
    for (int64_t p = warp; p < partials; p += kPartialWarps) sum += partial[p * width + column];
  shared[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || column >= width) return;
  sum = 0;
  LS_UNROLL
  for (int w = 0; w < kPartialWarps; w++) sum += shared[w * kPartialColumns + lane];
  d_weight[column] += sum;
}

unsigned blocks_for(int64_t rows, int rows_of_block) { return static_cast<unsigned>((rows + rows_of_block - 1) / rows_of_block); }

template <int kRowThreads, int kHeld>
void launch_forward(const RmsNormForward<bf16>& a) {
  void (*kernel)(RmsNormForward<bf16>) = forward<kRowThreads, kHeld>;
  launch("RMSNorm forward", kernel, blocks_for(a.rows, Row<kRowThreads, kHeld>::kRows), kThreads, kWarps * sizeof(float), a);
}

// Returns the number of blocks, which is that of partial sums.
template <class Kernel>
int64_t launch_backward(Kernel kernel, int resident, int rows_of_block, size_t sums, const RmsNormBackward<bf16>& a) {
  int64_t most = resident * multiprocessors();
  if (most > kMostPartials) most = kMostPartials;
  const int64_t needed = blocks_for(a.rows, rows_of_block), blocks = needed < most ? needed : most;
  launch("RMSNorm backward", kernel, static_cast<unsigned>(blocks), kThreads, (2 * kWarps + sums) * sizeof(float), a);
  return blocks;
}
template <int kRowThreads, int kHeld>
int64_t launch_backward(const RmsNormBackward<bf16>& a) {
  using R = Row<kRowThreads, kHeld>;
  void (*kernel)(RmsNormBackward<bf16>) = backward<kRowThreads, kHeld>;
  return launch_backward(kernel, R::kResident, R::kRows, R::kRows > 1 && a.d_weight ? R::kRows * R::kWidth : 0, a);
}

}  // namespace rmsnorm

void rmsnorm_forward(const RmsNormForward<bf16>& a) {
  using namespace rmsnorm;
  if (a.width % kVector || a.width > Row<256, 4>::kWidth || !aligned_16(a.x, a.weight, a.y))
    return launch("RMSNorm forward", forward_any, static_cast<unsigned>(a.rows), kThreads, kWarps * sizeof(float), a);
  if (a.width <= Row<32, 1>::kWidth) return launch_forward<32, 1>(a);
  if (a.width <= Row<32, 3>::kWidth) return launch_forward<32, 3>(a);
  if (a.width <= Row<128, 2>::kWidth) return launch_forward<128, 2>(a);
  if (a.width <= Row<256, 2>::kWidth) return launch_forward<256, 2>(a);
  launch_forward<256, 4>(a);
}

int64_t rmsnorm_backward_workspace(int64_t rows, int64_t width) { return (rows < rmsnorm::kMostPartials ? rows : rmsnorm::kMostPartials) * width; }

void rmsnorm_backward(const RmsNormBackward<bf16>& a) {
  using namespace rmsnorm;
  if (a.rows == 0 || a.width == 0) return;
  int64_t partials;
  if (a.width % kVector || a.width > Row<256, 4>::kWidth || !aligned_16(a.x, a.weight, a.d_y, a.d_x, a.workspace))
    partials = launch_backward(backward_any, 4, 1, 0, a);
  else if (a.width <= Row<32, 1>::kWidth) partials = launch_backward<32, 1>(a);
  else if (a.width <= Row<32, 3>::kWidth) partials = launch_backward<32, 3>(a);
  else if (a.width <= Row<128, 2>::kWidth) partials = launch_backward<128, 2>(a);
  else if (a.width <= Row<256, 2>::kWidth) partials = launch_backward<256, 2>(a);
  else partials = launch_backward<256, 4>(a);
  if (!a.d_weight) return;
  constexpr int kAll = kPartialWarps * 32;
  launch("RMSNorm backward", add_partials, blocks_for(a.width, kPartialColumns), kAll, kAll * sizeof(float), partials, a.width,
         static_cast<const float*>(a.workspace), a.d_weight);
}

}  // namespace ls::LS_GPU
