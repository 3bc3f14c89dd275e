// The forward pass that keeps what gradients need, and the backward pass: exact gradients of the mean loss over labelled tokens.
//
// Frozen tensors cost nothing: no product is computed for them, and the backward pass ends at the lowest trained tensor.
#pragma once

#include <cstdint>

#include "model/activations.h"
#include "model/batch.h"
#include "model/model.h"
#include "model/scope.h"

namespace ls::LS_BACKEND {

// One batch of a step. gradients are added to.
struct TrainPass {
  const Model& model;
  const RopeCache& rope;
  const Batch& batch;
  const TrainBuffers& buffers;
  const Scope& scope;
  const Weights<Real>& trained;      // adapters
  const Weights<float>& gradients;   // of what is trained
  double denominator;  // of the loss: the sum of the weights of all labelled tokens of the step
};

// Adds this batch's share to buffers.loss. A batch without labels contributes nothing.
void forward_and_backward(const TrainPass& pass);

}  // namespace ls::LS_BACKEND
