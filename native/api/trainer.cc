#include "api/handles.h"

using namespace ls;
using namespace ls::api;

namespace {

// The i-th of them; throws if there is none.
template <class T>
const T& item(const char* call, const char* what, const std::vector<T>& items, int64_t i) {
  require(i >= 0 && i < static_cast<int64_t>(items.size()), call, ": expected ", what, " from 0 to ", items.size() - 1, " but found ", i);
  return items[i];
}

// Checks that these are elements of a trained tensor's gradient, moment or weight.
void check_state(const char* call, const ls_trainer* trainer, int64_t i, ls_trainer_state state, int64_t offset, const void* data, int64_t count) {
  not_null(call, "trainer", trainer);
  const Tensor& tensor = item(call, "a trained parameter", trainer->trainer->trained(), i);
  require(state >= LS_GRADIENT && state <= LS_WEIGHT, call, ": expected state 0 (gradient) to 3 (weight) but found ", state);
  check_range(call, tensor, offset, count, data);
  enter(*trainer->model);
}

}  // namespace

extern "C" {

ls_status ls_trainer_open(ls_model* model, const ls_train_options* options, ls_trainer** trainer) {
  return guarded([&] {
    not_null("ls_trainer_open", "model", model);
    not_null("ls_trainer_open", "options", options);
    not_null("ls_trainer_open", "trainer", trainer);
    *trainer = nullptr;
    enter(*model->model);
    *trainer = new ls_trainer{model->model, model->model->open_trainer(*options)};
  });
}

void ls_trainer_close(ls_trainer* trainer) { close(trainer); }

ls_status ls_trainer_step(ls_trainer* trainer, int64_t count, const ls_batch* batches, double learning_rate, ls_step_result* result) {
  return guarded([&] {
    not_null("ls_trainer_step", "trainer", trainer);
    enter(*trainer->model);
    const ls_step_result done = trainer->trainer->run(count, batches, true, learning_rate);
    if (result) *result = done;
  });
}

ls_status ls_trainer_gradients(ls_trainer* trainer, int64_t count, const ls_batch* batches, ls_step_result* result) {
  return guarded([&] {
    not_null("ls_trainer_gradients", "trainer", trainer);
    enter(*trainer->model);
    const ls_step_result done = trainer->trainer->run(count, batches, false, 0.0);
    if (result) *result = done;
  });
}

int64_t ls_trainer_parameter_count(const ls_trainer* trainer) { return trainer ? static_cast<int64_t>(trainer->trainer->trained().size()) : 0; }

ls_status ls_trainer_parameter(const ls_trainer* trainer, int64_t i, ls_parameter* parameter) {
  return guarded([&] {
    not_null("ls_trainer_parameter", "trainer", trainer);
    not_null("ls_trainer_parameter", "parameter", parameter);
    const Tensor& tensor = item("ls_trainer_parameter", "a trained parameter", trainer->trainer->trained(), i);
    *parameter = {tensor.name.c_str(), tensor.rows, tensor.columns, tensor.rank};
  });
}

ls_status ls_trainer_read(const ls_trainer* trainer, int64_t i, ls_trainer_state state, int64_t offset, float* data, int64_t count) {
  return guarded([&] {
    check_state("ls_trainer_read", trainer, i, state, offset, data, count);
    trainer->trainer->read(i, state, offset, data, count);
  });
}

ls_status ls_trainer_write(ls_trainer* trainer, int64_t i, ls_trainer_state state, int64_t offset, const float* data, int64_t count) {
  return guarded([&] {
    check_state("ls_trainer_write", trainer, i, state, offset, data, count);
    require(state != LS_GRADIENT, "ls_trainer_write: gradients are read only");
    trainer->trainer->write(i, state, offset, data, count);
  });
}

ls_status ls_trainer_read_merged(const ls_trainer* trainer, int64_t index, int64_t offset, float* data, int64_t count) {
  return guarded([&] {
    not_null("ls_trainer_read_merged", "trainer", trainer);
    const Tensor& tensor = item("ls_trainer_read_merged", "a parameter", trainer->model->table, index);
    check_range("ls_trainer_read_merged", tensor, offset, count, data);
    enter(*trainer->model);
    trainer->trainer->read_merged(tensor, offset, data, count);
  });
}

int64_t ls_trainer_steps(const ls_trainer* trainer) { return trainer ? trainer->trainer->steps : 0; }

ls_status ls_trainer_set_steps(ls_trainer* trainer, int64_t steps) {
  return guarded([&] {
    not_null("ls_trainer_set_steps", "trainer", trainer);
    require(steps >= 0, "ls_trainer_set_steps: expected at least 0 steps but found ", steps);
    trainer->trainer->steps = steps;
  });
}

int64_t ls_trainer_bytes(const ls_trainer* trainer) { return trainer ? trainer->trainer->bytes() : 0; }

}  // extern "C"
