package dev.lodestone.lab.train;

import dev.lodestone.engine.GpuSample;
import java.util.Optional;

/**
 * What one optimizer step did.
 *
 * @param step from 1
 * @param steps of the whole run
 * @param loss mean over the labelled tokens of the step, before the update
 * @param lossZ its z-score among the recent losses; NaN at first
 * @param gradNorm global norm of the gradient before clipping
 * @param learningRate of this step
 * @param tokens in the step, labelled or not
 * @param seconds from the choice of samples to the updated weights
 * @param peakBytes most memory that the process has had resident so far; 0 where the system does not say
 * @param sensors what the GPU's sensors said at the end of the step, where they can be read
 */
public record StepReport(
    long step, long steps, double loss, double lossZ, double gradNorm, double learningRate, long tokens,
    double seconds, long peakBytes, Optional<GpuSample> sensors) {

  public double tokensPerSecond() {
    return tokens / seconds;
  }

  /**
   * For example {@code step 120/400 | loss 1.8312 (+0.1z) | norm 0.83 | lr 2.0e-05 | 812 ms | 40,350 tok/s}, then the
   * GPU's sensors.
   */
  @Override
  public String toString() {
    String z = Double.isNaN(lossZ) ? "" : " (%+.1fz)".formatted(lossZ);
    String gpu = sensors.map(sample -> " | " + sample).orElse("");
    return "step %d/%d | loss %.4f%s | norm %.2f | lr %.1e | %.0f ms | %,.0f tok/s%s"
        .formatted(step, steps, loss, z, gradNorm, learningRate, seconds * 1e3, tokensPerSecond(), gpu);
  }
}
