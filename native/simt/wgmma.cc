// wgmma.mma_async: products of a warpgroup, m64nNk16 with the descriptors and swizzles of the PTX ISA ("Asynchronous warpgroup-level matrix
// instructions"). A product runs when it is waited for: it reads its tiles then, and its registers hold NaN until then.
#include <algorithm>
#include <cmath>

#include "simt/engines.h"
#include "simt/machine.h"

#pragma GCC optimize("O3")

namespace simt {
namespace {

// The last thread of the group to come runs action, and then all go on.
void gather(const char* what, const void* mine, void (*action)(Machine&, Warpgroup&, int first_thread), Location at) {
  Machine& m = machine();
  const int linear = m.running->linear, first = linear / kWarpgroup * kWarpgroup;
  if (first + kWarpgroup > m.threads) fail(at, "%s: the last %d threads of the block are no warpgroup", what, m.threads - first);
  m.engines.used = true;
  Warpgroup& group = m.engines.warpgroups[first / kWarpgroup];
  if (group.arrived == 0) {
    group.what = what;
    group.at = at;
  } else if (group.what != what || group.at.line != at.line || group.at.file != at.file) {
    fail(at, "divergent warpgroup: %s, but other threads are in %s at %s:%d,", what, group.what, base_name(group.at.file), group.at.line);
  }
  group.mine[linear - first] = mine;
  if (++group.arrived < kWarpgroup) return wait(what, at);
  m.counters.collectives++;
  group.arrived = 0;
  action(m, group, first);
  for (int i = first; i < first + kWarpgroup; i++)
    if (i != linear) wake(m, i);
}

// The tile a descriptor names, as byte offsets in shared memory.
class Tile {
 public:
  Tile(uint64_t descriptor, bool turned) : turned_(turned) {
    const auto field = [&](int shift) { return (descriptor >> shift & 0x3fff) << 4; };
    start_ = field(0);
    leading_ = field(16);
    stride_ = field(32);
    const int mode = static_cast<int>(descriptor >> 62);
    swizzle_ = mode ? static_cast<Swizzle>(4 - mode) : Swizzle::none;
    width_ = mode ? 256 >> mode : 16;
  }
  // Of element (outer, k): outer is the row of A or the column of B.
  size_t operator()(int outer, int k) const {
    const bool plain = swizzle_ == Swizzle::none;
    size_t offset;
    if (!turned_) {  // pieces of 8 rows; k runs along a row
      const int column = k * 2;
      offset = outer / 8 * stride_ + outer % 8 * width_ + (plain ? column / 16 * leading_ + column % 16 : column);
    } else {  // pieces of 8 values of k, one a row; outer runs along a row
      const int column = outer * 2;
      offset = column / width_ * (plain ? stride_ : leading_) + k / 8 * (plain ? leading_ : stride_) + k % 8 * width_ + column % width_;
    }
    return swizzled(start_ + offset, swizzle_);
  }
  bool turned() const { return turned_; }

