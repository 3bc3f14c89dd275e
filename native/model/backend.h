// What the C API knows of a backend: an engine opens models, a model opens decoders and trainers. Each backend implements these once (model/model.h,
// decode.h, trainer.h, compiled for it); the calls and their errors are those of lodestone.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "runtime/isa.h"

namespace ls {

class AnyModel;

class AnyEngine : public std::enable_shared_from_this<AnyEngine> {
 public:
  virtual ~AnyEngine() = default;
  // Makes the calling thread ready for work of this engine: its number of threads, its device and stream.
  virtual void enter() const = 0;
  virtual std::string device() const = 0;       // "cpu"
  virtual std::string description() const = 0;  // more members of the JSON object of ls_engine_describe
  virtual int64_t available() const = 0;        // bytes of the backend's memory
  virtual ls_memory_plan plan(const ls_model_config& config, int64_t tokens, int64_t sequences, int64_t capacity,
                              const ls_train_options* training) const = 0;  // NULL: inference
  virtual std::shared_ptr<AnyModel> open_model(const ls_model_config& config) const = 0;
};

class AnyDecoder {
 public:
  virtual ~AnyDecoder() = default;
  virtual int64_t length(int64_t sequence) const = 0;  // −1 if there is no such sequence
  virtual void prefill(int64_t sequence, const int32_t* ids, int64_t count, const ls_pass& pass, int32_t* next) = 0;
  virtual void truncate(int64_t sequence, int64_t length) = 0;
  virtual void step(int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass& pass, int32_t* next) = 0;
};

class AnyTrainer {
 public:
  virtual ~AnyTrainer() = default;
  // Gradients of all batches; update: then one step of AdamW, unless loss or norm is not finite.
  virtual ls_step_result run(int64_t count, const ls_batch* batches, bool update, double learning_rate) = 0;
  virtual const std::vector<Tensor>& trained() const = 0;
  // Elements of the i-th trained tensor's gradient, moment or weight, inside its bounds.
  virtual void read(int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) const = 0;
  virtual void write(int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) = 0;
  // Elements of a tensor of the model's table with its adapter, if it has one.
  virtual void read_merged(const Tensor& tensor, int64_t offset, float* data, int64_t count) const = 0;
  virtual int64_t bytes() const = 0;
  int64_t steps = 0;
};

class AnyModel : public std::enable_shared_from_this<AnyModel> {
 public:
  AnyModel(std::shared_ptr<const AnyEngine> engine, const ls_model_config& given)
      : engine(std::move(engine)), config(checked(given)), table(parameter_table(config)) {}
  virtual ~AnyModel() = default;

  // Elements of a tensor of the table, inside its bounds.
  virtual void write(const Tensor& tensor, int64_t offset, ls_dtype dtype, const void* data, int64_t count) = 0;
  virtual void read(const Tensor& tensor, int64_t offset, float* data, int64_t count) const = 0;
  virtual void run(const ls_batch& batch, const ls_pass& pass) = 0;
  virtual std::unique_ptr<AnyDecoder> open_decoder(int64_t sequences, int64_t capacity) = 0;
  virtual std::unique_ptr<AnyTrainer> open_trainer(const ls_train_options& options) = 0;

  const std::shared_ptr<const AnyEngine> engine;
  const Config config;
  const std::vector<Tensor> table;
};

}  // namespace ls

LS_BACKEND_DECLARE(std::shared_ptr<const AnyEngine> open_engine(int threads))
