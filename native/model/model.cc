#include "model/model.h"

#include <algorithm>
#include <utility>

#include "model/decode.h"
#include "model/forward.h"
#include "model/scope.h"
#include "model/trainer.h"
#include "ops/rows/rows.h"

namespace ls::LS_BACKEND {

Model::Model(std::shared_ptr<const AnyEngine> engine, const ls_model_config& given) : AnyModel(std::move(engine), given) {
  Layout plan;
  lay_out_weights<Real>(plan, config, Scope());
  arena_.reserve(plan.bytes(), "the model");
  Layout real(arena_);
  weights = lay_out_weights<Real>(real, config, Scope());
  const std::vector<float> ones(config.hidden, 1.0f);
  for (const Tensor& tensor : table)
    if (tensor.field == Field::attention_norm || tensor.field == Field::mlp_norm || tensor.field == Field::norm)
      Model::write(tensor, 0, LS_F32, ones.data(), tensor.count());
}

void Model::write(const Tensor& tensor, int64_t offset, ls_dtype dtype, const void* data, int64_t count) {
  Real* to = find(weights, tensor) + offset;
  if constexpr (!kDevice) {
    convert(dtype, data, count, to);
  } else {
    // A piece at a time, so that a large tensor does not stand in host memory twice.
    constexpr int64_t kPiece = 4 << 20;
    std::vector<Real> piece(std::min(count, kPiece));
    const int64_t width = dtype == LS_F32 ? 4 : 2;
    for (int64_t done = 0; done < count; done += kPiece) {
      const int64_t now = std::min(kPiece, count - done);
      convert(dtype, static_cast<const char*>(data) + done * width, now, piece.data());
      upload_all(to + done, piece.data(), now);
    }
  }
}

void Model::read(const Tensor& tensor, int64_t offset, float* data, int64_t count) const {
  const Real* from = find(weights, tensor) + offset;
  if constexpr (!kDevice) {
    std::copy_n(from, count, data);
  } else {
    std::vector<Real> stored(count);
    download_all(stored.data(), from, count);
    for (int64_t i = 0; i < count; i++) data[i] = to_float(stored[i]);
  }
}

void Model::run(const ls_batch& batch, const ls_pass& pass) { forward(*this, space, checked(batch, config), pass); }

std::unique_ptr<AnyDecoder> Model::open_decoder(int64_t sequences, int64_t capacity) {
  return std::make_unique<Decoder>(std::static_pointer_cast<const Model>(shared_from_this()), sequences, capacity);
}

std::unique_ptr<AnyTrainer> Model::open_trainer(const ls_train_options& options) {
  return std::make_unique<Trainer>(std::static_pointer_cast<Model>(shared_from_this()), options);
}

}  // namespace ls::LS_BACKEND
