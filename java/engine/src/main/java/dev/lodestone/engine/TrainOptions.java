package dev.lodestone.engine;

/**
 * How a trainer steps: AdamW with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2) after clipping the
 * gradient by its global norm.
 *
 * @param mode {@link Mode#ALL} or {@link Mode#ATTENTION}
 * @param clip largest global norm of the gradient; 0 for no clipping
 * @param noDecayNorm whether norm weights are spared the weight decay
 * @param noDecayBias whether biases are
 * @param maxTokens the longest batch of a step
 */
public record TrainOptions(Mode mode, double beta1, double beta2, double eps, double weightDecay, double clip,
    boolean noDecayNorm, boolean noDecayBias, long maxTokens) {}
