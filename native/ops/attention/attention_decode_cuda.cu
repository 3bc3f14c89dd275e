// Decode: one new row for each of several sequences, bound by reading the cache once. A block takes the query heads of a key/value head, up to 16 of them as
// the rows of one product, against a run of keys; its four warps share each tile of 64 keys. A second kernel puts the runs of a row together. README.md has
// the limits.
#include <algorithm>

#include "ops/attention/attention.h"
#include "ops/attention/best_keys_device.h"
#include "ops/attention/queries_device.h"
#include "ops/attention/softmax_device.h"
#include "runtime/device.h"
#include "runtime/error.h"

namespace ls::LS_GPU {
namespace decode {

using scores::kKeys;
using scores::kThreads;
using scores::kWarps;

constexpr int kStages = 3, kHeads = 16;  // query heads of a block
constexpr int kWarpKeys = kKeys / kWarps, kKeyTiles = kWarpKeys / 8;
constexpr int kBlocks = 512;  // wanted: two to four on each multiprocessor; a constant, so that every GPU sums in the same order
constexpr int kShortestRun = 2 * kKeys;

int64_t runs_of(int64_t sequences, int64_t blocks_a_run, int64_t longest) {
  return std::max<int64_t>(1, std::min((longest + kShortestRun - 1) / kShortestRun, kBlocks / std::max<int64_t>(1, sequences * blocks_a_run)));
}

// Of one query head and one run of keys. Sums are of 2^((score − top)·factor).
struct Record {
  float top, sum;
  BestKeys best;  // of statistics
};

struct Workspace {
  int runs;
  int64_t longest;
  Record* records;  // (sequences, heads, runs)
  float* outputs;   // (sequences, heads, runs, head_dim)
  float* scores;    // (sequences, heads, longest) q·k, of sequences with span masses only
};

// The keys that the new row of a sequence sees.
struct Seen { int begin, end; };
LS_DEVICE Seen seen(const AttentionDecode<bf16>& a, int sequence) {
  const int length = static_cast<int>(a.length[sequence]), window = static_cast<int>(a.window);
  return {window ? max(0, length - window) : 0, length};
}

template <int kDim>
constexpr int run_shared() { return kStages * 2 * kKeys * kDim * 2; }
// After the last tile the warps' results take the place of the tiles. Rows of outputs are filled up so that a fragment's rows lie in different banks.
template <int kDim>
constexpr int kOutputStride = kDim + 8;
static_assert(kWarps * kHeads * (kOutputStride<16> * 4 + static_cast<int>(sizeof(Record))) <= run_shared<16>(), "results fit where the tiles were");

template <int kDim>
LS_KERNEL(kThreads, 2) run_kernel(const AttentionDecode<bf16> a, const Workspace w) {
  LS_SHARED(shared);
  bf16* const k_tiles = reinterpret_cast<bf16*>(shared);
  bf16* const v_tiles = k_tiles + kStages * kKeys * kDim;

  const int sequence = blockIdx.z, kv_head = blockIdx.y % static_cast<int>(a.kv_heads), group = static_cast<int>(a.heads / a.kv_heads);
  const int in_group = blockIdx.y / static_cast<int>(a.kv_heads) * kHeads, heads = min(kHeads, group - in_group), first_head = kv_head * group + in_group;
  const Seen keys = seen(a, sequence);
  const int count = (keys.end - keys.begin + kKeys - 1) / kKeys, run = blockIdx.x;
  const int first = count * run / w.runs, last = count * (run + 1) / w.runs;  // tiles of the run
  const bf16 *const k = a.k[sequence] + kv_head * a.capacity * kDim, *const v = a.v[sequence] + kv_head * a.capacity * kDim;
  const float factor = a.scale * kLog2E;

  const auto copy_keys = [&](int i) {  // the i-th tile; beyond the last there is an empty group
    const int64_t key = keys.begin + i * kKeys;
    if (i < last) {
      tile::copy_in<kDim, kKeys, kThreads>(k_tiles + i % kStages * kKeys * kDim, k + key * kDim, kDim, keys.end - static_cast<int>(key));
      tile::copy_in<kDim, kKeys, kThreads>(v_tiles + i % kStages * kKeys * kDim, v + key * kDim, kDim, keys.end - static_cast<int>(key));
    }
    copy_async_commit();
  };
  LS_UNROLL
  for (int i = 0; i < kStages - 1; i++) copy_keys(first + i);

  // The lane's two heads, g and g + 8 of the block.
  const int upper = tile::lane() / 4;
  const bf16* const query = a.q + sequence * a.q_stride + first_head * kDim;
  uint32_t q[1][kDim / 16][4];
  scores::load_queries<kDim>(q[0], upper < heads ? query + upper * kDim : nullptr, upper + 8 < heads ? query + (upper + 8) * kDim : nullptr);
  const bool statistics = a.statistics, masses = statistics && a.statistics[sequence].span_mass;
  float* const scores_out = w.scores + (sequence * a.heads + first_head) * w.longest;

  float out[kDim / 8][4], top[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};
  BestKeys best[2];
  LS_UNROLL
  for (int d = 0; d < kDim / 8; d++)
    LS_UNROLL
    for (int e = 0; e < 4; e++) out[d][e] = 0;

  LS_NO_UNROLL
  for (int i = first; i < last; i++) {
    copy_async_wait<kStages - 2>();
    __syncthreads();  // the tile has arrived for everyone, and nobody reads the stage that is filled next
    copy_keys(i + kStages - 1);
    const int stage = i % kStages * kKeys * kDim, column = tile::warp() * kWarpKeys, key = keys.begin + i * kKeys + column + tile::lane() % 4 * 2;
    float s[1][kKeyTiles][4];
    scores::multiply<kDim>(s, q, k_tiles + stage, column);
    if (keys.begin + (i + 1) * kKeys > keys.end) {
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++)
        LS_UNROLL
        for (int e = 0; e < 4; e++)
          if (key + n * 8 + e % 2 >= keys.end) s[0][n][e] = -INFINITY;
    }
    float higher[2];
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      higher[half] = top[half];
      LS_UNROLL
      for (int n = 0; n < kKeyTiles; n++)
        LS_UNROLL
        for (int e = 0; e < 2; e++) {
          const float x = s[0][n][2 * half + e];
          higher[half] = fmaxf(higher[half], x);
          if (statistics) add_next(best[half], x, key + n * 8 + e);
          if (masses && upper + half * 8 < heads && key + n * 8 + e < keys.end) scores_out[(upper + half * 8) * w.longest + key + n * 8 + e] = x;
        }
      higher[half] = tile::row_max(higher[half]);
    }
    if (__any_sync(kWholeWarp, higher[0] > top[0] || higher[1] > top[1])) {
      LS_UNROLL
      for (int half = 0; half < 2; half++) {
        const float scale = exp2_approx(fmaf(top[half], factor, -attention::reference(higher[half], factor)));
        top[half] = higher[half];
        sum[half] *= scale;
        LS_UNROLL
        for (int d = 0; d < kDim / 8; d++) out[d][2 * half] *= scale, out[d][2 * half + 1] *= scale;
      }
    }
    LS_UNROLL
    for (int n = 0; n < kKeyTiles; n++)
      LS_UNROLL
      for (int e = 0; e < 4; e++)
        sum[e / 2] += s[0][n][e] = exp2_approx(fmaf(s[0][n][e], factor, -attention::reference(top[e / 2], factor)));
    uint32_t p[4];
    tile::as_a(p, s[0][0], s[0][1]);
    LS_UNROLL
    for (int d = 0; d < kDim / 8; d += 2) {
      uint32_t b[4];
      tile::load_b_transposed<kDim>(b, v_tiles + stage, column, d * 8);
      mma_16816(out[d], p, b[0], b[1]);
      mma_16816(out[d + 1], p, b[2], b[3]);
    }
  }

