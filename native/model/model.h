// An open engine and an open model: what the handles of the C API hold.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "model/rope_cache.h"
#include "runtime/arena.h"

namespace ls {

struct Engine {
  int threads;
};

// Memory of the passes that a handle runs, kept from one to the next.
struct PassSpace {
  Arena arena;
  RopeCache rope;
};

struct Model {
  // Takes the memory of all parameters: zero, norm weights one.
  Model(std::shared_ptr<const Engine> engine, const ls_model_config& config);

  const std::shared_ptr<const Engine> engine;
  const Config config;
  const std::vector<Tensor> table;
  Weights weights;
  PassSpace space;  // of ls_forward

 private:
  Arena arena_;
};

}  // namespace ls
