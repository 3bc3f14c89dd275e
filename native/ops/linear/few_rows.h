// The forward product for a few rows (decoding): bound by reading the weights once, so they are streamed and nothing is packed.
#pragma once

#include "ops/linear/linear.h"
#include "runtime/isa.h"

namespace ls::cpu {

constexpr int64_t kFewRows = 16;

}  // namespace ls::cpu

LS_CPU_OP(linear_few_rows, LinearForward<float>)
