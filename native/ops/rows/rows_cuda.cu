// Rows and heads on a GPU. What copies is one kernel with a map: where row r comes from and where it goes.
#include "runtime/device.h"

#include "ops/rows/rows.h"
#include "runtime/vector_device.h"

namespace ls::LS_GPU {

namespace rows {

constexpr int kArgmaxThreads = 512;
constexpr int kMeanVectors = 8;                         // of columns, that a block of mean takes
constexpr int kMeanLanes = kTileThreads / kMeanVectors; // that share the rows out among themselves

struct Gather {
  GatherRows<bf16> a;
  LS_DEVICE const bf16* from(int64_t r) const { return a.from + a.row[r] * a.width; }
  LS_DEVICE bf16* to(int64_t r) const { return a.to + r * a.width; }
};
struct Scatter {
  ScatterRows<bf16> a;
  LS_DEVICE const bf16* from(int64_t r) const { return a.from + r * a.width; }
  LS_DEVICE bf16* to(int64_t r) const { return a.to + a.row[r] * a.width; }
};
struct Strided {
  CopyStrided<bf16> a;
  LS_DEVICE const bf16* from(int64_t r) const { return a.from + r / a.rows * a.from_block + r % a.rows * a.from_stride; }
  LS_DEVICE bf16* to(int64_t r) const { return a.to + r / a.rows * a.to_block + r % a.rows * a.to_stride; }
};
struct Append {
  AppendToCache<bf16> a;
  LS_DEVICE const bf16* from(int64_t r) const { return a.from + r / a.heads * a.from_stride + r % a.heads * a.head_dim; }
  LS_DEVICE bf16* to(int64_t r) const { return a.to[r / a.heads] + (r % a.heads * a.capacity + a.length[r / a.heads] - 1) * a.head_dim; }
};

template <int kWide, class Map>
LS_KERNEL(kTileThreads) copy(Map map, RowTiles tiles) {
  int64_t row;
  int vector;
  if (!find_vector(tiles, row, vector)) return;
  store_stored<kWide>(map.to(row) + vector * kWide, load_stored<kWide>(map.from(row) + vector * kWide));
}

template <int kWide, class Map>
void start_copy(const char* op, const Map& map, int64_t rows, int64_t width) {
  const RowTiles tiles(rows, width, kWide);
  void (*kernel)(Map, RowTiles) = copy<kWide, Map>;
  launch(op, kernel, tiles.grid(), tiles.block(), 0, map, tiles);
}
template <class Map>
void copy_rows(const char* op, const Map& map, int64_t rows, int64_t width, bool wide) {
  if (wide && width % kVector == 0) start_copy<kVector>(op, map, rows, width);
  else start_copy<1>(op, map, rows, width);
}

// The best of a row so far: a higher value wins, of equal ones the lower index; NaN is neither.
struct Best {
  float value = -INFINITY;
  int32_t index = INT32_MAX;
  LS_DEVICE void take(float other, int32_t other_index) {
    if (other > value || (other == value && other_index < index)) value = other, index = other_index;
  }
};

template <int kWide>
LS_KERNEL(kArgmaxThreads, 2) argmax(ArgmaxRows a) {
  LS_SHARED(memory);
  constexpr int kWarps = kArgmaxThreads / 32, kStep = kArgmaxThreads * kWide;
  float* values = reinterpret_cast<float*>(memory);              // (kWarps)
  int32_t* indices = reinterpret_cast<int32_t*>(values + kWarps);  // (kWarps)
  const float* row = a.values + blockIdx.x * a.width;
  Best best;
  for (int64_t at = static_cast<int64_t>(threadIdx.x) * kWide; at < a.width; at += kStep) {
    float x[kWide];
    load_vector(x, row + at);
    LS_UNROLL
    for (int i = 0; i < kWide; i++) best.take(x[i], static_cast<int32_t>(at) + i);
  }
  LS_UNROLL
  for (int step = 16; step > 0; step /= 2) {
    const float value = __shfl_xor_sync(kWholeWarp, best.value, step);
    const int32_t index = __shfl_xor_sync(kWholeWarp, best.index, step);
    best.take(value, index);
  }
  if (threadIdx.x % 32 == 0) {
    values[threadIdx.x / 32] = best.value;
    indices[threadIdx.x / 32] = best.index;
  }
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int w = 1; w < kWarps; w++) best.take(values[w], indices[w]);
  a.index[blockIdx.x] = best.index == INT32_MAX ? 0 : best.index;
}

template <int kWide>
LS_KERNEL(kTileThreads) edit(EditHead<bf16> a, RowTiles tiles) {
  int64_t row;
  int vector;
  if (!find_vector(tiles, row, vector)) return;
  if ((a.number ? a.number[row] : row) < a.first_row) return;
  float value[kWide] = {};
  if (a.kind != HeadEdit::zero) load_vector(value, a.values + (a.kind == HeadEdit::replace ? row * a.head_dim : 0) + vector * kWide);
  store_vector(a.x + row * a.stride + a.head * a.head_dim + vector * kWide, value);
}

template <int kWide>
LS_KERNEL(kTileThreads) read(ReadHead<bf16> a, RowTiles tiles) {
  int64_t row;
  int vector;
  if (!find_vector(tiles, row, vector)) return;
  float value[kWide];
  load_vector(value, a.x + row * a.stride + a.head * a.head_dim + vector * kWide);
  store_vector(a.out + row * a.head_dim + vector * kWide, value);
}

// Lane l adds up rows l, l + kMeanLanes ... of the range, then the lanes' sums are added in their order.
template <int kWide>
LS_KERNEL(kTileThreads, 2) mean(MeanHead<bf16> a) {
  constexpr int kColumns = kMeanVectors * kWide;
  LS_SHARED(memory);
  double* sums = reinterpret_cast<double*>(memory);  // (kMeanLanes, kColumns)
  const int lane = threadIdx.x / kMeanVectors, vector = threadIdx.x % kMeanVectors;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kColumns, column = first + vector * kWide;
  double sum[kWide] = {};
  if (column < a.head_dim) {
    for (int64_t r = a.begin + lane; r < a.end; r += kMeanLanes) {
      float x[kWide];
      load_vector(x, a.x + r * a.stride + a.head * a.head_dim + column);
      LS_UNROLL
      for (int i = 0; i < kWide; i++) sum[i] += x[i];
    }
  }
  LS_UNROLL
  for (int i = 0; i < kWide; i++) sums[lane * kColumns + vector * kWide + i] = sum[i];
  __syncthreads();
  if (threadIdx.x >= kColumns || first + threadIdx.x >= a.head_dim) return;
  double total = 0;
  for (int l = 0; l < kMeanLanes; l++) total += sums[l * kColumns + threadIdx.x];
  a.mean[first + threadIdx.x] = static_cast<float>(total / static_cast<double>(a.end - a.begin));
}

// One vector a thread; what is left over, or all if the pointers are not aligned, one by one.
template <class From, class To>
LS_DEVICE void convert_vector(int64_t count, const From* from, To* to) {
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * kTileThreads + threadIdx.x) * kVector;
  if (first + kVector <= count && aligned_16(from, to)) {
    float x[kVector];
    load_vector(x, from + first);
    store_vector(to + first, x);
    return;
  }
  for (int64_t i = first; i < first + kVector && i < count; i++) {
    float x[1];
    load_vector(x, from + i);
    store_vector(to + i, x);
  }
}
LS_KERNEL(kTileThreads) widen_all(Widen a) { convert_vector(a.count, a.from, a.to); }
LS_KERNEL(kTileThreads) narrow_all(Narrow a) { convert_vector(a.count, a.from, a.to); }

