package dev.lodestone.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A decoder of the Llama family with tied embeddings and random weights, written as Hugging Face writes it: rms_norm,
 * rotary positions by halves, fused scaled-dot-product attention, SwiGLU, cross-entropy over all rows.
 */
final class Llama {
  private record Layer(Tensor norm1, Tensor q, Tensor k, Tensor v, Tensor o, Tensor norm2, Tensor gate, Tensor up,
      Tensor down) {}

  private final long tokens;
  private final long hidden;
  private final long headDim;
  private final long vocabulary;
  private final Tensor ids;
  private final Tensor labels;
  private final Tensor embedding;
  private final Tensor norm;
  private final Tensor cos;
  private final Tensor sin;
  private final List<Layer> layers = new ArrayList<>();
  private final List<Tensor> parameters = new ArrayList<>();
  private final boolean train;

  Llama(Shape shape, boolean train) {
    this.train = train;
    tokens = shape.get("tokens");
    hidden = shape.get("hidden");
    vocabulary = shape.get("vocabulary");
    long heads = shape.get("heads");
    long kvHeads = shape.get("kv_heads", heads);
    headDim = shape.get("head_dim", hidden / heads);
    long ffn = shape.get("intermediate");
    ids = randomIds(vocabulary, tokens);
    labels = randomIds(vocabulary, tokens - 1);
    embedding = weight(vocabulary, hidden);
    for (long i = 0; i < shape.get("layers"); i++) {
      layers.add(new Layer(weight(hidden), weight(heads * headDim, hidden), weight(kvHeads * headDim, hidden),
          weight(kvHeads * headDim, hidden), weight(hidden, heads * headDim), weight(hidden), weight(ffn, hidden),
          weight(ffn, hidden), weight(hidden, ffn)));
    }
    norm = weight(hidden);
    Tensor angles = torch.randn(tokens, headDim); // the values do not matter for the time
    cos = angles.cos();
    sin = angles.sin();
  }

  static Tensor randomIds(long vocabulary, long count) {
    return torch.randint(vocabulary, new long[] {count}, new TensorOptions(torch.ScalarType.Long));
  }

  private Tensor weight(long... sizes) {
    Tensor w = torch.randn(sizes).mul_(new Scalar(0.02)).requires_grad_(train);
    parameters.add(w);
    return w;
  }

  /** Forward, backward, clipping at norm 1 and AdamW. */
  Main.Run trainStep() {
    var all = new TensorVector(parameters.toArray(Tensor[]::new));
    var optimizer = new AdamW(all, new AdamWOptions(1e-5));
    return () -> Cases.timed(() -> {
      Tensor logits = torch.linear(hiddenStates().narrow(0, 0, tokens - 1), embedding);
      torch.cross_entropy_loss(logits, labels).backward();
      torch.clip_grad_norm_(all, 1.0);
      optimizer.step();
      optimizer.zero_grad(true);
    });
  }

  /** The prompt's forward pass with the logits of its last row. */
  Main.Run prefill() {
    return () -> Cases.timedWithoutGradient(
        () -> torch.linear(hiddenStates().narrow(0, tokens - 1, 1), embedding));
  }

  private Tensor hiddenStates() {
    Tensor x = torch.embedding(embedding, ids);
    for (Layer layer : layers) {
      Tensor in = x;
      x = freeing(() -> block(layer, in));
    }
    return rmsNorm(x, norm);
  }

  private Tensor block(Layer w, Tensor x) {
    Tensor a = rmsNorm(x, w.norm1);
    Tensor q = rotate(heads(torch.linear(a, w.q)));
    Tensor k = rotate(heads(torch.linear(a, w.k)));
    Tensor o = Cases.attend(q, k, heads(torch.linear(a, w.v))).transpose(1, 2).reshape(tokens, -1);
    Tensor y = x.add(torch.linear(o, w.o));
    Tensor b = rmsNorm(y, w.norm2);
    return y.add(torch.linear(torch.silu(torch.linear(b, w.gate)).mul(torch.linear(b, w.up)), w.down));
  }

  private Tensor heads(Tensor x) {
    return x.view(1, tokens, -1, headDim).transpose(1, 2);
  }

  private Tensor rotate(Tensor x) {
    long half = headDim / 2;
    Tensor turned = torch.cat(new TensorVector(x.narrow(3, half, half).neg(), x.narrow(3, 0, half)), -1);
    return x.mul(cos).add(turned.mul(sin));
  }

  private Tensor rmsNorm(Tensor x, Tensor weight) {
    return torch.rms_norm(x, new long[] {hidden}, new TensorOptional(weight), new DoubleOptional(1e-5));
  }

  /** Drops the references to all that {@code body} made but its result, as Python's counting would. */
  private static Tensor freeing(Supplier<Tensor> body) {
    PointerScope outer = PointerScope.getInnerScope();
    try (var inner = new PointerScope()) {
      Tensor result = body.get();
      outer.attach(result); // counts a reference, so that closing the inner scope leaves it alive
      return result;
    }
  }
}
