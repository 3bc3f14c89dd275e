// The backward pass of attention: facts of rows, the launches, and dQ out of its accumulators. The work is in attention_backward_keys_cuda.cu (dK,
// dV) and attention_backward_rows_cuda.cu (dQ).
#include "ops/attention/attention_backward_device.h"

namespace ls::LS_GPU {

namespace gradient {

constexpr int kBlock = 256;

// Facts of rows, head_dim / 8 threads a row and head; and zeros for the accumulators of dQ if there are any.
template <int kDim>
LS_KERNEL(kBlock) facts_kernel(const AttentionBackward<bf16> a, const Rows rows) {
  constexpr int kChunks = kDim / 8;
  const AttentionShape& s = a.forward.shape;
  const int row = static_cast<int>(blockIdx.x) * (kBlock / kChunks) + static_cast<int>(threadIdx.x) / kChunks;
  const int chunk = static_cast<int>(threadIdx.x) % kChunks, head = static_cast<int>(blockIdx.y);
  const bool there = row < s.tokens;
  float delta = 0;
  if (there) {
    const int64_t from = (row * s.heads + head) * kDim + chunk * 8;
    const uint4 o = *reinterpret_cast<const uint4*>(a.forward.o + from), d_o = *reinterpret_cast<const uint4*>(a.d_o + from);
    const uint32_t left[4] = {o.x, o.y, o.z, o.w}, right[4] = {d_o.x, d_o.y, d_o.z, d_o.w};
    LS_UNROLL
    for (int i = 0; i < 4; i++) delta += low_bf16(left[i]) * low_bf16(right[i]) + high_bf16(left[i]) * high_bf16(right[i]);
  }
  LS_UNROLL
  for (int apart = kChunks / 2; apart > 0; apart /= 2) delta += __shfl_xor_sync(kWholeWarp, delta, apart);
  const int64_t fact = static_cast<int64_t>(head) * rows.padded + row;
  if (chunk == 0) {
    rows.minus_delta[fact] = -delta;
    rows.lse2[fact] = there ? a.forward.lse[head * s.tokens + row] * kLog2E : INFINITY;
    if (head == 0) {
      int first = there ? s.row_begin[row] : INT32_MAX;
      if (there && s.window && row - s.window + 1 > first) first = row - static_cast<int>(s.window) + 1;
      rows.first[row] = first;
    }
  }
  if (rows.d_q) {
    float4* zeros = reinterpret_cast<float4*>(rows.d_q + fact * kDim + chunk * 8);
    zeros[0] = zeros[1] = float4{0, 0, 0, 0};
  }
}

// d_q = scale · accumulators, eight columns of a row a thread.
template <int kDim>
LS_KERNEL(kBlock) d_q_kernel(const AttentionBackward<bf16> a, const Rows rows) {
  constexpr int kChunks = kDim / 8;
  const int row = static_cast<int>(blockIdx.x) * (kBlock / kChunks) + static_cast<int>(threadIdx.x) / kChunks;
  const int chunk = static_cast<int>(threadIdx.x) % kChunks, head = static_cast<int>(blockIdx.y);
  if (row >= a.forward.shape.tokens) return;
  const float scale = a.forward.shape.scale;
  const float* sums = rows.d_q + accumulator(rows, head, kDim, row, chunk * 8) + row % 16 / 8 * 64 + row % 8 * 4;
  const float4 even = *reinterpret_cast<const float4*>(sums), odd = *reinterpret_cast<const float4*>(sums + 32);
  const uint4 packed{pack_bf16(scale * even.x, scale * odd.x), pack_bf16(scale * even.y, scale * odd.y), pack_bf16(scale * even.z, scale * odd.z),
                     pack_bf16(scale * even.w, scale * odd.w)};
  *reinterpret_cast<uint4*>(a.d_q + row * a.forward.q_stride + head * kDim + chunk * 8) = packed;
}

template <int kDim>
void start(const AttentionBackward<bf16>& a) {
  const Rows rows = rows_of(a);
  const dim3 grid(static_cast<unsigned>(rows.padded / (kBlock / (kDim / 8))), static_cast<unsigned>(a.forward.shape.heads));
  launch("attention backward (Δ)", facts_kernel<kDim>, grid, dim3(kBlock), 0, a, rows);
  start_keys(a, rows);
  if (a.deterministic) start_rows(a, rows);
  else launch("attention backward (dQ)", d_q_kernel<kDim>, grid, dim3(kBlock), 0, a, rows);
}

}  // namespace gradient

int64_t attention_backward_workspace(const AttentionShape& s, bool deterministic) {
  const int64_t padded = gradient::padded_tokens(s);
  return padded + s.heads * padded * (2 + (deterministic ? 0 : s.head_dim));
}

void attention_backward(const AttentionBackward<bf16>& a) {
  switch (a.forward.shape.head_dim) {
    case 16: return gradient::start<16>(a);
    case 32: return gradient::start<32>(a);
    case 64: return gradient::start<64>(a);
    default: return gradient::start<128>(a);
  }
}

}  // namespace ls::LS_GPU
