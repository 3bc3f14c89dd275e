// The rotation of the GPU against double, from the same bf16 numbers and the same tables.
#include "ops/rope/rope.h"

#include "testing/gpu_check.h"

using namespace ls;
using testing::in_float;
using testing::normal_bf16;
using testing::OnDevice;

namespace {

// gap: elements between the rows, which stay as they are. A gap that is no multiple of 8, a head of an odd number of vectors or a pointer off the 16
// bytes takes the pairs one by one.
struct Case { int64_t tokens, heads, head_dim, gap, offset = 0; };

void check(const Case& c, bool inverse) {
  const int64_t half = c.head_dim / 2, stride = c.heads * c.head_dim + c.gap, positions = 100, count = c.tokens * stride;
  ls_rope rope{};
  rope.type = LS_ROPE_DEFAULT;
  rope.theta = 10000;
  RopeFrequencies frequencies = rope_frequencies(rope, c.head_dim, positions, positions);
  frequencies.attention_factor = 1.2;
  std::vector<float> cos(positions * half), sin(positions * half);
  rope_table(frequencies, positions, cos.data(), sin.data());
  std::vector<int32_t> position(c.tokens);
  for (int64_t t = 0; t < c.tokens; t++) position[t] = static_cast<int32_t>((t * 37 + 5) % positions);

  const std::vector<bf16> x = normal_bf16(count + c.offset, 1);
  std::vector<double> want = testing::in_double(x);
  for (int64_t t = 0; t < c.tokens; t++)
    for (int64_t h = 0; h < c.heads; h++)
      for (int64_t d = 0; d < half; d++) {
        const double angle = (inverse ? -1 : 1) * position[t] * frequencies.inverse[d], cosine = 1.2 * std::cos(angle), sine = 1.2 * std::sin(angle);
        double &a = want[c.offset + t * stride + h * c.head_dim + d], &b = *(&a + half);
        const double first = a * cosine - b * sine, second = b * cosine + a * sine;
        a = first, b = second;
      }
  const OnDevice<int32_t> position_device(position);
  const OnDevice<float> cos_device(cos), sin_device(sin);
  std::vector<float> last;
  CHECK_SAME_IN_EVERY_SCHEDULE([&] {
    const OnDevice<bf16> device(x);
    gpu::rope({c.tokens, c.heads, c.head_dim, stride, device.get() + c.offset, position_device, cos_device, sin_device, inverse});
    last = in_float(device.read());
    return last;
  });
  CHECK_CLOSE(last.data(), want.data(), count + c.offset, 4 * 6e-8 * 10, 1.0 / 256);
  for (int64_t i = 0; i < c.offset; i++) CHECK(last[i] == to_float(x[i]));
  for (int64_t t = 0; t < c.tokens; t++)
    for (int64_t i = c.heads * c.head_dim; i < stride; i++) CHECK(last[c.offset + t * stride + i] == to_float(x[c.offset + t * stride + i]));
}

}  // namespace

// In fp32 a pair turns with an error below 4u·(|a| + |b|) (u = 2⁻²⁴, |a| + |b| <= 10); rounding to bf16 is 2⁻⁸ relative.
TEST(rotation_matches_double) {
  for (const Case& c : {Case{17, 3, 2, 5}, Case{17, 3, 6, 5}, Case{9, 5, 18, 0}, Case{33, 3, 16, 8}, Case{40, 12, 64, 192}, Case{3, 5, 64, 4},
                        Case{1, 40, 128, 1024}, Case{20, 4, 48, 0}, Case{5, 9, 128, 0}, Case{2, 1, 1024, 0}, Case{3, 2, 32, 0, 1}})
    for (bool inverse : {false, true}) check(c, inverse);
}
