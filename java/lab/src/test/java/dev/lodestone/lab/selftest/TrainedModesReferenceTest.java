package dev.lodestone.lab.selftest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Projection;
import dev.lodestone.engine.TrainOptions;
import dev.lodestone.engine.Trainer;
import dev.lodestone.heads.Head;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three steps of lora and heads against a float64 decoder whose gradients are central differences, clipped and taken by
 * AdamW as PyTorch writes it down. All within 1e-3.
 */
class TrainedModesReferenceTest {
  private static final int STEPS = 3;
  private static final double RATE = 0.01;
  private static final double CLIP = 0.5;
  private static final double DECAY = 0.1;
  private static final int[] TOKENS = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  private static final ModelConfig CONFIG = new ModelConfig("LlamaForCausalLM", "llama", 2, 8, 2, 1, 8, 12, 11, 32,
      1e-5, false, false, new int[2],
      new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 32, 0, 0, 0, 0, 0, 0, 0, true));

  @TempDir Path folder;

  @Test
  void lora() {
    int rank = 2;
    double scale = 3.0 / rank;
    var mode = new Mode.Lora(rank, 3, EnumSet.of(Projection.Q, Projection.V, Projection.DOWN), 5);
    var random = new Random(6);
    // A as the seed makes it is known to the trainer alone. So both are given: A and B anything but zero.
    var adapters = new HashMap<String, double[]>();
    for (int layer = 0; layer < 2; layer++) {
      for (var target : Map.of("self_attn.q_proj", new int[] {16, 8}, "self_attn.v_proj", new int[] {8, 8},
          "mlp.down_proj", new int[] {8, 12}).entrySet()) {
        var name = "model.layers." + layer + "." + target.getKey();
        adapters.put(name + ".lora_A.weight", random.doubles(rank * target.getValue()[1], -0.3, 0.3).toArray());
        adapters.put(name + ".lora_B.weight", random.doubles(rank * target.getValue()[0], -0.3, 0.3).toArray());
      }
    }
    check(mode, adapters, weights -> {
      var merged = new HashMap<>(weights);
      adapters.forEach((name, b) -> {
        if (name.contains("lora_B")) {
          double[] a = adapters.get(name.replace("lora_B", "lora_A"));
          merged.merge(name.replace("lora_B.weight", "weight"), a, (w, same) -> add(w, b, a, rank, scale));
        }
      });
      return merged;
    });
  }

  /** W + scale·B·A. */
  private static double[] add(double[] w, double[] b, double[] a, int rank, double scale) {
    double[] sum = w.clone();
    int in = a.length / rank;
    for (int o = 0; o < w.length / in; o++) {
      for (int i = 0; i < in; i++) {
        for (int k = 0; k < rank; k++) {
          sum[o * in + i] += scale * b[o * rank + k] * a[k * in + i];
        }
      }
    }
    return sum;
  }

  @Test
  void heads() {
    // Head 1 of layer 1: rows 8..15 of q, all of k and v (one group), columns 8..15 of o.
    var slices = new HashMap<String, double[]>();
    var at = "model.layers.1.self_attn.";
    slices.put(at + "q_proj.weight[8:16]", new double[64]);
    slices.put(at + "k_proj.weight[0:8]", new double[64]);
    slices.put(at + "v_proj.weight[0:8]", new double[64]);
    slices.put(at + "o_proj.weight[:, 8:16]", new double[64]);
    check(new Mode.Heads(List.of(new Head(1, 1))), slices, weights -> {
      var moved = new HashMap<>(weights);
      slices.forEach((name, slice) -> {
        double[] whole = weights.get(name.substring(0, name.indexOf('['))).clone();
        for (int i = 0; i < 64; i++) {
          whole[elementOf(name, i)] = slice[i];
        }
        moved.put(name.substring(0, name.indexOf('[')), whole);
      });
      return moved;
    });
  }

  /** Where an element of a slice of eight rows or columns lies in its parameter. */
  private static int elementOf(String name, int i) {
    if (name.contains("[:,")) {
      return i / 8 * 16 + 8 + i % 8; // o has 16 columns
    }
    return name.contains("[8:16]") ? 64 + i : i;
  }

  /** Trains both; {@code trained} belongs to the reference, {@code seen} gives the weights that it makes of them. */
  private void check(Mode mode, Map<String, double[]> trained, UnaryOperator<Map<String, double[]>> seen) {
    var batch = Batch.of(TOKENS).withLabels(TOKENS);
    var options = new TrainOptions(mode, 0.9, 0.95, 1e-8, DECAY, CLIP, false, false, TOKENS.length);
    try (var engine = Engine.open(Device.CPU, 1); var model = Model.create(engine, CONFIG)) {
      Map<String, double[]> weights = fill(model);
      try (var trainer = Trainer.open(model, options)) {
        for (var parameter : trainer.trained()) {
          double[] values = trained.get(parameter.name());
          if (mode instanceof Mode.Heads) {
            double[] whole = weights.get(parameter.name().substring(0, parameter.name().indexOf('[')));
            for (int i = 0; i < values.length; i++) {
              values[i] = whole[elementOf(parameter.name(), i)];
            }
          } else {
            trainer.write(parameter.name(), floats(values));
          }
        }
        assertEquals(trained.size(), trainer.trained().size());
        var reference = new AdamW(trained);
        for (int step = 0; step < STEPS; step++) {
          double loss = new ReferenceDecoder(CONFIG, seen.apply(weights)).loss(TOKENS);
          var result = trainer.step(List.of(batch), RATE);
          assertEquals(loss, result.loss(), 1e-3 * loss);
          double norm = reference.step(() -> new ReferenceDecoder(CONFIG, seen.apply(weights)).loss(TOKENS));
          assertEquals(norm, result.gradNorm(), 1e-3 * norm);
        }
        trainer.save(folder, Map.of());
        try (var saved = Model.load(engine, folder)) {
          var expected = seen.apply(weights);
          for (var parameter : saved.parameters()) {
            assertClose(expected.get(parameter.name()), saved.read(parameter.name()), parameter.name());
          }
        }
      }
    }
  }

  /** Within 1e-3 of the size of the whole. */
  private static void assertClose(double[] expected, float[] found, String name) {
    double off = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      off += (expected[i] - found[i]) * (expected[i] - found[i]);
      size += expected[i] * expected[i];
    }
    assertEquals(0, Math.sqrt(off / size), 1e-3, name);
  }

  private static Map<String, double[]> fill(Model model) {
    var random = new Random(1);
    var weights = new HashMap<String, double[]>();
    for (var parameter : model.parameters()) {
      float[] values = new float[(int) parameter.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * 0.3 + (parameter.rank() == 1 ? 1 : 0));
      }
      model.write(parameter.name(), values);
      weights.put(parameter.name(), IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
    }
    return weights;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
      values[i] = floats[i];
    }
    return floats;
  }

  /** AdamW with clipping, of numbers that it moves in place. */
  private static final class AdamW {
    private final List<double[]> values;
    private final List<double[]> first = new ArrayList<>();
    private final List<double[]> second = new ArrayList<>();
    private int steps;

    AdamW(Map<String, double[]> trained) {
      values = List.copyOf(trained.values());
      values.forEach(v -> {
        first.add(new double[v.length]);
        second.add(new double[v.length]);
      });
    }

    /** One step down the slopes of a loss; returns their norm. */
    double step(DoubleSupplier loss) {
      var gradients = new ArrayList<double[]>();
      double squares = 0;
      for (double[] v : values) {
        double[] gradient = new double[v.length];
        for (int i = 0; i < v.length; i++) {
          double before = v[i];
          v[i] = before + 1e-5;
          double above = loss.getAsDouble();
          v[i] = before - 1e-5;
          gradient[i] = (above - loss.getAsDouble()) / 2e-5;
          v[i] = before;
          squares += gradient[i] * gradient[i];
        }
        gradients.add(gradient);
      }
      double norm = Math.sqrt(squares);
      double factor = Math.min(1, CLIP / (norm + 1e-6));
      steps++;
      for (int t = 0; t < values.size(); t++) {
        double[] v = values.get(t);
        for (int i = 0; i < v.length; i++) {
          double g = factor * gradients.get(t)[i];
          first.get(t)[i] = 0.9 * first.get(t)[i] + 0.1 * g;
          second.get(t)[i] = 0.95 * second.get(t)[i] + 0.05 * g * g;
          v[i] *= 1 - RATE * DECAY;
          v[i] -= RATE * (first.get(t)[i] / (1 - Math.pow(0.9, steps)))
              / (Math.sqrt(second.get(t)[i] / (1 - Math.pow(0.95, steps))) + 1e-8);
        }
      }
      return norm;
    }
  }
}
