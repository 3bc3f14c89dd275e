// Statistics of chosen rows. The keys are cut into runs over the grid: a block takes the lines of a key/value head (score_rows_device.h) against one run and
// leaves a record for each line; a second kernel puts the records of a row together. Masses of spans and sums of columns need the row's lse first, and have
// kernels of their own. README.md has the choice of tiles and the limits.
#include <algorithm>

#include "ops/attention/best_keys_device.h"
#include "ops/attention/score_rows_device.h"
#include "ops/attention/softmax_device.h"
#include "runtime/device.h"
#include "runtime/error.h"

namespace ls::LS_GPU {
namespace scores {

constexpr int kStages = 3, kRowTiles = 2, kWarpLines = 16 * kRowTiles;
constexpr int kBlocks = 512;     // wanted: two to four on each multiprocessor; a constant, so that every GPU sums in the same order
constexpr int kShortestRun = 2 * kKeys;

// Of one row and one run of keys (or the part of it that one warp took). The sums are of 2^((score − best.score)·factor).
struct alignas(16) Record {
  BestKeys best;
  float sum, previous, duplicate, induction;
};

// Few lines: the four warps of a block share the lines and split the keys of a tile; else each has lines of its own.
struct Plan {
  bool few_lines;
  int64_t tiles, runs, records;
};
Plan plan(const AttentionShape& s, int64_t rows) {
  const int64_t lines = rows * (s.heads / s.kv_heads);
  Plan p{};
  p.few_lines = lines <= kWarpLines;
  p.tiles = p.few_lines ? 1 : (lines + kWarps * kWarpLines - 1) / (kWarps * kWarpLines);
  p.runs = std::max<int64_t>(1, std::min((s.tokens + kShortestRun - 1) / kShortestRun, kBlocks / (p.tiles * s.kv_heads)));
  p.records = p.runs * (p.few_lines ? kWarps : 1);
  return p;
}

// What a lane knows of one of its lines.
struct Known {
  BestKeys best;
  float sum = 0, previous = 0, duplicate = 0, induction = 0;
};

LS_DEVICE void rescale(Known& known, float scale) {
  known.sum *= scale, known.previous *= scale, known.duplicate *= scale, known.induction *= scale;
}

// The tile's keys that a line does not see become −inf. key: the lane's first.
template <int kKeyTiles>
LS_DEVICE void hide(float (&scores)[kKeyTiles][4], int half, const Line& line, int key) {
  const int begin = line.begin - key, end = line.token + 1 - key;
  LS_UNROLL
  for (int n = 0; n < kKeyTiles; n++)
    LS_UNROLL
    for (int e = 0; e < 2; e++)
      if (n * 8 + e < begin || n * 8 + e >= end) scores[n][2 * half + e] = -INFINITY;
}

// The masses on the key before the row, on its duplicates, and on the keys that follow one of those. ids: of the lane's keys and the ones around them.
template <int kKeyTiles>
LS_DEVICE void add_patterns(Known& known, const float (&p)[kKeyTiles][4], int half, const int (&ids)[kKeyTiles][3], int own, int document, int token, int key) {
  LS_UNROLL
  for (int n = 0; n < kKeyTiles; n++)
    LS_UNROLL
    for (int e = 0; e < 2; e++) {
      const int at = key + n * 8 + e;
      const float x = p[n][2 * half + e];
      if (at == token - 1) known.previous += x;
      if (ids[n][e + 1] == own && at != token) known.duplicate += x;
      if (ids[n][e] == own && at != document) known.induction += x;
    }
}

// kKeyWarps warps share lines and split the keys of each tile.
template <int kDim, int kKeyWarps, bool kPatterns>
LS_KERNEL(kThreads, 2) score_kernel(const ScoreRows<bf16> a, Record* records) {
  constexpr int kLineWarps = kWarps / kKeyWarps, kWarpKeys = kKeys / kKeyWarps, kStep = kWarpKeys < 32 ? kWarpKeys : 32, kKeyTiles = kStep / 8;
  LS_SHARED(shared);
  bf16* const tiles = reinterpret_cast<bf16*>(shared);

  const Lines lines = lines_of(a);
  const int kv_head = blockIdx.z, tokens = static_cast<int>(a.shape.tokens);
  const int block_line = blockIdx.x * kLineWarps * kWarpLines, line = block_line + tile::warp() / kKeyWarps * kWarpLines;
  const Sight all = sight(a, lines, block_line, kLineWarps * kWarpLines), mine = sight(a, lines, line, kWarpLines);
  const int count = (all.end - all.begin + kKeys - 1) / kKeys, runs = gridDim.y;
  const int first = count * static_cast<int>(blockIdx.y) / runs, last = count * (static_cast<int>(blockIdx.y) + 1) / runs;  // tiles of the run
  const float factor = a.shape.scale * kLog2E;
  const bf16* const k = a.k + kv_head * kDim;

  const auto copy_keys = [&](int i) {  // the i-th tile; beyond the last there is an empty group
    const int key = all.begin + i * kKeys;
    if (i < last) tile::copy_in<kDim, kKeys, kThreads>(tiles + i % kStages * kKeys * kDim, k + key * a.kv_stride, a.kv_stride, tokens - key);
    copy_async_commit();
  };
  LS_UNROLL
  for (int i = 0; i < kStages - 1; i++) copy_keys(first + i);

  Line at[kRowTiles][2];
  Known known[kRowTiles][2];
  [[maybe_unused]] int own[kRowTiles][2], document[kRowTiles][2];
  uint32_t q[kRowTiles][kDim / 16][4];
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++) {
    const int upper = line + m * 16 + tile::lane() / 4;
    at[m][0] = line_at(a, lines, kv_head, upper), at[m][1] = line_at(a, lines, kv_head, upper + 8);
    load_queries<kDim>(q[m], query_of(a, lines, kv_head, upper), query_of(a, lines, kv_head, upper + 8));
    if constexpr (kPatterns) {
      LS_UNROLL
      for (int half = 0; half < 2; half++) {
        const int token = max(at[m][half].token, 0);
        own[m][half] = a.ids[token], document[m][half] = a.shape.row_begin[token];
      }
    }
  }

