package dev.lodestone.lab.train;

import dev.lodestone.engine.GpuSample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one optimizer step did.
 *
 * @param step from 1
 * @param steps of the whole run
 * @param loss mean over the labelled tokens of the step, before the update
 * @param lossZ its z-score among the recent losses; NaN at first
 * @param gradNorm global norm of the gradient before clipping
 * @param normZ its z-score among the recent norms; NaN at first
 * @param learningRate of this step
 * @param tokens in the step, labelled or not
 * @param seconds from the choice of samples to the updated weights
 * @param mfu share of the device's peak that the step's operations reached ({@link ModelFlops}), where that is known
 * @param peakBytes most memory that the process has had resident so far; 0 where the system does not say
 * @param sensors what the GPU's sensors said at the end of the step, where they can be read
 */
public record StepReport(
    long step, long steps, double loss, double lossZ, double gradNorm, double normZ, double learningRate, long tokens,
    double seconds, OptionalDouble mfu, long peakBytes, Optional<GpuSample> sensors) {

  public double tokensPerSecond() {
    return tokens / seconds;
  }

  /** The curves of a run, by names that TensorBoard groups. */
  Map<String, Double> scalars() {
    var scalars = new LinkedHashMap<String, Double>();
    scalars.put("train/loss", loss);
    scalars.put("train/grad_norm", gradNorm);
    scalars.put("train/lr", learningRate);
    scalars.put("train/tokens_per_second", tokensPerSecond());
    mfu.ifPresent(share -> scalars.put("train/mfu", share));
    return scalars;
  }

  /**
   * For example {@code step 120/400 | loss 1.8312 (+0.1z) | norm 0.83 (-0.4z) | lr 2.0e-05 | 812 ms | 41 % MFU |
   * 40,350 tok/s | peak 2.1 GiB}, then the GPU's sensors.
   */
  @Override
  public String toString() {
    var parts = new ArrayList<String>();
    parts.add("step %d/%d".formatted(step, steps));
    parts.add("loss %.4f%s".formatted(loss, z(lossZ)));
    parts.add("norm %.2f%s".formatted(gradNorm, z(normZ)));
    parts.add("lr %.1e".formatted(learningRate));
    parts.add("%.0f ms".formatted(seconds * 1e3));
    mfu.ifPresent(share -> parts.add("%.0f %% MFU".formatted(100 * share)));
    parts.add("%,.0f tok/s".formatted(tokensPerSecond()));
    if (peakBytes > 0) {
      parts.add("peak " + MemoryText.of(peakBytes));
    }
    sensors.ifPresent(sample -> parts.add(sample.toString()));
    return String.join(" | ", parts);
  }

  private static String z(double score) {
    return Double.isNaN(score) ? "" : " (%+.1fz)".formatted(score);
  }
}
