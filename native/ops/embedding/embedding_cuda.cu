// Token embedding on a GPU. Backward, order brings the tokens of an id together: a run. Every sum is taken by one warp or one block in an order that
// depends on the run alone. Runs of up to kLong tokens: a warp for 32 vectors of columns. Longer ones, such as those of padding: a block for 8 vectors
// of columns, whose threads share the tokens out among kLanes lanes.
#include "runtime/device.h"

#include "ops/embedding/embedding.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace embedding {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kLong = 64;
constexpr int kLongVectors = 8;                     // of columns, that a block of add_long_runs takes
constexpr int kLanes = kThreads / kLongVectors;     // that share the tokens of a long run
constexpr int kAtOnce = 8, kFew = 4;                // tokens on their way to a thread at the same time, in long and in short runs

template <int kWide>
LS_KERNEL(kTileThreads) forward(EmbeddingForward<bf16> a, RowTiles tiles) {
  int64_t token;
  int vector;
  if (!find_vector(tiles, token, vector)) return;
  store_stored<kWide>(a.y + token * a.width + vector * kWide, load_stored<kWide>(a.table + a.ids[token] * a.width + vector * kWide));
}

// Adds the vectors of the tokens in order; token −1 is none. All of them are on their way before the first is added: a load under a condition would wait,
// so none reads what `some` has.
template <int kWide, int kTokens>
LS_DEVICE void add(float (&sum)[kWide], const EmbeddingBackward<bf16>& a, const int32_t (&token)[kTokens], int32_t some, int64_t column) {
  typename Stored<kWide>::Type stored[kTokens];
  LS_UNROLL
  for (int k = 0; k < kTokens; k++) stored[k] = load_stored<kWide>(a.d_y + (token[k] < 0 ? some : token[k]) * a.width + column);
  LS_UNROLL
  for (int k = 0; k < kTokens; k++) {
    float x[kWide];
    unpack(x, stored[k]);
    LS_UNROLL
    for (int i = 0; i < kWide; i++) sum[i] += token[k] < 0 ? 0 : x[i];
  }
}

template <int kWide>
LS_KERNEL(kThreads, 4) add_short_runs(EmbeddingBackward<bf16> a) {
  const int lane = threadIdx.x % 32;
  const int64_t begin = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32, column = (static_cast<int64_t>(blockIdx.y) * 32 + lane) * kWide;
  if (begin >= a.tokens) return;
  const int32_t id = a.ids[a.order[begin]];
  if (begin > 0 && a.ids[a.order[begin - 1]] == id) return;                          // not the first of its run
  if (begin + kLong < a.tokens && a.ids[a.order[begin + kLong]] == id) return;       // add_long_runs
  float sum[kWide] = {};
  int found = 32;  // tokens of the run among the next 32
  for (int64_t first = begin; found == 32; first += 32) {
    const int mine = first + lane < a.tokens ? a.order[first + lane] : -1;
    const bool same = mine >= 0 && a.ids[mine] == id;
    found = __popc(__ballot_sync(kWholeWarp, same));
    for (int first_of_few = 0; first_of_few < found; first_of_few += kFew) {
      int32_t token[kFew];
      LS_UNROLL
      for (int k = 0; k < kFew; k++) {
        token[k] = __shfl_sync(kWholeWarp, mine, first_of_few + k);
        if (first_of_few + k >= found) token[k] = -1;
      }
      if (column < a.width) add(sum, a, token, a.order[begin], column);
    }
  }
  if (column >= a.width) return;
  float* into = a.d_table + id * a.width + column;
  float d_table[kWide];
  load_vector(d_table, into);
  LS_UNROLL
  for (int i = 0; i < kWide; i++) d_table[i] += sum[i];
  store_vector(into, d_table);
}

// A run longer than kLong has a multiple of kLong among its places in order; the block of the first one takes it.
template <int kWide>
LS_KERNEL(kThreads, 4) add_long_runs(EmbeddingBackward<bf16> a) {
  constexpr int kColumns = kLongVectors * kWide;
  LS_SHARED(memory);
  float* sums = reinterpret_cast<float*>(memory);  // (kLanes, kColumns)
  const int64_t place = static_cast<int64_t>(blockIdx.x) * kLong;
  const int32_t id = a.ids[a.order[place]];
  if (place >= kLong && a.ids[a.order[place - kLong]] == id) return;
  const int64_t before = place - 1 - threadIdx.x;
  const bool same = threadIdx.x < kLong && before >= 0 && a.ids[a.order[before]] == id;
  const int64_t begin = place - __syncthreads_count(same);
  if (begin + kLong >= a.tokens || a.ids[a.order[begin + kLong]] != id) return;

  const int lane = threadIdx.x / kLongVectors, vector = threadIdx.x % kLongVectors;
  const int64_t first_column = static_cast<int64_t>(blockIdx.y) * kColumns, column = first_column + vector * kWide;
  float sum[kWide] = {};
  bool more = column < a.width;
  for (int64_t first = begin + lane; more; first += kLanes * kAtOnce) {
    int32_t token[kAtOnce];
    LS_UNROLL
    for (int k = 0; k < kAtOnce; k++) {
      const int64_t at = first + k * kLanes;
      token[k] = at < a.tokens ? a.order[at] : -1;
    }
    LS_UNROLL
    for (int k = 0; k < kAtOnce; k++)
      if (token[k] >= 0 && a.ids[token[k]] != id) token[k] = -1;
    add(sum, a, token, a.order[begin], column);
    more = token[kAtOnce - 1] >= 0;
  }
  store_vector(sums + lane * kColumns + vector * kWide, sum);
  __syncthreads();
  if (threadIdx.x >= kColumns || first_column + threadIdx.x >= a.width) return;
  float total = 0;
  for (int l = 0; l < kLanes; l++) total += sums[l * kColumns + threadIdx.x];
  a.d_table[id * a.width + first_column + threadIdx.x] += total;
}

unsigned pieces(int64_t count, int64_t piece) { return static_cast<unsigned>((count + piece - 1) / piece); }

template <int kWide>
void launch_forward(const EmbeddingForward<bf16>& a) {
  const RowTiles tiles(a.tokens, a.width, kWide);
  void (*kernel)(EmbeddingForward<bf16>, RowTiles) = forward<kWide>;
  launch("embedding forward", kernel, tiles.grid(), tiles.block(), 0, a, tiles);
}

template <int kWide>
void launch_backward(const EmbeddingBackward<bf16>& a) {
  constexpr int kColumns = kLongVectors * kWide;
  void (*short_runs)(EmbeddingBackward<bf16>) = add_short_runs<kWide>;
  void (*long_runs)(EmbeddingBackward<bf16>) = add_long_runs<kWide>;
  launch("embedding backward", short_runs, dim3(pieces(a.tokens, kWarps), pieces(a.width, 32 * kWide)), kThreads, 0, a);
  launch("embedding backward", long_runs, dim3(pieces(a.tokens, kLong), pieces(a.width, kColumns)), kThreads, kLanes * kColumns * sizeof(float), a);
}

}  // namespace embedding

void embedding_forward(const EmbeddingForward<bf16>& a) {
  if (a.width % kVector == 0 && aligned_16(a.table, a.y)) embedding::launch_forward<kVector>(a);
  else embedding::launch_forward<1>(a);
}

void embedding_backward(const EmbeddingBackward<bf16>& a) {
  if (a.width % kVector == 0 && aligned_16(a.d_y, a.d_table)) embedding::launch_backward<kVector>(a);
  else embedding::launch_backward<1>(a);
}

}  // namespace ls::LS_GPU
