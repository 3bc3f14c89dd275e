#include "ops/rmsnorm/rmsnorm.h"

namespace ls::cpu {

int64_t rmsnorm_backward_workspace(int64_t rows, int64_t width) { return (rows + kRmsNormRowBlock - 1) / kRmsNormRowBlock * width; }

}  // namespace ls::cpu
