package dev.lodestone.lab.selftest;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.TrainOptions;
import dev.lodestone.engine.Trainer;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Holds an engine to {@link ReferenceDecoder} on a tiny random model: the loss of a forward pass, the gradient (by a
 * central difference of the reference along it), and that one optimizer step lowers the loss.
 */
public final class SelfTest {
  private static final int TOKENS = 24;
  /**
   * fp32 carries about 1e-7 a product; sums of under 100 terms through two layers stay far below 1e-4. Other devices
   * store bf16, 4e-3 a value.
   */
  private static final double FP32_BOUND = 1e-4;
  private static final double BF16_BOUND = 5e-2;

  private SelfTest() {}

  /**
   * What was found.
   *
   * @param lossError relative error of the forward pass's loss
   * @param gradientError relative error of the squared norm of the gradient
   * @param lossBefore before the optimizer step
   * @param lossAfter after it
   * @param bound of both errors
   * @param seconds it took
   */
  public record Result(
      double lossError, double gradientError, double lossBefore, double lossAfter, double bound, double seconds) {
    public boolean passed() {
      return lossError <= bound && gradientError <= bound && lossAfter < lossBefore; // false for NaN too
    }

    @Override
    public String toString() {
      return "%s in %.2f s: loss off by %.1e, gradient by %.1e (bound %.0e), a step takes the loss from %.3f to %.3f"
          .formatted(passed() ? "ok" : "FAILED", seconds, lossError, gradientError, bound, lossBefore, lossAfter);
    }
  }

  /** Runs the test on an open engine. */
  public static Result run(Engine engine) {
    long began = System.nanoTime();
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, TOKENS, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 2, 32, 4, 2, 16, 48, 61, TOKENS, 1e-5, false, false,
        new int[2], rope);
    var random = new Random(1);
    int[] tokens = random.ints(TOKENS, 0, config.vocabulary()).toArray();
    try (Model model = Model.create(engine, config)) {
      Map<String, double[]> weights = fill(model, random);
      Batch batch = Batch.of(tokens).withLabels(tokens);
      double expected = new ReferenceDecoder(config, weights).loss(tokens);
      double loss = model.forward(batch, Pass.of().loss()).loss();
      var options = new TrainOptions(Mode.ALL, 0.9, 0.95, 1e-8, 0, 0, false, false, TOKENS);
      try (Trainer trainer = Trainer.open(model, options)) {
        double norm = trainer.gradients(List.of(batch)).gradNorm();
        double slope = slope(config, weights, trainer, norm, tokens);
        trainer.step(List.of(batch), 1e-3);
        double after = model.forward(batch, Pass.of().loss()).loss();
        return new Result(Math.abs(loss - expected) / expected, Math.abs(norm - slope) / slope, loss, after,
            engine.running() == Device.CPU ? FP32_BOUND : BF16_BOUND, (System.nanoTime() - began) * 1e-9);
      }
    }
  }

  /** Throws a {@link LodestoneException} with the figures if the test fails. */
  public static Result check(Engine engine) {
    Result result = run(engine);
    if (!result.passed()) {
      throw new LodestoneException("self-test " + result);
    }
    return result;
  }

  private static Map<String, double[]> fill(Model model, Random random) {
    var weights = new HashMap<String, double[]>();
    for (Model.Parameter parameter : model.parameters()) {
      float[] values = new float[(int) parameter.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * 0.2 + (parameter.rank() == 1 ? 1 : 0));
      }
      model.write(parameter.name(), values);
      float[] stored = model.read(parameter.name()); // rounded, where the device stores bf16
      weights.put(parameter.name(), IntStream.range(0, stored.length).mapToDouble(i -> stored[i]).toArray());
    }
    return weights;
  }

  /** d loss / d s at s = 0 for weights + s · g / |g|, which is |g| where g is the gradient. */
  private static double slope(
      ModelConfig config, Map<String, double[]> weights, Trainer trainer, double norm, int[] tokens) {
    double step = 1e-4;
    double[] losses = new double[2];
    for (int side = 0; side < 2; side++) {
      var moved = new HashMap<String, double[]>();
      for (Model.Parameter parameter : trainer.trained()) {
        float[] gradient = trainer.gradient(parameter.name());
        double[] values = weights.get(parameter.name()).clone();
        for (int i = 0; i < values.length; i++) {
          values[i] += (side == 0 ? step : -step) * gradient[i] / norm;
        }
        moved.put(parameter.name(), values);
      }
      losses[side] = new ReferenceDecoder(config, moved).loss(tokens);
    }
    return (losses[0] - losses[1]) / (2 * step);
  }
}
