// Frequencies against formulas of their own and numbers worked out by hand; the rotation against double.
#include "ops/rope/rope.h"

#include "runtime/error.h"
#include "testing/check.h"

using namespace ls;
using testing::normal;

namespace {

ls_rope rope_of(ls_rope_type type, double theta, double factor = 0, int64_t original = 0) {
  ls_rope rope{};
  rope.type = type;
  rope.theta = theta;
  rope.factor = factor;
  rope.original_positions = original;
  rope.truncate = 1;
  return rope;
}

bool close(double got, double want) { return std::abs(got - want) <= 1e-12 * std::abs(want); }

bool refused(const ls_rope& rope, int64_t head_dim, const char* words) {
  try {
    rope_frequencies(rope, head_dim, 64, 64);
  } catch (const Error& e) {
    return e.status == LS_INVALID && std::strstr(e.what(), words);
  }
  return false;
}

}  // namespace

TEST(default_and_linear) {
  const RopeFrequencies plain = rope_frequencies(rope_of(LS_ROPE_DEFAULT, 10000), 8, 64, 1000);
  const RopeFrequencies linear = rope_frequencies(rope_of(LS_ROPE_LINEAR, 10000, 4), 8, 64, 1000);
  const double want[] = {1, 0.1, 0.01, 0.001};
  CHECK(plain.inverse.size() == 4 && plain.attention_factor == 1);
  for (int i = 0; i < 4; i++) CHECK(close(plain.inverse[i], want[i]) && close(linear.inverse[i], want[i] / 4));
}

TEST(dynamic_follows_the_length) {
  const ls_rope rope = rope_of(LS_ROPE_DYNAMIC, 10000, 4);
  const std::vector<double> plain = rope_frequencies(rope_of(LS_ROPE_DEFAULT, 10000), 16, 64, 64).inverse;
  for (int64_t length : {1, 64}) CHECK(rope_frequencies(rope, 16, 64, length).inverse == plain);
  // At twice the length with factor 4: base · (4·2 − 3)^(16/14).
  const double base = 10000 * std::pow(5.0, 16.0 / 14);
  const RopeFrequencies doubled = rope_frequencies(rope, 16, 64, 128);
  for (int i = 0; i < 8; i++) CHECK(close(doubled.inverse[i], std::pow(base, -i / 8.0)));
  // The original length, where it is given, stands for the largest position.
  const ls_rope original = rope_of(LS_ROPE_DYNAMIC, 10000, 4, 32);
  const RopeFrequencies from32 = rope_frequencies(original, 16, 64, 64);
  for (int i = 0; i < 8; i++) CHECK(close(from32.inverse[i], doubled.inverse[i]));
}

TEST(llama3_keeps_blends_and_interpolates) {
  ls_rope rope = rope_of(LS_ROPE_LLAMA3, 500000, 8, 64);
  rope.low_freq_factor = 1;
  rope.high_freq_factor = 4;
  const std::vector<double> plain = rope_frequencies(rope_of(LS_ROPE_DEFAULT, 500000), 32, 512, 1).inverse;
  const std::vector<double> got = rope_frequencies(rope, 32, 512, 1).inverse;
  int kept = 0, blended = 0, interpolated = 0;
  for (int i = 0; i < 16; i++) {
    const double wavelength = 2 * M_PI / plain[i], smooth = (64 / wavelength - 1) / 3;
    const bool keep = wavelength < 64 / 4.0, interpolate = wavelength > 64;
    (keep ? kept : interpolate ? interpolated : blended)++;
    CHECK(close(got[i], keep ? plain[i] : interpolate ? plain[i] / 8 : (1 - smooth) * plain[i] / 8 + smooth * plain[i]));
  }
  CHECK(kept > 0 && blended > 0 && interpolated > 0);
}

