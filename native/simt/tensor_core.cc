// ldmatrix, stmatrix and mma.sync with the fragment layouts of the PTX ISA ("Warp-level matrix instructions").
#include <algorithm>

#include "simt/machine.h"

namespace simt {
namespace {

float low_half(uint32_t pair) {
  const uint32_t bits = pair << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
float high_half(uint32_t pair) {
  const uint32_t bits = pair & 0xffff0000u;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

struct MatrixLane {
  uint32_t* r;
  unsigned char* row;
};
MatrixLane& matrix_lane(void* const* lanes, int i) { return *static_cast<MatrixLane*>(lanes[i]); }

// The eight rows of a matrix move in one pass if they lie in different sixteen-byte columns of the 128-byte wide banks.
void count_bank_conflicts(void* const* lanes) {
  for (int matrix = 0; matrix < 4; matrix++) {
    int rows[8] = {}, passes = 0;
    for (int row = 0; row < 8; row++) {
      const uintptr_t at = reinterpret_cast<uintptr_t>(matrix_lane(lanes, matrix * 8 + row).row);
      passes = std::max(passes, ++rows[at / 16 % 8]);
    }
    machine().counters.matrix_bank_conflicts += passes - 1;
  }
}

// Copies between registers and rows. Lane i holds of matrix j the elements (i / 4, 2·(i % 4)) and the next one; transposed, (2·(i % 4), i / 4) and
// the one below.
template <bool kTransposed, bool kStore>
void move_matrices(unsigned, void* const* lanes) {
  count_bank_conflicts(lanes);
  for (int matrix = 0; matrix < 4; matrix++)
    for (int i = 0; i < kLanes; i++)
      for (int half = 0; half < 2; half++) {
        const int along = i % 4 * 2 + half, across = i / 4;
        const int row = kTransposed ? along : across, column = kTransposed ? across : along;
        unsigned char* in_memory = matrix_lane(lanes, matrix * 8 + row).row + column * 2;
        unsigned char* in_register = reinterpret_cast<unsigned char*>(&matrix_lane(lanes, i).r[matrix]) + half * 2;
        memcpy(kStore ? in_memory : in_register, kStore ? in_register : in_memory, 2);
      }
}

void check_row(const char* what, const void* row, Access access, Location at) {
  if (reinterpret_cast<uintptr_t>(row) % 16) fail(at, "%s: a row is not aligned to 16 bytes", what);
  if (!machine().in_shared(row, 16)) fail(at, "%s: a row is not in the block's shared memory", what);
  touch(row, 16, access, at);
}

struct MmaLane {
  float* d;
  const uint32_t *a, *b;
};

void multiply(unsigned, void* const* lanes) {
  using Row = float __attribute__((vector_size(32)));  // eight columns
  alignas(32) float a[16][16], b[16][8], d[16][8];
  machine().counters.mma++;
  for (int i = 0; i < kLanes; i++) {
    const MmaLane& lane = *static_cast<MmaLane*>(lanes[i]);
    const int g = i / 4, t = i % 4 * 2;
    for (int q = 0; q < 4; q++) {
      float* pair = &a[g + q % 2 * 8][t + q / 2 * 8];
      pair[0] = low_half(lane.a[q]);
      pair[1] = high_half(lane.a[q]);
    }
    for (int q = 0; q < 2; q++) {
      b[t + q * 8][g] = low_half(lane.b[q]);
      b[t + q * 8 + 1][g] = high_half(lane.b[q]);
    }
    for (int q = 0; q < 4; q++) d[g + q / 2 * 8][t + q % 2] = lane.d[q];
  }
  for (int row = 0; row < 16; row++) {
    Row sum;
    memcpy(&sum, d[row], sizeof sum);
    for (int k = 0; k < 16; k++) {
      Row other;
      memcpy(&other, b[k], sizeof other);
      sum += a[row][k] * other;
    }
    memcpy(d[row], &sum, sizeof sum);
  }
  for (int i = 0; i < kLanes; i++)
    for (int q = 0; q < 4; q++) static_cast<MmaLane*>(lanes[i])->d[q] = d[i / 4 + q / 2 * 8][i % 4 * 2 + q % 2];
}

constexpr unsigned kAllLanes = 0xffffffffu;

}  // namespace

void load_matrix_x4(uint32_t* r, const void* row, bool transposed, Location at) {
  check_row("ldmatrix", row, Access::read, at);
  MatrixLane lane{r, static_cast<unsigned char*>(const_cast<void*>(row))};
  meet("ldmatrix", kAllLanes, &lane, transposed ? move_matrices<true, false> : move_matrices<false, false>, at);
}

void store_matrix_x4(const uint32_t* r, void* row, bool transposed, Location at) {
  check_row("stmatrix", row, Access::write, at);
  MatrixLane lane{const_cast<uint32_t*>(r), static_cast<unsigned char*>(row)};
  meet("stmatrix", kAllLanes, &lane, transposed ? move_matrices<true, true> : move_matrices<false, true>, at);
}

void mma_16816(float* d, const uint32_t* a, const uint32_t* b, Location at) {
  MmaLane lane{d, a, b};
  meet("mma", kAllLanes, &lane, multiply, at);
}

}  // namespace simt