  // The warps' results, then their sum.
  float* const outputs = reinterpret_cast<float*>(shared);  // (warps, heads, kOutputStride)
  Record* const records = reinterpret_cast<Record*>(outputs + kWarps * kHeads * kOutputStride<kDim>);  // (warps, heads)
  __syncthreads();  // nobody reads the tiles any more
  LS_UNROLL
  for (int half = 0; half < 2; half++) {
    const int row = tile::warp() * kHeads + upper + half * 8;
    LS_UNROLL
    for (int d = 0; d < kDim / 8; d++)
      *reinterpret_cast<float2*>(outputs + row * kOutputStride<kDim> + d * 8 + tile::lane() % 4 * 2) = make_float2(out[d][2 * half], out[d][2 * half + 1]);
    if (statistics) merge_lanes(best[half], 2);
    const float total = tile::row_sum(sum[half]);
    if (tile::lane() % 4 == 0) records[row] = {top[half], total, best[half]};
  }
  __syncthreads();  // the results of all warps are there
  const int64_t cell = sequence * a.heads + first_head;
  for (int i = threadIdx.x; i < heads * kDim; i += kThreads) {
    const int head = i / kDim, d = i % kDim;
    float highest = -INFINITY, value = 0;
    LS_UNROLL
    for (int n = 0; n < kWarps; n++) highest = fmaxf(highest, records[n * kHeads + head].top);
    const float reference = attention::reference(highest, factor);
    LS_UNROLL
    for (int n = 0; n < kWarps; n++)
      value += exp2_approx(fmaf(records[n * kHeads + head].top, factor, -reference)) * outputs[(n * kHeads + head) * kOutputStride<kDim> + d];
    w.outputs[((cell + head) * w.runs + run) * kDim + d] = value;
  }
  if (static_cast<int>(threadIdx.x) < heads) {
    const int head = threadIdx.x;
    Record all{-INFINITY, 0, {}};
    LS_UNROLL
    for (int n = 0; n < kWarps; n++) {
      all.top = fmaxf(all.top, records[n * kHeads + head].top);
      add(all.best, records[n * kHeads + head].best);
    }
    LS_UNROLL
    for (int n = 0; n < kWarps; n++)
      all.sum += exp2_approx(fmaf(records[n * kHeads + head].top, factor, -attention::reference(all.top, factor))) * records[n * kHeads + head].sum;
    w.records[(cell + head) * w.runs + run] = all;
  }
}

