#include "model/inputs.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace ls::LS_BACKEND {

void Inputs::lay_out(Layout& layout, int64_t tokens) {
  for (int32_t** one : {&ids, &position, &row_begin, &row_end, &order, &label}) *one = layout.take<int32_t>(tokens);
  labelled = layout.take<int64_t>(tokens);
  weight = layout.take<float>(tokens);
}

void Inputs::fill(const Batch& batch, bool training) {
  const int64_t n = batch.tokens, labels = static_cast<int64_t>(batch.labelled.size());
  upload_all(ids, batch.ids, n);
  std::vector<int32_t> numbers(n);
  fill_positions(batch, numbers.data());
  upload_all(position, numbers.data(), n);
  if (kDevice) {
    std::vector<int32_t> ends(n);
    for (int64_t d = 0; d < batch.documents(); d++) {
      std::fill(numbers.begin() + batch.starts[d], numbers.begin() + batch.starts[d + 1], static_cast<int32_t>(batch.starts[d]));
      std::fill(ends.begin() + batch.starts[d], ends.begin() + batch.starts[d + 1], static_cast<int32_t>(batch.starts[d + 1]));
    }
    upload_all(row_begin, numbers.data(), n);
    upload_all(row_end, ends.data(), n);
    if (training) {
      std::iota(numbers.begin(), numbers.end(), 0);
      std::stable_sort(numbers.begin(), numbers.end(), [&](int32_t a, int32_t b) { return batch.ids[a] < batch.ids[b]; });
      upload_all(order, numbers.data(), n);
    }
  }
  upload_all(labelled, batch.labelled.data(), labels);
  upload_all(label, batch.label.data(), labels);
  weighted = !batch.weight.empty();
  if (weighted) upload_all(weight, batch.weight.data(), labels);
}

}  // namespace ls::LS_BACKEND
