// Frequencies of the RoPE variants and the table of cosines and sines, in double: at position 100,000 a float angle may be off by 0.01 rad.
#include "ops/rope/rope.h"

#include <algorithm>
#include <cmath>

#include "runtime/error.h"
#include "runtime/threads.h"

namespace ls {

namespace {

constexpr double kPi = 3.14159265358979323846;

std::vector<double> inverse_frequencies(double theta, int64_t head_dim) {
  std::vector<double> inverse(head_dim / 2);
  for (size_t i = 0; i < inverse.size(); i++) inverse[i] = std::pow(theta, -2.0 * i / head_dim);
  return inverse;
}

// NTK-aware scaling that grows with the length: the base rises so that the lowest frequency is interpolated and the highest is left alone.
double dynamic_theta(const ls_rope& rope, int64_t head_dim, int64_t original, int64_t length) {
  if (length <= original) return rope.theta;
  const double stretch = rope.factor * length / original - (rope.factor - 1);
  return rope.theta * std::pow(stretch, static_cast<double>(head_dim) / (head_dim - 2));
}

// Llama 3.1: wavelengths that fit high_freq_factor times into the original context stay, those that fit less than low_freq_factor times are
// interpolated, in between the two are blended.
void llama3(const ls_rope& rope, int64_t original, std::vector<double>& inverse) {
  for (double& frequency : inverse) {
    const double turns = original * frequency / (2 * kPi);
    const double keep = std::clamp((turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor), 0.0, 1.0);
    frequency *= keep + (1 - keep) / rope.factor;
  }
}

// YaRN (Peng et al. 2023, section 3.2): a linear ramp over the dimensions between those that turn beta_fast and beta_slow times in the original context.
void yarn(const ls_rope& rope, int64_t head_dim, int64_t original, std::vector<double>& inverse) {
  const auto dimension_of = [&](double turns) { return head_dim * std::log(original / (turns * 2 * kPi)) / (2 * std::log(rope.theta)); };
  double low = dimension_of(rope.beta_fast > 0 ? rope.beta_fast : 32), high = dimension_of(rope.beta_slow > 0 ? rope.beta_slow : 1);
  if (rope.truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, head_dim - 1.0);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < inverse.size(); i++) {
    const double interpolated = std::clamp((i - low) / (high - low), 0.0, 1.0);
    inverse[i] *= 1 - interpolated + interpolated / rope.factor;
  }
}

double yarn_attention_factor(const ls_rope& rope) {
  if (rope.attention_factor > 0) return rope.attention_factor;
  const auto scale = [&](double mscale) { return rope.factor <= 1 ? 1.0 : 0.1 * mscale * std::log(rope.factor) + 1; };
  return rope.mscale != 0 && rope.mscale_all_dim != 0 ? scale(rope.mscale) / scale(rope.mscale_all_dim) : scale(1);
}

}  // namespace

RopeFrequencies rope_frequencies(const ls_rope& rope, int64_t head_dim, int64_t max_positions, int64_t length) {
  require(head_dim >= 2 && head_dim % 2 == 0, "rope: expected an even head_dim of at least 2 but found ", head_dim);
  require(rope.theta > 0, "rope: expected a positive theta but found ", rope.theta);
  require(rope.type >= LS_ROPE_DEFAULT && rope.type <= LS_ROPE_YARN, "rope: expected a type from 0 (default) to 4 (yarn) but found ", rope.type);
  require(rope.type == LS_ROPE_DEFAULT || rope.factor > 0, "rope: expected a positive factor but found ", rope.factor);
  const int64_t original = rope.original_positions > 0 ? rope.original_positions : max_positions;
  require(rope.type <= LS_ROPE_LINEAR || original > 0, "rope: expected a positive original length but found ", original);
  RopeFrequencies out;
  switch (rope.type) {
    case LS_ROPE_DYNAMIC:
      require(head_dim > 2, "rope: dynamic scaling expects a head_dim above 2 but found ", head_dim);
      out.inverse = inverse_frequencies(dynamic_theta(rope, head_dim, original, length), head_dim);
      break;
    case LS_ROPE_LINEAR:
      out.inverse = inverse_frequencies(rope.theta, head_dim);
      for (double& frequency : out.inverse) frequency /= rope.factor;
      break;
    case LS_ROPE_LLAMA3:
      require(rope.high_freq_factor > rope.low_freq_factor, "rope: expected high_freq_factor above low_freq_factor but found ", rope.high_freq_factor,
              " and ", rope.low_freq_factor);
      out.inverse = inverse_frequencies(rope.theta, head_dim);
      llama3(rope, original, out.inverse);
      break;
    case LS_ROPE_YARN:
      require(rope.theta > 1, "rope: yarn expects a theta above 1 but found ", rope.theta);
      out.inverse = inverse_frequencies(rope.theta, head_dim);
      yarn(rope, head_dim, original, out.inverse);
      out.attention_factor = yarn_attention_factor(rope);
      break;
    default:
      out.inverse = inverse_frequencies(rope.theta, head_dim);
  }
  return out;
}

void rope_table(const RopeFrequencies& frequencies, int64_t positions, float* cos, float* sin) {
  const int64_t half = static_cast<int64_t>(frequencies.inverse.size());
  parallel_ranges(positions, 64, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++)
      for (int64_t i = 0; i < half; i++) {
        const double angle = p * frequencies.inverse[i];
        cos[p * half + i] = static_cast<float>(std::cos(angle) * frequencies.attention_factor);
        sin[p * half + i] = static_cast<float>(std::sin(angle) * frequencies.attention_factor);
      }
  });
}

}  // namespace ls
