package dev.lodestone.peer;

import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The ops of the benchmark as PyTorch users write them: fp32, eager, autograd for gradients. */
final class Cases {
  private static final double EPS = 1e-5;

  private Cases() {}

  /** The run of a case, its inputs made; null for an op that is not known here. */
  static Main.Run make(String op, Shape shape) {
    return switch (op) {
      case "attention_forward" -> attention(shape, false);
      case "attention_forward_backward" -> attention(shape, true);
      case "score_rows" -> eagerScores(shape);
      case "rmsnorm_forward" -> rmsNorm(shape, false);
      case "rmsnorm_backward" -> rmsNorm(shape, true);
      case "swiglu_forward" -> swiglu(shape, false);
      case "swiglu_backward" -> swiglu(shape, true);
      case "linear_forward" -> linear(shape);
      case "linear_backward_input" -> product(shape, false);
      case "linear_backward_weight" -> product(shape, true);
      case "linear_decode" -> linearDecode(shape);
      case "linear_cross_entropy" -> linearCrossEntropy(shape);
      case "adamw" -> adamw(shape);
      case "train_step" -> new Llama(shape, true).trainStep();
      case "prefill" -> new Llama(shape, false).prefill();
      default -> null;
    };
  }

  /** Seconds of {@code body}; what it made is freed afterwards, outside the time. */
  static double timed(Runnable body) {
    try (var scope = new PointerScope()) {
      long start = System.nanoTime();
      body.run();
      return (System.nanoTime() - start) * 1e-9;
    }
  }

  static double timedWithoutGradient(Runnable body) {
    try (var off = new NoGradGuard()) {
      return timed(body);
    }
  }

  /** Seconds of the backward pass of what {@code forward} makes, given the gradient of its result. */
  private static double timedBackward(Supplier<Tensor> forward, Tensor gradient, Tensor... leaves) {
    try (var scope = new PointerScope()) {
      Tensor result = forward.get();
      double seconds = timed(() -> backward(result, gradient));
      forget(leaves);
      return seconds;
    }
  }

  static void backward(Tensor result, Tensor gradient) {
    result.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
  }

  private static void forget(Tensor... leaves) {
    for (Tensor leaf : leaves) {
      leaf.mutable_grad().put(new Tensor());
    }
  }

  private static Tensor leaf(long... sizes) {
    return torch.randn(sizes).requires_grad_(true);
  }

  /** Causal scaled-dot-product attention; kv heads are repeated for their group, as Hugging Face does. */
  static Tensor attend(Tensor q, Tensor k, Tensor v) {
    long group = q.size(1) / k.size(1);
    return torch.scaled_dot_product_attention(
        q, repeat(k, group), repeat(v, group), new TensorOptional(), 0, true, new DoubleOptional(), false);
  }

  private static Tensor repeat(Tensor x, long group) {
    return group == 1 ? x : x.repeat_interleave(group, new LongOptional(1), new LongOptional());
  }

  private static Main.Run attention(Shape shape, boolean backward) {
    long tokens = shape.get("tokens");
    long heads = shape.get("heads");
    long kvHeads = shape.get("kv_heads", heads);
    long dim = shape.get("head_dim");
    Tensor q = leaf(1, heads, tokens, dim);
    Tensor k = leaf(1, kvHeads, tokens, dim);
    Tensor v = leaf(1, kvHeads, tokens, dim);
    Tensor gradient = torch.randn(1, heads, tokens, dim);
    if (!backward) {
      return () -> timedWithoutGradient(() -> attend(q, k, v));
    }
    return () -> {
      double seconds = timed(() -> backward(attend(q, k, v), gradient));
      forget(q, k, v);
      return seconds;
    };
  }