// head_dim 32, theta 10,000, 64 positions: the dimension that turns 32 times is 32·ln(64/(64π))/(2·ln 10000) = −1.99 → low 0; the one that turns
// once is 32·ln(64/2π)/(2·ln 10000) = 4.03 → high 5. So the ramp over i is i/5.
TEST(yarn_ramp_and_attention_factor) {
  const std::vector<double> plain = rope_frequencies(rope_of(LS_ROPE_DEFAULT, 10000), 32, 256, 1).inverse;
  ls_rope rope = rope_of(LS_ROPE_YARN, 10000, 4, 64);
  const RopeFrequencies got = rope_frequencies(rope, 32, 256, 1);
  for (int i = 0; i < 16; i++) {
    const double ramp = i < 5 ? i / 5.0 : 1;
    CHECK(close(got.inverse[i], plain[i] / 4 * ramp + plain[i] * (1 - ramp)));
  }
  CHECK(close(got.attention_factor, 0.1 * std::log(4.0) + 1));

  rope.truncate = 0;
  const double high = 32 * std::log(64 / (2 * M_PI)) / (2 * std::log(10000.0));
  const RopeFrequencies exact = rope_frequencies(rope, 32, 256, 1);
  for (int i = 0; i < 16; i++) {
    const double ramp = std::min(1.0, i / high);
    CHECK(close(exact.inverse[i], plain[i] / 4 * ramp + plain[i] * (1 - ramp)));
  }
  rope.mscale = 0.7;
  CHECK(close(rope_frequencies(rope, 32, 256, 1).attention_factor, 0.1 * std::log(4.0) + 1));  // one of the two alone does not count
  rope.mscale_all_dim = 1.4;
  CHECK(close(rope_frequencies(rope, 32, 256, 1).attention_factor, (0.07 * std::log(4.0) + 1) / (0.14 * std::log(4.0) + 1)));
  rope.attention_factor = 1.25;
  CHECK(rope_frequencies(rope, 32, 256, 1).attention_factor == 1.25);
  rope.beta_fast = 8;
  rope.beta_slow = 2;
  CHECK(rope_frequencies(rope, 32, 256, 1).inverse != exact.inverse);
}

TEST(bad_settings_are_refused) {
  CHECK(refused(rope_of(LS_ROPE_DEFAULT, 10000), 7, "even head_dim"));
  CHECK(refused(rope_of(LS_ROPE_DEFAULT, 0), 8, "positive theta"));
  CHECK(refused(rope_of(LS_ROPE_DEFAULT, NAN), 8, "positive theta"));
  CHECK(refused(rope_of(LS_ROPE_LINEAR, 10000, 0), 8, "positive factor"));
  CHECK(refused(rope_of(static_cast<ls_rope_type>(9), 10000), 8, "type"));
  CHECK(refused(rope_of(LS_ROPE_LLAMA3, 10000, 8, 64), 8, "high_freq_factor"));
  CHECK(refused(rope_of(LS_ROPE_YARN, 1, 8, 64), 8, "theta above 1"));
}

// One float table entry is off by u = 2⁻²⁴ relative; two products and a sum add as much again: below 4u·(|a| + |b|) for |cos|, |sin| <= 1.2.
TEST(rotation) {
  testing::for_each_isa([] {
    for (int64_t head_dim : {2, 6, 18, 64, 128})
      for (int64_t tokens : {1, 17, 40}) {
        const int64_t heads = 3, half = head_dim / 2, stride = heads * head_dim + 5, positions = 100;
        RopeFrequencies frequencies = rope_frequencies(rope_of(LS_ROPE_DEFAULT, 10000), head_dim, positions, positions);
        frequencies.attention_factor = 1.2;
        std::vector<float> cos(positions * half), sin(positions * half), x = normal(tokens * stride, 1);
        rope_table(frequencies, positions, cos.data(), sin.data());
        std::vector<int32_t> position(tokens);
        for (int64_t t = 0; t < tokens; t++) position[t] = static_cast<int32_t>((t * 37 + 5) % positions);
        for (bool inverse : {false, true}) {
          std::vector<double> want = testing::in_double(x);
          for (int64_t t = 0; t < tokens; t++)
            for (int64_t h = 0; h < heads; h++)
              for (int64_t d = 0; d < half; d++) {
                const double angle = (inverse ? -1 : 1) * position[t] * frequencies.inverse[d], c = 1.2 * std::cos(angle), s = 1.2 * std::sin(angle);
                double &a = want[t * stride + h * head_dim + d], &b = want[t * stride + h * head_dim + d + half];
                const double first = a * c - b * s, second = b * c + a * s;
                a = first, b = second;
              }
          std::vector<float> last;
          CHECK_SAME_WITH_ANY_THREADS([&] {
            last = x;
            cpu::rope({tokens, heads, head_dim, stride, last.data(), position.data(), cos.data(), sin.data(), inverse});
            return last;
          });
          CHECK_CLOSE(last.data(), want.data(), tokens * stride, 4 * 6e-8 * 8, 0);  // what lies between the rows (stride) stays
        }
      }
  });
}