  LS_NO_UNROLL
  for (int i = first; i < last; i++) {
    copy_async_wait<kStages - 2>();
    __syncthreads();  // the tile has arrived for everyone, and nobody reads the stage that is filled next
    copy_keys(i + kStages - 1);
    LS_NO_UNROLL
    for (int part = 0; part < kWarpKeys; part += kStep) {
      const int column = tile::warp() % kKeyWarps * kWarpKeys + part, begin = all.begin + i * kKeys + column;
      if (begin >= mine.end || begin + kStep <= mine.begin) continue;
      float s[kRowTiles][kKeyTiles][4];
      multiply<kDim>(s, q, tiles + i % kStages * kKeys * kDim, column);
      const bool whole = begin >= mine.all_begin && begin + kStep <= mine.all_end;
      const int key = begin + tile::lane() % 4 * 2;
      [[maybe_unused]] int ids[kKeyTiles][3];
      if constexpr (kPatterns) {
        LS_UNROLL
        for (int n = 0; n < kKeyTiles; n++)
          LS_UNROLL
          for (int e = 0; e < 3; e++) ids[n][e] = a.ids[min(max(key + n * 8 + e - 1, 0), tokens - 1)];
      }
      LS_UNROLL
      for (int m = 0; m < kRowTiles; m++)
        LS_UNROLL
        for (int half = 0; half < 2; half++) {
          if (!whole) hide(s[m], half, at[m][half], key);
          Known& row = known[m][half];
          const float before = row.best.score;
          LS_UNROLL
          for (int n = 0; n < kKeyTiles; n++)
            LS_UNROLL
            for (int e = 0; e < 2; e++) add_next(row.best, s[m][n][2 * half + e], key + n * 8 + e);
          const float reference = attention::reference(row.best.score, factor);
          rescale(row, exp2_approx(fmaf(before, factor, -reference)));
          LS_UNROLL
          for (int n = 0; n < kKeyTiles; n++)
            LS_UNROLL
            for (int e = 2 * half; e < 2 * half + 2; e++) row.sum += s[m][n][e] = exp2_approx(fmaf(s[m][n][e], factor, -reference));
          if constexpr (kPatterns) add_patterns(row, s[m], half, ids, own[m][half], document[m][half], at[m][half].token, key);
        }
    }
  }

