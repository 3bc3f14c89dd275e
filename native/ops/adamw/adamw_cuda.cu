// AdamW over all tensors in one launch, and the sum of squares of all gradients. What decides (norm, loss) stays in device memory.
#include "runtime/device.h"

#include <algorithm>
#include <cmath>

#include "ops/adamw/adamw.h"
#include "runtime/reduce_device.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace adamw {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kAtOnce = 2;   // vectors of four floats a thread has on their way at the same time: of gradient, master, m and v
constexpr int kSquares = 8;  // likewise in sum_of_squares
constexpr int64_t kPiece = kThreads * 4 * kSquares;
constexpr int kResident = 5;  // blocks of add_squares on a multiprocessor

// What is the same for all elements, rounded to float once.
struct Coefficients { float rate1, beta2, rate2, root2, eps, step_size; };

LS_DEVICE bool finite(double x) { return x - x == 0; }

// The tensor that a block belongs to: the last one that begins at or before it. (An empty tensor begins where the next one does.)
LS_DEVICE int64_t tensor_of(const AdamWAll& a, int64_t block) {
  int64_t low = 0, high = a.tensors;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (a.tensor[middle].first_block <= block ? low : high) = middle;
  }
  return low;
}

// The arithmetic of the CPU, in its order.
struct Update {
  Coefficients c;
  float scale, keep;

  LS_DEVICE void element(float gradient, float& weight, float& m, float& v) const {
    const float g = gradient * scale;
    m += c.rate1 * (g - m);
    v = v * c.beta2 + c.rate2 * (g * g);
    weight = weight * keep - c.step_size * (m / (sqrtf(v) / c.root2 + c.eps));
  }
  LS_DEVICE void vector(float4 gradient, float4& weight, float4& m, float4& v) const {
    element(gradient.x, weight.x, m.x, v.x);
    element(gradient.y, weight.y, m.y, v.y);
    element(gradient.z, weight.z, m.z, v.z);
    element(gradient.w, weight.w, m.w, v.w);
  }
};

LS_DEVICE float4 load_float4(const float* from) { return *reinterpret_cast<const float4*>(from); }
LS_DEVICE void store_float4(float* to, float4 value) { *reinterpret_cast<float4*>(to) = value; }

LS_KERNEL(kThreads, 3) update_all(AdamWAll a, Coefficients c) {
  const double squares = *a.squares;
  if (!finite(squares) || !finite(*a.loss)) return;
  double scale = 1;
  if (a.clip > 0) scale = fmin(1.0, a.clip / (sqrt(squares) + 1e-6));
  const AdamWTensor t = a.tensor[tensor_of(a, blockIdx.x)];
  const Update update{c, static_cast<float>(scale), static_cast<float>(1 - a.learning_rate * t.decay)};
  const int64_t begin = (blockIdx.x - t.first_block) * kAdamWBlock, end = begin + kAdamWBlock < t.count ? begin + kAdamWBlock : t.count;
  int64_t scalar = begin;  // elements from here on are taken one by one
  if (aligned_16(t.master, t.m, t.v, t.gradient) && reinterpret_cast<uintptr_t>(t.weight) % 8 == 0) {
    scalar = end - end % 4;
    LS_NO_UNROLL
    for (int64_t first = begin + threadIdx.x * 4; first < scalar; first += kAtOnce * kThreads * 4) {
      float4 gradient[kAtOnce], master[kAtOnce], m[kAtOnce], v[kAtOnce];
      LS_UNROLL
      for (int k = 0; k < kAtOnce; k++) {
        const int64_t i = first + k * kThreads * 4;
        if (i >= scalar) continue;
        gradient[k] = load_float4(t.gradient + i);
        master[k] = load_float4(t.master + i);
        m[k] = load_float4(t.m + i);
        v[k] = load_float4(t.v + i);
      }
      LS_UNROLL
      for (int k = 0; k < kAtOnce; k++) {
        const int64_t i = first + k * kThreads * 4;
        if (i >= scalar) continue;
        update.vector(gradient[k], master[k], m[k], v[k]);
        store_float4(t.master + i, master[k]);
        store_float4(t.m + i, m[k]);
        store_float4(t.v + i, v[k]);
        *reinterpret_cast<uint2*>(t.weight + i) = make_uint2(pack_bf16(master[k].x, master[k].y), pack_bf16(master[k].z, master[k].w));
      }
    }
  }
  for (int64_t i = scalar + threadIdx.x; i < end; i += kThreads) {
    update.element(t.gradient[i], t.master[i], t.m[i], t.v[i]);
    t.weight[i] = to_bf16(t.master[i]);
  }
}

// A partial sum for each block: up to 32 squares of a thread are added in float, the rest in double.
LS_KERNEL(kThreads, kResident) add_squares(SumOfSquares a, bool aligned) {
  LS_SHARED(memory);
  double total = 0;
  for (int64_t first = blockIdx.x * kPiece; first < a.count; first += gridDim.x * kPiece) {
    float sum = 0;
    if (aligned && first + kPiece <= a.count) {
      float4 x[kSquares];
      LS_UNROLL
      for (int k = 0; k < kSquares; k++) x[k] = load_float4(a.x + first + (k * kThreads + threadIdx.x) * 4);
      LS_UNROLL
      for (int k = 0; k < kSquares; k++) sum += (x[k].x * x[k].x + x[k].y * x[k].y) + (x[k].z * x[k].z + x[k].w * x[k].w);
    } else {
      const int64_t end = first + kPiece < a.count ? first + kPiece : a.count;
      for (int64_t i = first + threadIdx.x; i < end; i += kThreads) sum += a.x[i] * a.x[i];
    }
    total += sum;
  }
  total = group_sum<kThreads>(total, reinterpret_cast<double*>(memory));
  if (threadIdx.x == 0) a.workspace[blockIdx.x] = total;
}

LS_KERNEL(kThreads) add_partials(int64_t count, const double* partial, double* sum) {
  LS_SHARED(memory);
  double total = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) total += partial[i];
  total = group_sum<kThreads>(total, reinterpret_cast<double*>(memory));
  if (threadIdx.x == 0) *sum = total;
}

}  // namespace adamw

// Bias corrections in double, as on the CPU.
void adamw_all(const AdamWAll& a) {
  const double correction1 = 1 - std::pow(a.beta1, static_cast<double>(a.step)), correction2 = 1 - std::pow(a.beta2, static_cast<double>(a.step));
  const auto rounded = [](double x) { return static_cast<float>(x); };
  const adamw::Coefficients c = {rounded(1 - a.beta1), rounded(a.beta2),          rounded(1 - a.beta2), rounded(std::sqrt(correction2)),
                                 rounded(a.eps),       rounded(a.learning_rate / correction1)};
  launch("AdamW", adamw::update_all, static_cast<unsigned>(a.blocks), adamw::kThreads, 0, a, c);
}

void sum_of_squares(const SumOfSquares& a) {
  using namespace adamw;
  const int64_t pieces = (a.count + kPiece - 1) / kPiece, resident = kResident * multiprocessors();
  const int64_t blocks = std::min({pieces, resident, kSumOfSquaresWorkspace});
  launch("sum of squares", add_squares, static_cast<unsigned>(blocks), kThreads, kWarps * sizeof(double), a, aligned_16(a.x));
  launch("sum of squares", add_partials, 1, kThreads, kWarps * sizeof(double), blocks, static_cast<const double*>(a.workspace), a.sum);
}

}  // namespace ls::LS_GPU
