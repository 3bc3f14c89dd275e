#include "runtime/device.h"
#include "runtime/reduce_device.h"
#include "runtime/vector_device.h"

#include "ops/crossentropy/rows.h"

namespace ls::LS_GPU {

namespace cross_entropy {

constexpr int kMostThreads = 1024, kFewThreads = 256, kManyLogits = 16384, kSumThreads = 256;

// exp(z − base) as 2^x.
LS_DEVICE float exp_from(float z, float base) { return exp2_approx((z - base) * kLog2E); }

// Σ exp(z − top) over the logits seen so far, of which `top` is the largest. NaN reaches `sum`, whatever fmaxf does with it.
struct Exponentials {
  float top, sum;
};
// Where nothing but −inf was seen, exp counts from 0: −inf − (−inf) would be NaN.
LS_DEVICE float base_of(float top) { return top == -INFINITY ? 0.0f : top; }

LS_DEVICE void add(Exponentials& all, float top, float sum) {
  const float both = fmaxf(all.top, top), base = base_of(both);
  all.sum = all.sum * exp_from(all.top, base) + sum * exp_from(top, base);
  all.top = both;
}

LS_DEVICE void add(Exponentials& all, const float (&z)[kVector]) {
  float top = z[0];
  LS_UNROLL
  for (int i = 1; i < kVector; i++) top = fmaxf(top, z[i]);
  top = fmaxf(top, all.top);
  const float base = base_of(top);
  all.sum *= exp_from(all.top, base);
  LS_UNROLL
  for (int i = 0; i < kVector; i++) all.sum += exp_from(z[i], base);
  all.top = top;
}

// Of the whole warp, in lane 0.
LS_DEVICE void join_lanes(Exponentials& mine) {
  LS_UNROLL
  for (int step = 16; step > 0; step /= 2) {
    const float top = __shfl_down_sync(kWholeWarp, mine.top, step);
    const float sum = __shfl_down_sync(kWholeWarp, mine.sum, step);
    add(mine, top, sum);
  }
}

// A block a row: read once for the sum, then, for the gradient, read again (mostly from the L2 cache) and overwritten.
LS_KERNEL(kMostThreads) rows_kernel(CrossEntropyRows<bf16> a) {
  LS_SHARED(shared);
  Exponentials* of_warp = reinterpret_cast<Exponentials*>(shared);  // [32]
  float* of_row = reinterpret_cast<float*>(of_warp + 32);           // base, scale, weight
  bf16* logits = a.logits + blockIdx.x * a.stride;
  const int label = a.label[blockIdx.x], vocabulary = static_cast<int>(a.vocabulary), vectors = vocabulary / kVector;
  const int last = vectors * kVector + threadIdx.x;  // the logit beyond the vectors that this thread takes, if it exists
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;

  Exponentials mine{-INFINITY, 0};
  for (int v = threadIdx.x; v < vectors; v += blockDim.x) {
    float z[kVector];
    load_vector(z, logits + v * kVector);
    add(mine, z);
  }
  if (last < vocabulary) add(mine, to_float(logits[last]), 1);
  join_lanes(mine);
  if (lane == 0) of_warp[warp] = mine;
  __syncthreads();  // every warp's sum is there
  if (warp == 0) {
    Exponentials all = lane < static_cast<int>(blockDim.x / 32) ? of_warp[lane] : Exponentials{-INFINITY, 0};
    join_lanes(all);
    if (lane == 0) {
      const double weight = (a.row_weight ? a.row_weight[blockIdx.x] : 1.0) / a.denominator;
      a.loss[blockIdx.x] = weight * (static_cast<double>(all.top) - to_float(logits[label]) + logf(all.sum));
      of_row[0] = base_of(all.top);
      of_row[1] = static_cast<float>(weight) / all.sum;
      of_row[2] = static_cast<float>(weight);
    }
  }
  __syncthreads();  // and the row's; the label's logit has been read
  if (!a.gradient) return;

  const float base = of_row[0], scale = of_row[1], weight = of_row[2];
  for (int v = threadIdx.x; v < vectors; v += blockDim.x) {
    float z[kVector];
    load_vector(z, logits + v * kVector);
    LS_UNROLL
    for (int i = 0; i < kVector; i++) z[i] = exp_from(z[i], base) * scale - (v * kVector + i == label ? weight : 0.0f);
    store_vector(logits + v * kVector, z);
  }
  if (last < vocabulary) logits[last] = to_bf16(exp_from(to_float(logits[last]), base) * scale - (last == label ? weight : 0.0f));
}

// One block.
LS_KERNEL(kSumThreads) sum_kernel(int64_t count, const double* losses, double* total) {
  LS_SHARED(shared);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kSumThreads) sum += losses[i];
  sum = group_sum<kSumThreads>(sum, reinterpret_cast<double*>(shared));
  if (threadIdx.x == 0) *total += sum;
}

}  // namespace cross_entropy

void cross_entropy_rows(const CrossEntropyRows<bf16>& a) {
  using namespace cross_entropy;
  const int threads = a.vocabulary >= kManyLogits ? kMostThreads : kFewThreads;
  launch("cross-entropy", rows_kernel, dim3(static_cast<unsigned>(a.rows)), dim3(threads), 32 * sizeof(Exponentials) + 3 * sizeof(float), a);
}

void add_losses(int64_t count, const double* losses, double* total) {
  using namespace cross_entropy;
  launch("sum of losses", sum_kernel, dim3(1), dim3(kSumThreads), kSumThreads / 32 * sizeof(double), count, losses, total);
}

}  // namespace ls::LS_GPU