  records += (static_cast<int64_t>(blockIdx.y) * kKeyWarps + tile::warp() % kKeyWarps) * a.shape.heads * a.rows;
  LS_UNROLL
  for (int m = 0; m < kRowTiles; m++)
    LS_UNROLL
    for (int half = 0; half < 2; half++) {
      Known& row = known[m][half];
      const float before = row.best.score;
      merge_lanes(row.best, 2);
      rescale(row, exp2_approx(fmaf(before, factor, -attention::reference(row.best.score, factor))));
      Record record{row.best, tile::row_sum(row.sum), 0, 0, 0};
      if constexpr (kPatterns) {
        record.previous = tile::row_sum(row.previous);
        record.duplicate = tile::row_sum(row.duplicate);
        record.induction = tile::row_sum(row.induction);
      }
      if (tile::lane() % 4 == 0 && at[m][half].cell >= 0) records[at[m][half].cell] = record;
    }
}

LS_DEVICE float warp_sum(float x) {
  LS_NO_UNROLL
  for (int step = 16; step; step /= 2) x += __shfl_xor_sync(kWholeWarp, x, step);
  return x;
}

// One warp a row and head: its records, put together.
LS_KERNEL(kThreads) combine_kernel(const ScoreRows<bf16> a, const Record* records, int count, float* lse2) {
  const int64_t cells = a.shape.heads * a.rows, cell = static_cast<int64_t>(blockIdx.x) * kWarps + tile::warp();
  if (cell >= cells) return;
  records += cell;
  const float factor = a.shape.scale * kLog2E;
  BestKeys best;
  for (int i = tile::lane(); i < count; i += 32) add(best, records[i * cells].best);
  merge_lanes(best, 16);
  const float reference = attention::reference(best.score, factor);
  float sum = 0, previous = 0, duplicate = 0, induction = 0;
  for (int i = tile::lane(); i < count; i += 32) {
    const Record r = records[i * cells];
    const float scale = exp2_approx(fmaf(r.best.score, factor, -reference));
    sum += scale * r.sum, previous += scale * r.previous, duplicate += scale * r.duplicate, induction += scale * r.induction;
  }
  sum = warp_sum(sum), previous = warp_sum(previous), duplicate = warp_sum(duplicate), induction = warp_sum(induction);
  if (tile::lane()) return;
  const float lse = reference + log2f(sum), inverse = 1 / sum;
  lse2[cell] = lse;
  if (a.lse) a.lse[cell] = lse * kLn2;
  if (a.argmax) a.argmax[cell] = best.key < 0 ? attention::first_key(a.shape, static_cast<int>(a.row[cell % a.rows])) : best.key;
  if (a.max_prob) a.max_prob[cell] = inverse;
  if (a.second) a.second[cell] = best.second_key;
  if (a.second_prob) a.second_prob[cell] = best.second_key < 0 ? 0.0f : exp2_approx(fmaf(best.second_score, factor, -reference)) * inverse;
  if (a.pattern) {
    float* pattern = a.pattern + cell * 3;
    pattern[0] = previous * inverse, pattern[1] = duplicate * inverse, pattern[2] = induction * inverse;
  }
}

template <int kDim, int kKeyWarps>
void start_scores(const ScoreRows<bf16>& a, const Plan& p, Record* records) {
  const dim3 grid(static_cast<unsigned>(p.tiles), static_cast<unsigned>(p.runs), static_cast<unsigned>(a.shape.kv_heads));
  launch("scores of rows", a.pattern ? score_kernel<kDim, kKeyWarps, true> : score_kernel<kDim, kKeyWarps, false>, grid, dim3(kThreads),
         kStages * kKeys * kDim * sizeof(bf16), a, records);
}

template <int kDim>
void start(const ScoreRows<bf16>& a) {
  const Plan p = plan(a.shape, a.rows);
  const int64_t cells = a.shape.heads * a.rows;
  Record* records = reinterpret_cast<Record*>(a.workspace);
  float* lse2 = reinterpret_cast<float*>(records + p.records * cells);
  if (a.rows) {
    p.few_lines ? start_scores<kDim, kWarps>(a, p, records) : start_scores<kDim, 1>(a, p, records);
    launch("statistics of rows", combine_kernel, dim3(static_cast<unsigned>((cells + kWarps - 1) / kWarps)), dim3(kThreads), 0, a,
           static_cast<const Record*>(records), static_cast<int>(p.records), lse2);
    if (a.spans && (a.span_mass || a.span_output)) start_spans(a, lse2);
  }
  if (a.column_sum) start_columns(a, lse2);
}

}  // namespace scores

int64_t score_rows_workspace(const AttentionShape& shape, int64_t rows, int64_t) {
  return (scores::plan(shape, rows).records * (sizeof(scores::Record) / sizeof(float)) + 1) * shape.heads * rows;
}

void score_rows(const ScoreRows<bf16>& args) {
  ScoreRows<bf16> a = args;
  if (a.shape.window >= a.shape.tokens) a.shape.window = 0;
  switch (a.shape.head_dim) {
    case 16: return scores::start<16>(a);
    case 32: return scores::start<32>(a);
    case 64: return scores::start<64>(a);
    case 128: return scores::start<128>(a);
    default: fail(LS_UNSUPPORTED, "scores of rows on a GPU need head_dim 16, 32, 64 or 128, not ", a.shape.head_dim);
  }
}

}  // namespace ls::LS_GPU
