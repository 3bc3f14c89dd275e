#include "ops/rmsnorm/rmsnorm.h"

namespace ls {

int64_t rmsnorm_backward_workspace(int64_t rows, int64_t width) { return (rows + 63) / 64 * width; }

}  // namespace ls