LS_DEVICE float warp_sum(float x) {
  LS_NO_UNROLL
  for (int step = 16; step; step /= 2) x += __shfl_xor_sync(kWholeWarp, x, step);
  return x;
}

// Mass of each span, a warp a span, from the scores that were kept. A span before the window gives NaN, one that the row never sees 0.
LS_DEVICE void write_masses(const AttentionDecode<bf16>::Statistics& wanted, const Seen& keys, const float* scores, float factor, float lse2, int head) {
  for (int64_t span = tile::warp(); span < wanted.spans; span += blockDim.x / 32) {
    const int begin = static_cast<int>(wanted.span_begin[span]), end = min(static_cast<int>(wanted.span_end[span]), keys.end);
    float mass = 0;
    for (int key = max(begin, keys.begin) + tile::lane(); key < end; key += 32) mass += exp2_approx(fmaf(scores[key], factor, -lse2));
    mass = warp_sum(mass);
    if (tile::lane() == 0) wanted.span_mass[head * wanted.spans + span] = begin < end && end <= keys.begin ? NAN : mass;
  }
}

// One block a query head and sequence. The first warp weighs the runs; then threads d, d + head_dim.. add every so-manieth run of element d.
constexpr int kCombineThreads = 256;
LS_KERNEL(kCombineThreads) combine_kernel(const AttentionDecode<bf16> a, const Workspace w) {
  LS_SHARED(shared);
  float* const weights = reinterpret_cast<float*>(shared);  // (runs)
  float* const parts = weights + w.runs;                    // (threads)
  float* const lse2 = parts + kCombineThreads;

  const int head = blockIdx.x, sequence = blockIdx.y, head_dim = static_cast<int>(a.head_dim);
  const int64_t cell = sequence * a.heads + head;
  const Record* const records = w.records + cell * w.runs;
  const Seen keys = seen(a, sequence);
  const float factor = a.scale * kLog2E;
  if (tile::warp() == 0) {
    float top = -INFINITY, total = 0;
    BestKeys best;
    for (int run = tile::lane(); run < w.runs; run += 32) {
      top = fmaxf(top, records[run].top);
      if (a.statistics) add(best, records[run].best);
    }
    LS_NO_UNROLL
    for (int step = 16; step; step /= 2) top = fmaxf(top, __shfl_xor_sync(kWholeWarp, top, step));
    const float reference = attention::reference(top, factor);
    for (int run = tile::lane(); run < w.runs; run += 32) {
      weights[run] = exp2_approx(fmaf(records[run].top, factor, -reference));
      total += weights[run] * records[run].sum;
    }
    total = warp_sum(total);
    const float inverse = 1 / total;
    for (int run = tile::lane(); run < w.runs; run += 32) weights[run] *= inverse;
    if (a.statistics) merge_lanes(best, 16);
    if (a.statistics && tile::lane() == 0) {
      const auto wanted = a.statistics[sequence];
      *lse2 = reference + log2f(total);
      if (wanted.lse) wanted.lse[head] = *lse2 * kLn2;
      if (wanted.argmax) wanted.argmax[head] = best.key < 0 ? keys.end - 1 : best.key;
      if (wanted.max_prob) wanted.max_prob[head] = inverse;
      if (wanted.second) wanted.second[head] = best.second_key;
      if (wanted.second_prob) wanted.second_prob[head] = best.second_key < 0 ? 0.0f : exp2_approx(fmaf(best.second_score, factor, -reference)) * inverse;
    }
  }
  __syncthreads();  // the weights are there

  const int d = threadIdx.x % head_dim, every = kCombineThreads / head_dim;
  const float* const outputs = w.outputs + cell * w.runs * head_dim + d;
  float value = 0;
  for (int run = threadIdx.x / head_dim; run < w.runs; run += every) value += weights[run] * outputs[run * head_dim];
  parts[threadIdx.x] = value;
  __syncthreads();  // and the parts
  if (static_cast<int>(threadIdx.x) < head_dim) {
    for (int i = 1; i < every; i++) value += parts[i * head_dim + d];
    a.o[cell * head_dim + d] = to_bf16(value);
  }
  if (a.statistics && a.statistics[sequence].span_mass) write_masses(a.statistics[sequence], keys, w.scores + cell * w.longest, factor, *lse2, head);
}

