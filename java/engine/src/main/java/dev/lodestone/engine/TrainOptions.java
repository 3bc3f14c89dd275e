package dev.lodestone.engine;

import java.util.List;

/**
 * How a trainer steps: AdamW with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2) after clipping the
 * gradient by its global norm.
 *
 * @param mode what is trained; not {@link Mode#INFERENCE}
 * @param clip largest global norm of the gradient; 0 for no clipping
 * @param noDecayNorm whether norm weights are spared the weight decay
 * @param noDecayBias whether biases are
 * @param maxTokens the longest batch of a step
 * @param recompute what each layer does not keep; empty: everything is kept
 * @param deterministic the same bits every time; otherwise a GPU adds up attention's gradients in any order, which is
 *     faster. The CPU has the same bits either way
 */
public record TrainOptions(Mode mode, double beta1, double beta2, double eps, double weightDecay, double clip,
    boolean noDecayNorm, boolean noDecayBias, long maxTokens, List<Recompute> recompute, boolean deterministic) {
  public TrainOptions {
    recompute = List.copyOf(recompute);
  }

  /** Keeps everything for the backward pass; deterministic. */
  public TrainOptions(Mode mode, double beta1, double beta2, double eps, double weightDecay, double clip,
      boolean noDecayNorm, boolean noDecayBias, long maxTokens) {
    this(mode, beta1, beta2, eps, weightDecay, clip, noDecayNorm, noDecayBias, maxTokens, List.of(), true);
  }

  /** The defaults of PyTorch's AdamW: betas 0.9 and 0.999, eps 1e-8, weight decay 0.01 on everything; no clipping. */
  public static TrainOptions of(Mode mode, long maxTokens) {
    return new TrainOptions(mode, 0.9, 0.999, 1e-8, 0.01, 0, false, false, maxTokens);
  }
}
