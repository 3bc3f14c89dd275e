#include "api/handles.h"

using namespace ls;
using namespace ls::api;

namespace {

const Tensor& tensor_at(const char* call, const ls_model* model, int64_t index) {
  not_null(call, "model", model);
  const auto& table = model->model->table;
  require(index >= 0 && index < static_cast<int64_t>(table.size()), call, ": expected a parameter from 0 to ", table.size() - 1, " but found ",
          index);
  return table[index];
}

}  // namespace

extern "C" {

ls_status ls_model_open(ls_engine* engine, const ls_model_config* config, ls_model** model) {
  return guarded([&] {
    not_null("ls_model_open", "engine", engine);
    not_null("ls_model_open", "config", config);
    not_null("ls_model_open", "model", model);
    *model = nullptr;
    engine->engine->enter();
    *model = new ls_model{engine->engine->open_model(*config)};
  });
}

void ls_model_close(ls_model* model) { close(model); }

int64_t ls_model_parameter_count(const ls_model* model) { return model ? static_cast<int64_t>(model->model->table.size()) : 0; }

ls_status ls_model_parameter(const ls_model* model, int64_t index, ls_parameter* parameter) {
  return guarded([&] {
    const Tensor& tensor = tensor_at("ls_model_parameter", model, index);
    not_null("ls_model_parameter", "parameter", parameter);
    *parameter = {tensor.name.c_str(), tensor.rows, tensor.columns, tensor.rank};
  });
}

ls_status ls_model_write(ls_model* model, int64_t index, int64_t offset, ls_dtype dtype, const void* data, int64_t count) {
  return guarded([&] {
    const Tensor& tensor = tensor_at("ls_model_write", model, index);
    require(dtype >= LS_F32 && dtype <= LS_BF16, "ls_model_write: expected dtype 0 (F32), 1 (F16) or 2 (BF16) but found ", dtype);
    check_range("ls_model_write", tensor, offset, count, data);
    enter(*model->model);
    model->model->write(tensor, offset, dtype, data, count);
  });
}

ls_status ls_model_read(const ls_model* model, int64_t index, int64_t offset, float* data, int64_t count) {
  return guarded([&] {
    const Tensor& tensor = tensor_at("ls_model_read", model, index);
    check_range("ls_model_read", tensor, offset, count, data);
    enter(*model->model);
    model->model->read(tensor, offset, data, count);
  });
}

ls_status ls_forward(ls_model* handle, const ls_batch* batch, const ls_pass* pass) {
  return guarded([&] {
    not_null("ls_forward", "model", handle);
    not_null("ls_forward", "batch", batch);
    enter(*handle->model);
    handle->model->run(*batch, pass ? *pass : ls_pass{});
  });
}

}  // extern "C"