  /**
   * Eager attention that returns its matrix: softmax(q kᵀ / √d + mask), (heads, tokens, tokens); without the values.
   */
  private static Main.Run eagerScores(Shape shape) {
    long tokens = shape.get("tokens");
    long heads = shape.get("heads");
    long kvHeads = shape.get("kv_heads", heads);
    long dim = shape.get("head_dim");
    Tensor q = torch.randn(1, heads, tokens, dim);
    Tensor k = torch.randn(1, kvHeads, tokens, dim);
    Tensor mask = torch.triu(torch.full(new long[] {tokens, tokens}, new Scalar(Float.NEGATIVE_INFINITY)), 1);
    Scalar scale = new Scalar(1 / Math.sqrt(dim));
    return () -> timedWithoutGradient(() -> torch.matmul(q, repeat(k, heads / kvHeads).transpose(2, 3))
        .mul_(scale).add_(mask).softmax(-1));
  }

  private static Main.Run rmsNorm(Shape shape, boolean backward) {
    long width = shape.get("width");
    Tensor x = leaf(shape.get("rows"), width);
    Tensor weight = leaf(width);
    Supplier<Tensor> forward =
        () -> torch.rms_norm(x, new long[] {width}, new TensorOptional(weight), new DoubleOptional(EPS));
    Tensor gradient = torch.randn(shape.get("rows"), width);
    return backward ? () -> timedBackward(forward, gradient, x, weight) : () -> timedWithoutGradient(forward::get);
  }

  private static Main.Run swiglu(Shape shape, boolean backward) {
    Tensor gate = leaf(shape.get("rows"), shape.get("width"));
    Tensor up = leaf(shape.get("rows"), shape.get("width"));
    Supplier<Tensor> forward = () -> torch.silu(gate).mul(up);
    Tensor gradient = torch.randn(shape.get("rows"), shape.get("width"));
    return backward ? () -> timedBackward(forward, gradient, gate, up) : () -> timedWithoutGradient(forward::get);
  }

  private static Main.Run linear(Shape shape) {
    Tensor x = torch.randn(shape.get("rows"), shape.get("in"));
    Tensor weight = torch.randn(shape.get("out"), shape.get("in"));
    return () -> timedWithoutGradient(() -> torch.linear(x, weight));
  }

  /** One of the two products that autograd runs for y = x Wᵀ: dx = dy W, or dW = dyᵀ x. */
  private static Main.Run product(Shape shape, boolean transposed) {
    Tensor dY = torch.randn(shape.get("rows"), shape.get("out"));
    Tensor other = torch.randn(transposed ? shape.get("rows") : shape.get("out"), shape.get("in"));
    return () -> timedWithoutGradient(() -> torch.matmul(transposed ? dY.t() : dY, other));
  }

  /** A few rows through weights that are not in any cache: 256 MiB of copies take turns. */
  private static Main.Run linearDecode(Shape shape) {
    long size = shape.get("in") * shape.get("out");
    Tensor x = torch.randn(shape.get("rows"), shape.get("in"));
    Tensor[] weights = new Tensor[(int) ((256L << 20) / 4 / size + 1)];
    Arrays.setAll(weights, i -> torch.randn(shape.get("out"), shape.get("in")));
    int[] next = {0};
    return () -> timedWithoutGradient(() -> torch.linear(x, weights[next[0]++ % weights.length]));
  }

  /** Mean loss of the output head over all rows and its gradients for input and weight. */
  private static Main.Run linearCrossEntropy(Shape shape) {
    Tensor x = leaf(shape.get("rows"), shape.get("width"));
    Tensor weight = leaf(shape.get("vocabulary"), shape.get("width"));
    Tensor labels = Llama.randomIds(shape.get("vocabulary"), shape.get("rows"));
    return () -> {
      double seconds = timed(() -> torch.cross_entropy_loss(torch.linear(x, weight), labels).backward());
      forget(x, weight);
      return seconds;
    };
  }

  private static Main.Run adamw(Shape shape) {
    Tensor weight = leaf(shape.get("count"));
    weight.mutable_grad().put(torch.randn(shape.get("count")));
    var optimizer = new AdamW(new TensorVector(weight), new AdamWOptions(1e-3));
    return () -> timed(optimizer::step);
  }
}
