package dev.lodestone.lab.detect;

import dev.lodestone.engine.Attention;
import dev.lodestone.engine.AttentionOps;
import dev.lodestone.engine.AttentionOutputs;
import dev.lodestone.engine.AttentionShape;
import dev.lodestone.engine.DeviceBuffer;
import dev.lodestone.engine.DeviceBuffer.Element;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Ops;
import dev.lodestone.model.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A forward pass op by op, which shows the queries, keys and values of every layer on the device. Several documents go
 * together, so that a layer's weights are handed over once for all of them.
 */
final class LayerWalk {
  /** Sees a layer before its attention is applied; what is handed over lives until the method returns. */
  interface Visitor {
    /** @param output the weight of the output projection, (hidden, heads · headDim) */
    void layer(int layer, Attention attention, DeviceBuffer output);
  }

  private final Model model;
  private final Engine engine;
  private final ModelConfig config;
  private final int[] tokens;
  private final long[] lengths;
  private final int[] positions;

  LayerWalk(Model model, List<int[]> documents) {
    this.model = model;
    this.engine = model.engine();
    this.config = model.config();
    this.tokens = documents.stream().flatMapToInt(IntStream::of).toArray();
    this.lengths = documents.stream().mapToLong(d -> d.length).toArray();
    this.positions = documents.stream().flatMapToInt(d -> IntStream.range(0, d.length)).toArray();
  }

  void run(Visitor visitor) {
    long t = tokens.length;
    long qWidth = (long) config.heads() * config.headDim();
    long kvWidth = (long) config.kvHeads() * config.headDim();
    try (var x = embedded(model, tokens);
        var normed = reals(t * config.hidden());
        var q = reals(t * qWidth);
        var k = reals(t * kvWidth);
        var v = reals(t * kvWidth);
        var o = reals(t * qWidth);
        var gateUp = reals(t * 2 * config.intermediate());
        var inner = reals(t * config.intermediate())) {
      for (int layer = 0; layer < config.layers(); layer++) {
        String at = "model.layers." + layer + ".";
        norm(at + "input_layernorm.weight", x, normed);
        project(at + "self_attn.q_proj", normed, q, qWidth);
        project(at + "self_attn.k_proj", normed, k, kvWidth);
        project(at + "self_attn.v_proj", normed, v, kvWidth);
        rotate(q, config.heads());
        rotate(k, config.kvHeads());
        var shape = AttentionShape.of(t, config.heads(), config.kvHeads(), config.headDim()).withDocuments(lengths)
            .withWindow(config.windows()[layer]);
        var attention = Attention.dense(shape, q, k, v);
        try (var weight = weight(at + "self_attn.o_proj.weight")) {
          visitor.layer(layer, attention, weight);
          AttentionOps.forward(engine, attention, AttentionOutputs.of(o));
          Ops.linear(engine, new Ops.LinearShape(t, qWidth, config.hidden()), o, weight, null, x, 1, 1);
        }
        norm(at + "post_attention_layernorm.weight", x, normed);
        feedForward(at + "mlp.", normed, gateUp, inner, x);
      }
      Ops.synchronize(engine);
    }
  }

  private void norm(String name, DeviceBuffer x, DeviceBuffer y) {
    try (var weight = weight(name)) {
      Ops.rmsNorm(engine, new Ops.Rows(tokens.length, config.hidden()), config.normEps(), x, weight, y, null);
    }
  }

  private void project(String name, DeviceBuffer x, DeviceBuffer y, long width) {
    try (var weight = weight(name + ".weight"); var bias = config.qkvBias() ? weight(name + ".bias") : null) {
      Ops.linear(engine, new Ops.LinearShape(tokens.length, config.hidden(), width), x, weight, bias, y, 1, 0);
    }
  }

  private void rotate(DeviceBuffer x, int heads) {
    Ops.rope(engine, new Ops.Rotation(tokens.length, heads, config.headDim(), 0, positions, config.rope(),
        config.maxPositions(), false), x);
  }

  private void feedForward(String at, DeviceBuffer normed, DeviceBuffer gateUp, DeviceBuffer inner, DeviceBuffer x) {
    long t = tokens.length;
    long hidden = config.hidden();
    long width = config.intermediate();
    try (var up = reals(2 * width * hidden); var down = weight(at + "down_proj.weight")) {
      up.write(0, model.read(at + "gate_proj.weight")).write(width * hidden, model.read(at + "up_proj.weight"));
      Ops.linear(engine, new Ops.LinearShape(t, hidden, 2 * width), normed, up, null, gateUp, 1, 0);
      Ops.swiglu(engine, new Ops.Rows(t, width), gateUp, inner);
      Ops.linear(engine, new Ops.LinearShape(t, width, hidden), inner, down, null, x, 1, 1);
    }
  }

  private DeviceBuffer weight(String name) {
    return DeviceBuffer.of(engine, model.read(name));
  }

  private DeviceBuffer reals(long count) {
    return DeviceBuffer.zeros(engine, Element.REAL, count);
  }

  private static DeviceBuffer embedded(Model model, int[] tokens) {
    return rows(model, "model.embed_tokens.weight", tokens);
  }

  /** The rows of the output matrix of these tokens: (tokens, hidden). */
  static DeviceBuffer unembedding(Model model, int[] tokens) {
    return rows(model, model.config().tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight", tokens);
  }

  private static DeviceBuffer rows(Model model, String name, int[] tokens) {
    var parameter = model.parameter(name);
    int width = (int) parameter.columns();
    FloatBuffer row = ByteBuffer.allocateDirect(width * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    var values = new float[Math.multiplyExact(tokens.length, width)];
    for (int i = 0; i < tokens.length; i++) {
      model.read(parameter.index(), (long) tokens[i] * width, row.clear());
      row.get(values, i * width, width);
    }
    return DeviceBuffer.of(model.engine(), values);
  }
}
