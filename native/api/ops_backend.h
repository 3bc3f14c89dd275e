// What the ops of ops.h need of a backend, which implements this once (ops_backend.cc, compiled for each). Arguments were checked (ops_check.h), and
// the calling thread has entered the engine.
#pragma once

#include <cstdint>
#include <memory>

#include "lodestone/ops.h"
#include "model/backend.h"
#include "runtime/arena.h"
#include "runtime/isa.h"

namespace ls {

class AnyOps {
 public:
  virtual ~AnyOps() = default;

  virtual const MemorySource& memory() const = 0;
  virtual int64_t real_bytes() const = 0;
  virtual bool attends(int64_t head_dim) const = 0;  // whether attention takes it
  virtual bool holds(const void* address, int64_t bytes) const = 0;  // whether they may be memory of the device
  virtual void* stream() const = 0;
  virtual void order(void* first, void* then) const = 0;  // of streams
  virtual void synchronize() const = 0;

  // Elements to and from the device; reals as floats.
  virtual void write_reals(void* to, const float* from, int64_t count) const = 0;
  virtual void read_reals(float* to, const void* from, int64_t count) const = 0;
  virtual void write(void* to, const void* from, int64_t bytes) const = 0;
  virtual void read(void* to, const void* from, int64_t bytes) const = 0;

  virtual void run(const ls_attention_forward& args) = 0;
  virtual void run(const ls_attention_backward& args) = 0;
  virtual void run(const ls_score_rows& args) = 0;
  virtual void run(const ls_rmsnorm_forward& args) = 0;
  virtual void run(const ls_rmsnorm_backward& args) = 0;
  virtual void run(const ls_rotate& args) = 0;
  virtual void run(const ls_swiglu_forward& args) = 0;
  virtual void run(const ls_swiglu_backward& args) = 0;
  virtual void run(const ls_linear_forward& args) = 0;
  virtual void run(const ls_linear_backward& args) = 0;
  virtual double run(const ls_linear_cross_entropy& args) = 0;  // the loss
  virtual double run(const ls_adamw& args) = 0;                 // the norm
};

}  // namespace ls

LS_BACKEND_DECLARE(std::shared_ptr<AnyOps> open_ops())

struct ls_buffer {
  std::shared_ptr<const ls::AnyEngine> engine;
  std::shared_ptr<ls::AnyOps> ops;
  ls_element element;
  int64_t count;
  char* address;
  std::unique_ptr<ls::Arena> memory;  // NULL: the memory of others
};
