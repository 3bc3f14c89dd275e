// The atoms against tables written out from the PTX ISA ("Matrix fragments for mma.m16n8k16", "ldmatrix", "stmatrix").
#include "simt/fault_check.h"
#include "runtime/device.h"

namespace ls::LS_GPU {

// Each lane writes what it loaded of a 32 × 8 matrix of 16-bit numbers, whose row i lies at row_at[i] of shared memory.
template <bool kTransposed>
LS_KERNEL(32) load(const uint16_t* rows, const int* row_at, uint32_t* out) {
  LS_SHARED(shared);
  const int lane = threadIdx.x;
  uint16_t* row = reinterpret_cast<uint16_t*>(shared) + row_at[lane];
  for (int i = 0; i < 8; i++) row[i] = rows[lane * 8 + i];
  __syncwarp();
  uint32_t r[4];
  if (kTransposed) load_matrix_x4_transposed(r, row);
  else load_matrix_x4(r, row);
  for (int i = 0; i < 4; i++) out[lane * 4 + i] = r[i];
}

LS_KERNEL(32) multiply_fragments(const uint32_t* a, const uint32_t* b, float* d) {
  const int lane = threadIdx.x;
  float sums[4];
  uint32_t left[4];
  for (int i = 0; i < 4; i++) {
    sums[i] = d[lane * 4 + i];
    left[i] = a[lane * 4 + i];
  }
  mma_16816(sums, left, b[lane * 2], b[lane * 2 + 1]);
  for (int i = 0; i < 4; i++) d[lane * 4 + i] = sums[i];
}

LS_KERNEL(32) round_trip(const float* in, uint32_t* packed, float* halves) {
  const uint32_t pair = pack_bf16(in[threadIdx.x * 2], in[threadIdx.x * 2 + 1]);
  packed[threadIdx.x] = pair;
  halves[threadIdx.x * 2] = low_bf16(pair);
  halves[threadIdx.x * 2 + 1] = high_bf16(pair);
}

}  // namespace ls::LS_GPU

namespace {

using namespace ls;
using namespace ls::testing;

// "row 0: T0 T0 T1 T1 T2 T2 T3 T3, row 1: T4 ...": the thread that holds an element of an 8 × 8 matrix, low half first.
constexpr int kHolder[8][8] = {{0, 0, 1, 1, 2, 2, 3, 3},         {4, 4, 5, 5, 6, 6, 7, 7},         {8, 8, 9, 9, 10, 10, 11, 11},
                               {12, 12, 13, 13, 14, 14, 15, 15}, {16, 16, 17, 17, 18, 18, 19, 19}, {20, 20, 21, 21, 22, 22, 23, 23},
                               {24, 24, 25, 25, 26, 26, 27, 27}, {28, 28, 29, 29, 30, 30, 31, 31}};

std::vector<uint16_t> numbered(int count) {
  std::vector<uint16_t> values(count);
  for (int i = 0; i < count; i++) values[i] = static_cast<uint16_t>(i + 1);
  return values;
}

TEST(ldmatrix) {
  std::vector<int> scattered(32);
  for (int i = 0; i < 32; i++) scattered[i] = (i * 7 % 32) * 8;
  OnDevice<uint16_t> rows(numbered(256));
  OnDevice<int> row_at(scattered);
  for_each_schedule([&] {
    OnDevice<uint32_t> straight(128), transposed(128);
    gpu::launch("load", gpu::load<false>, dim3(1), dim3(32), 512, rows.get(), row_at.get(), straight.get());
    gpu::launch("load", gpu::load<true>, dim3(1), dim3(32), 512, rows.get(), row_at.get(), transposed.get());
    const std::vector<uint32_t> s = straight.read(), t = transposed.read();
    for (int matrix = 0; matrix < 4; matrix++)
      for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) {
          const uint32_t element = matrix * 64 + i * 8 + j + 1;
          CHECK((s[kHolder[i][j] * 4 + matrix] >> 16 * (j % 2) & 0xffff) == element);
          CHECK((t[kHolder[j][i] * 4 + matrix] >> 16 * (i % 2) & 0xffff) == element);
        }
  });
}

