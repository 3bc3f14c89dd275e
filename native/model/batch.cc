#include "model/batch.h"

#include <algorithm>
#include <cmath>

namespace ls {

namespace {

constexpr int32_t kIgnored = -100;

void read_starts(const ls_batch& in, Batch& out) {
  if (!in.starts) {
    require(in.documents == 1, "batch: starts is NULL, so expected 1 document but found ", in.documents);
    out.starts = {0, in.tokens};
  } else {
    require(in.documents >= 1 && in.documents <= in.tokens, "batch: expected 1 to ", in.tokens, " documents in ", in.tokens, " tokens but found ",
            in.documents);
    out.starts.assign(in.starts, in.starts + in.documents + 1);
    require(out.starts.front() == 0, "batch: expected the first document to start at token 0 but found ", out.starts.front());
    require(out.starts.back() == in.tokens, "batch: expected the last document to end at token ", in.tokens, " but found ", out.starts.back());
  }
  for (int64_t d = 0; d < out.documents(); d++) {
    require(out.starts[d] < out.starts[d + 1] && out.starts[d + 1] <= in.tokens,
            "batch: expected ascending starts and no empty document but document ", d, " has tokens ", out.starts[d], " to ", out.starts[d + 1]);
    out.longest = std::max(out.longest, out.starts[d + 1] - out.starts[d]);
  }
}

void read_labels(const ls_batch& in, const Config& config, Batch& out) {
  for (int64_t i = 0; i < in.tokens; i++) {
    const int32_t label = in.labels[i];
    require(label == kIgnored || (label >= 0 && label < config.vocabulary), "batch: expected label ", i, " to be -100 or below the vocabulary of ",
            config.vocabulary, " but found ", label);
    if (in.weights)
      require(std::isfinite(in.weights[i]) && in.weights[i] >= 0, "batch: expected weight ", i, " to be finite and not negative but found ",
              in.weights[i]);
  }
  for (int64_t d = 0; d < out.documents(); d++)
    for (int64_t i = out.starts[d] + 1; i < out.starts[d + 1]; i++) {
      if (in.labels[i] == kIgnored) continue;
      out.labelled.push_back(i - 1);
      out.label.push_back(in.labels[i]);
      if (in.weights) out.weight.push_back(in.weights[i]);
      out.weight_sum += in.weights ? in.weights[i] : 1.0;
    }
}

}  // namespace

Batch checked(const ls_batch& in, const Config& config) {
  require(in.tokens >= 1 && in.tokens <= INT32_MAX, "batch: expected 1 to ", INT32_MAX, " tokens but found ", in.tokens);
  require(in.ids != nullptr, "batch: ids is NULL");
  require(in.labels || !in.weights, "batch: there are weights but no labels");
  Batch out;
  out.tokens = in.tokens;
  out.ids = in.ids;
  for (int64_t i = 0; i < in.tokens; i++)
    require(in.ids[i] >= 0 && in.ids[i] < config.vocabulary, "batch: expected token ", i, " to be below the vocabulary of ", config.vocabulary,
            " but found ", in.ids[i]);
  read_starts(in, out);
  if (in.labels) read_labels(in, config, out);
  return out;
}

void fill_positions(const Batch& batch, int32_t* position) {
  for (int64_t d = 0; d < batch.documents(); d++)
    for (int64_t i = batch.starts[d]; i < batch.starts[d + 1]; i++) position[i] = static_cast<int32_t>(i - batch.starts[d]);
}

}  // namespace ls
