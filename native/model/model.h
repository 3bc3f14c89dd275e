// An open engine and an open model of one backend: what the handles of the C API hold.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/backend.h"
#include "model/real.h"
#include "model/rope_cache.h"

namespace ls::LS_BACKEND {

class Engine : public AnyEngine {
 public:
  explicit Engine(int threads);  // 0 = all
  ~Engine() override;
  void enter() const override;
  std::string device() const override;
  std::string description() const override;
  int64_t available() const override { return memory_source().available(); }
  ls_memory_plan plan(const ls_model_config& config, int64_t tokens, int64_t sequences, int64_t capacity,
                      const ls_train_options* training) const override;
  std::shared_ptr<AnyModel> open_model(const ls_model_config& config) const override;

 private:
  const int threads_;
  void* stream_ = nullptr;  // of a GPU
};

// Memory of the passes that a handle runs, kept from one to the next.
struct PassSpace {
  Arena arena{memory_source()};
  RopeCache rope;
};

class Model : public AnyModel {
 public:
  // Takes the memory of all parameters: zero, norm weights one.
  Model(std::shared_ptr<const AnyEngine> engine, const ls_model_config& config);

  void write(const Tensor& tensor, int64_t offset, ls_dtype dtype, const void* data, int64_t count) override;
  void read(const Tensor& tensor, int64_t offset, float* data, int64_t count) const override;
  void run(const ls_batch& batch, const ls_pass& pass) override;
  std::unique_ptr<AnyDecoder> open_decoder(int64_t sequences, int64_t capacity) override;
  std::unique_ptr<AnyTrainer> open_trainer(const ls_train_options& options) override;

  Weights<Real> weights;
  PassSpace space;  // of run

 private:
  Arena arena_{memory_source()};
};

}  // namespace ls::LS_BACKEND