 private:
  bool turned_;
  size_t start_, leading_, stride_;
  Swizzle swizzle_;
  int width_;
};

// Bounds and races, in the sixteen bytes that eight neighbours make up.
void check_tile(Machine& m, const char* which, const Tile& tile, int outer, int tensor_core, Location at) {
  const int outer_step = tile.turned() ? 8 : 1, k_step = tile.turned() ? 1 : 8;
  const Site site = m.race ? m.race->sites.of(at) : 0;
  for (int i = 0; i < outer; i += outer_step)
    for (int k = 0; k < 16; k += k_step) {
      const size_t offset = tile(i, k);
      if (offset + 16 > m.shared_bytes) fail(at, "wgmma: tile %s reaches to byte %zu of shared memory, which has %zu", which, offset + 16,
          m.shared_bytes);
      if (m.race) m.race->shared(tensor_core, offset, 16, Access::proxy_read, site);
    }
}

float element(const Machine& m, size_t offset) {
  uint16_t half;
  memcpy(&half, m.shared + offset, sizeof half);
  const uint32_t bits = uint32_t{half} << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Element (row, column) of D is register `index` of thread `thread`.
template <class Use>
void for_each_element(int n, const Use& use) {
  for (int thread = 0; thread < kWarpgroup; thread++)
    for (int j = 0; j < n / 8; j++)
      for (int q = 0; q < 4; q++) use(thread, j * 4 + q, thread / 32 * 16 + thread % 32 / 4 + q / 2 * 8, j * 8 + thread % 4 * 2 + q % 2);
}

void run(Machine& m, Warpgroup& group, const Product& product) {
  static thread_local float a[64][16], b[16][256], d[64][256];
  const int n = product.what.n;
  m.counters.mma++;
  const Tile tile_a(product.what.a_tile, product.what.turn_a), tile_b(product.what.b_tile, product.what.turn_b);
  for (int row = 0; row < 64; row++)
    for (int k = 0; k < 16; k++) {
      if (!product.what.a) {
        a[row][k] = element(m, tile_a(row, k));
      } else {  // the fragment of mma.m16n8k16
        const int thread = row / 16 * 32 + row % 8 * 4 + k % 8 / 2;
        const uint32_t pair = product.a[thread][row % 16 / 8 + k / 8 * 2], bits = k % 2 ? pair & 0xffff0000u : pair << 16;
        memcpy(&a[row][k], &bits, sizeof bits);
      }
    }
  for (int k = 0; k < 16; k++)
    for (int column = 0; column < n; column++) b[k][column] = element(m, tile_b(column, k));
  std::vector<float>* registers[kWarpgroup];
  for (int i = 0; i < kWarpgroup; i++) registers[i] = &group.accumulators[product.d[i]];
  for_each_element(n, [&](int thread, int index, int row, int column) {
    d[row][column] = product.what.accumulate ? (*registers[thread])[index] : 0.0f;
  });
  for (int row = 0; row < 64; row++)
    for (int k = 0; k < 16; k++)
      for (int column = 0; column < n; column++) d[row][column] += a[row][k] * b[k][column];
  for_each_element(n, [&](int thread, int index, int row, int column) { (*registers[thread])[index] = d[row][column]; });
}

void begin(Machine& m, Warpgroup& group, int first) {
  const auto of = [&](int i) -> const Wgmma& { return *static_cast<const Wgmma*>(group.mine[i]); };
  Product product{};
  product.what = of(0);
  const Location at = product.what.at;
  const int n = product.what.n;
  for (int i = 0; i < kWarpgroup; i++) {
    const Wgmma& one = of(i);
    if (one.a_tile != product.what.a_tile || one.b_tile != product.what.b_tile || one.accumulate != product.what.accumulate)
      fail(at, "wgmma: threads 0 and %d of the warpgroup have different descriptors,", i);
    product.d[i] = one.d;
    if (one.a) memcpy(product.a[i], one.a, sizeof product.a[i]);
    std::vector<float>& registers = group.accumulators[one.d];
    if (registers.empty()) {
      const auto last = group.results.find(one.d);
      const bool untouched = last != group.results.end() && last->second.size() == size_t(n) / 2 && !memcmp(last->second.data(), one.d, n * 2);
      if (!group.fenced && !untouched && one.accumulate) fail(at, "wgmma: registers were written after the last wgmma.fence,");
      registers.assign(one.d, one.d + n / 2);
    } else if (registers.size() != size_t(n) / 2) {
      fail(at, "wgmma: registers that a product of another shape is under way with,");
    }
    std::fill_n(one.d, n / 2, NAN);
  }
  const int tensor_core = m.race ? m.race->tensor_core(first / kWarpgroup) : 0;
  if (m.race) {
    int threads[kWarpgroup];
    for (int i = 0; i < kWarpgroup; i++) threads[i] = first + i;
    product.done = m.race->begin_work(tensor_core, threads, kWarpgroup);
  }
  if (!product.what.a) check_tile(m, "A", Tile(product.what.a_tile, product.what.turn_a), 64, tensor_core, at);
  check_tile(m, "B", Tile(product.what.b_tile, product.what.turn_b), n, tensor_core, at);
  group.open.push_back(product);
}

void finish(Machine& m, Warpgroup& group, int first) {
  const int pending = *static_cast<const int*>(group.mine[0]);
  while (static_cast<int>(group.committed.size()) > pending) {
    for (const Product& product : group.committed.front()) {
      run(m, group, product);
      if (!m.race) continue;
      int threads[kWarpgroup];
      for (int i = 0; i < kWarpgroup; i++) threads[i] = first + i;
      m.race->finish_work(m.race->tensor_core(first / kWarpgroup), product.done, threads, kWarpgroup);
    }
    group.committed.pop_front();
  }
  // Registers that no product is under way with come back.
  const auto busy = [&](float* d) {
    const auto uses = [&](const Product& product) { return std::find(product.d, product.d + kWarpgroup, d) != product.d + kWarpgroup; };
    for (const auto& products : group.committed)
      if (std::any_of(products.begin(), products.end(), uses)) return true;
    return std::any_of(group.open.begin(), group.open.end(), uses);
  };
  group.results.clear();
  for (auto it = group.accumulators.begin(); it != group.accumulators.end();) {
    if (busy(it->first)) {
      ++it;
      continue;
    }
    std::copy(it->second.begin(), it->second.end(), it->first);
    group.results[it->first] = std::move(it->second);
    it = group.accumulators.erase(it);
  }
  group.fenced = false;
}

}  // namespace

uint64_t matrix_descriptor(const void* tile, int leading, int stride, Swizzle swizzle, Location at) {
  const uint32_t start = shared_offset(tile, at);
  if (start % 16 || leading % 16 || stride % 16) fail(at, "wgmma: a tile's address and steps are multiples of 16, not %u, %d and %d,", start,
      leading, stride);
  const uint64_t mode = swizzle == Swizzle::none ? 0 : 4 - static_cast<uint64_t>(swizzle);
  return uint64_t{start} >> 4 | uint64_t(leading >> 4 & 0x3fff) << 16 | uint64_t(stride >> 4 & 0x3fff) << 32 | mode << 62;
}

void wgmma(const Wgmma& product) { gather("wgmma", &product, begin, product.at); }

void wgmma_fence(Location at) {
  gather("wgmma.fence", nullptr, [](Machine&, Warpgroup& group, int) { group.fenced = true; }, at);
}

void wgmma_commit(Location at) {
  gather("wgmma.commit_group", nullptr, [](Machine&, Warpgroup& group, int) {
    group.committed.push_back(std::move(group.open));
    group.open.clear();
  }, at);
}

void wgmma_wait(int pending, Location at) { gather("wgmma.wait_group", &pending, finish, at); }

}  // namespace simt