template <int kDim>
void start(const AttentionDecode<bf16>& a) {
  const int64_t blocks_a_run = a.kv_heads * ((a.heads / a.kv_heads + kHeads - 1) / kHeads), cells = a.sequences * a.heads;
  Workspace w{};
  w.longest = a.longest;
  w.runs = static_cast<int>(runs_of(a.sequences, blocks_a_run, a.window ? std::min(a.window, a.longest) : a.longest));
  w.records = reinterpret_cast<Record*>(a.workspace);
  w.outputs = reinterpret_cast<float*>(w.records + cells * w.runs);
  w.scores = w.outputs + cells * w.runs * kDim;
  launch("decode attention", run_kernel<kDim>,
         dim3(static_cast<unsigned>(w.runs), static_cast<unsigned>(blocks_a_run), static_cast<unsigned>(a.sequences)), dim3(kThreads), run_shared<kDim>(),
         a, w);
  launch("decode attention: sum of runs", combine_kernel, dim3(static_cast<unsigned>(a.heads), static_cast<unsigned>(a.sequences)), dim3(kCombineThreads),
         (w.runs + kCombineThreads + 1) * sizeof(float), a, w);
}

}  // namespace decode

// Blocks of a run are at least one a sequence: no launch has more runs than this counts.
int64_t attention_decode_workspace(int64_t sequences, int64_t heads, int64_t head_dim, int64_t longest) {
  const int64_t runs = decode::runs_of(sequences, 1, longest);
  return sequences * heads * (runs * (head_dim + static_cast<int64_t>(sizeof(decode::Record) / sizeof(float))) + longest);
}

void attention_decode(const AttentionDecode<bf16>& a) {
  switch (a.head_dim) {
    case 16: return decode::start<16>(a);
    case 32: return decode::start<32>(a);
    case 64: return decode::start<64>(a);
    case 128: return decode::start<128>(a);
    default: fail(LS_UNSUPPORTED, "attention on a GPU needs head_dim 16, 32, 64 or 128, not ", a.head_dim);
  }
}

}  // namespace ls::LS_GPU