// Rows 128 bytes apart all start in the same bank; rows side by side in different ones.
TEST(bank_conflicts_of_ldmatrix) {
  std::vector<int> apart(32), beside(32);
  for (int i = 0; i < 32; i++) apart[i] = i * 64, beside[i] = i * 8;
  OnDevice<uint16_t> rows(numbered(256));
  OnDevice<uint32_t> out(128);
  OnDevice<int> far(apart), near(beside);
  gpu::launch("load", gpu::load<false>, dim3(1), dim3(32), 4096, rows.get(), far.get(), out.get());
  CHECK(::simt::counters().matrix_bank_conflicts == 4 * 7);
  gpu::launch("load", gpu::load<false>, dim3(1), dim3(32), 4096, rows.get(), near.get(), out.get());
  CHECK(::simt::counters().matrix_bank_conflicts == 0);
}

// One element of A and one of B is 1, the rest 0: exactly one element of D grows, for each of the 16 · 16 · 8 products. Registers of an element:
//   A: row < 8 and k < 8: a0, row >= 8 and k < 8: a1, row < 8 and k >= 8: a2, else a3; thread 4·(row % 8) + k % 8 / 2
//   B: k < 8: b0, else b1; thread 4·column + k % 8 / 2          D: row < 8: d0, d1, else d2, d3; thread 4·(row % 8) + column / 2
TEST(mma_one_product_at_a_time) {
  const uint16_t one = to_bf16(1.0f).bits;
  for (int row = 0; row < 16; row++)
    for (int k = 0; k < 16; k++) {
      std::vector<uint32_t> a(128), b(64);
      a[(row % 8 * 4 + k % 8 / 2) * 4 + (row < 8 ? 0 : 1) + (k < 8 ? 0 : 2)] = uint32_t{one} << 16 * (k % 2);
      const int column = (row * 5 + k * 3) % 8, other = (k + 1) % 16;
      b[(column * 4 + k % 8 / 2) * 2 + (k < 8 ? 0 : 1)] |= uint32_t{one} << 16 * (k % 2);
      b[((column + 1) % 8 * 4 + other % 8 / 2) * 2 + (other < 8 ? 0 : 1)] |= uint32_t{one} << 16 * (other % 2);  // meets no element of A
      OnDevice<uint32_t> da(a), db(b);
      OnDevice<float> d(std::vector<float>(128, 2.0f));
      gpu::launch("mma", gpu::multiply_fragments, dim3(1), dim3(32), 0, da.get(), db.get(), d.get());
      const std::vector<float> got = d.read();
      const int mine = (row % 8 * 4 + column / 2) * 4 + (row < 8 ? 0 : 2) + column % 2;
      for (int i = 0; i < 128; i++) CHECK(got[i] == (i == mine ? 3.0f : 2.0f));
    }
}

TEST(packing_rounds_to_even_and_keeps_nan) {
  std::vector<float> in(64, 0.0f);
  in[0] = 1.0f + 1.0f / 256;      // halfway, to the even below
  in[1] = 1.0f + 3.0f / 256;      // halfway, to the even above
  in[2] = NAN;
  in[3] = -INFINITY;
  in[4] = 3.4e38f;                // rounds up to infinity
  OnDevice<float> from(in), halves(64);
  OnDevice<uint32_t> packed(32);
  gpu::launch("round_trip", gpu::round_trip, dim3(1), dim3(32), 0, from.get(), packed.get(), halves.get());
  const std::vector<float> got = halves.read();
  CHECK(packed.read()[0] == 0x3f823f80u);
  CHECK(got[0] == 1.0f && got[1] == 1.0f + 1.0f / 64);
  CHECK(std::isnan(got[2]) && got[3] == -INFINITY && got[4] == INFINITY);
}

}  // namespace
