// What a use of a model takes, in bytes, before anything is taken.
#pragma once

#include "lodestone/lodestone.h"

namespace ls {

ls_memory_plan plan_memory(const ls_model_config& config, ls_mode mode, int64_t tokens, int64_t sequences, int64_t capacity);

}  // namespace ls