unsigned pieces(int64_t count, int64_t piece) { return static_cast<unsigned>((count + piece - 1) / piece); }

}  // namespace rows

void gather_rows(const GatherRows<bf16>& a) { rows::copy_rows("gather rows", rows::Gather{a}, a.count, a.width, aligned_16(a.from, a.to)); }
void scatter_rows(const ScatterRows<bf16>& a) { rows::copy_rows("scatter rows", rows::Scatter{a}, a.count, a.width, aligned_16(a.from, a.to)); }

void copy_strided(const CopyStrided<bf16>& a) {
  const bool wide = (a.from_stride | a.to_stride | a.from_block | a.to_block) % kVector == 0 && aligned_16(a.from, a.to);
  rows::copy_rows("strided copy", rows::Strided{a}, a.blocks * a.rows, a.width, wide);
}

void append_to_cache(const AppendToCache<bf16>& a) {
  rows::copy_rows("append to cache", rows::Append{a}, a.sequences * a.heads, a.head_dim, a.from_stride % kVector == 0 && aligned_16(a.from));
}

void argmax_rows(const ArgmaxRows& a) {
  void (*kernel)(ArgmaxRows) = a.width % kVector == 0 && aligned_16(a.values) ? rows::argmax<kVector> : rows::argmax<1>;
  launch("argmax", kernel, static_cast<unsigned>(a.rows), rows::kArgmaxThreads, rows::kArgmaxThreads / 32 * (sizeof(float) + sizeof(int32_t)), a);
}

void edit_head(const EditHead<bf16>& a) {
  const bool wide = (a.head_dim | a.stride) % kVector == 0 && aligned_16(a.x, a.values);
  const RowTiles tiles(a.rows, a.head_dim, wide ? kVector : 1);
  void (*kernel)(EditHead<bf16>, RowTiles) = wide ? rows::edit<kVector> : rows::edit<1>;
  launch("head edit", kernel, tiles.grid(), tiles.block(), 0, a, tiles);
}

void read_head(const ReadHead<bf16>& a) {
  const bool wide = (a.head_dim | a.stride) % kVector == 0 && aligned_16(a.x, a.out);
  const RowTiles tiles(a.rows, a.head_dim, wide ? kVector : 1);
  void (*kernel)(ReadHead<bf16>, RowTiles) = wide ? rows::read<kVector> : rows::read<1>;
  launch("head capture", kernel, tiles.grid(), tiles.block(), 0, a, tiles);
}

void mean_head(const MeanHead<bf16>& a) {
  const bool wide = (a.head_dim | a.stride) % kVector == 0 && aligned_16(a.x);
  const int columns = rows::kMeanVectors * (wide ? kVector : 1);
  void (*kernel)(MeanHead<bf16>) = wide ? rows::mean<kVector> : rows::mean<1>;
  launch("head mean", kernel, rows::pieces(a.head_dim, columns), kTileThreads, rows::kMeanLanes * columns * sizeof(double), a);
}

void widen(const Widen& a) { launch("widen", rows::widen_all, rows::pieces(a.count, kTileThreads * kVector), kTileThreads, 0, a); }
void narrow(const Narrow& a) { launch("narrow", rows::narrow_all, rows::pieces(a.count, kTileThreads * kVector), kTileThreads, 0, a); }

}  // namespace ls::LS_GPU
