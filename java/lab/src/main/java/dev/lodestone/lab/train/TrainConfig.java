package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Mode;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Everything a training run follows from.
 *
 * @param model Hugging Face model folder to start from
 * @param data text or token samples (JSONL, plain or gzip)
 * @param out run folder
 * @param mode what is trained
 * @param contextLength longest document in tokens; 0: what the model's configuration says
 * @param rope change of the rotary positions, or null
 * @param ropeOverride it may touch a checkpoint that has a scaling of its own
 * @param steps optimizer steps
 * @param batchTokens most tokens of a step; 0: the context length
 * @param microBatchTokens most tokens that pass through the model at once; 0: the whole step
 * @param learningRate peak learning rate
 * @param beta1 AdamW: decay of the first moment
 * @param beta2 AdamW: decay of the second moment
 * @param eps AdamW: added to the root of the second moment
 * @param weightDecay AdamW: decoupled decay
 * @param clip largest global norm of the gradient; 0: no clipping
 * @param schedule learning rate after the warm-up
 * @param warmup steps of linear warm-up
 * @param noDecayNorm norm weights do not decay
 * @param noDecayBias biases do not decay
 * @param saveEvery steps from checkpoint to checkpoint; 0: only the last
 * @param keepLast checkpoints that stay; 0: all
 * @param addSpecialTokens text samples: the tokenizer's special tokens around a prompt
 * @param deterministic the same bits every time, on a GPU too
 * @param seed order of the samples
 * @param checks what is looked at while it goes on
 */
public record TrainConfig(
    Path model, Path data, Path out, Mode mode, int contextLength, RopeChange rope, boolean ropeOverride, long steps,
    int batchTokens, int microBatchTokens, double learningRate, double beta1, double beta2, double eps,
    double weightDecay, double clip, Schedule.Shape schedule, long warmup, boolean noDecayNorm, boolean noDecayBias,
    long saveEvery, int keepLast, boolean addSpecialTokens, boolean deterministic, long seed, CheckPlan checks) {

  /** Checks every number; the sentence names the option. */
  public TrainConfig {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(out, "out");
    Objects.requireNonNull(checks, "checks");
    require(mode != null && mode != Mode.INFERENCE, "mode", "full, attention, lora or heads", mode);
    requireMode(mode);
    require(contextLength >= 0, "context-length", "a length in tokens", contextLength);
    require(steps >= 1 && steps <= 99_999_999, "steps", "1 to 99,999,999", steps);
    require(batchTokens >= 0, "batch-tokens", "a number of tokens", batchTokens);
    require(microBatchTokens >= 0, "micro-batch-tokens", "a number of tokens", microBatchTokens);
    require(learningRate > 0 && learningRate < 1e6, "lr", "a rate above 0", learningRate);
    require(beta1 >= 0 && beta1 < 1, "betas", "numbers from 0 to below 1", beta1);
    require(beta2 >= 0 && beta2 < 1, "betas", "numbers from 0 to below 1", beta2);
    require(eps > 0 && eps < 1, "eps", "a small number above 0", eps);
    require(weightDecay >= 0 && weightDecay < 1e6, "weight-decay", "0 or more", weightDecay);
    require(clip >= 0 && !Double.isInfinite(clip), "clip", "0 (none) or a norm", clip);
    require(warmup >= 0 && warmup <= steps, "warmup", "0 to the number of steps", warmup);
    require(saveEvery >= 0, "save-every", "0 or more", saveEvery);
    require(keepLast >= 0, "keep-last", "0 (all) or a number of checkpoints", keepLast);
  }

  private static void requireMode(Mode mode) {
    if (mode instanceof Mode.Lora lora) {
      require(lora.rank() >= 1, "lora-rank", "1 or more", lora.rank());
      require(lora.alpha() > 0 && lora.alpha() < 1e6, "lora-alpha", "a number above 0", lora.alpha());
      require(!lora.targets().isEmpty(), "lora-targets", "at least one projection", "none");
    } else if (mode instanceof Mode.Heads heads) {
      require(!heads.heads().isEmpty(), "train-heads", "at least one head", "none");
    }
  }

  private static void require(boolean holds, String option, String expected, Object found) {
    if (!holds) {
      throw new LodestoneException("--" + option + ": expected " + expected + " but found " + found);
    }
  }

  /** The learning rate of each step. */
  public Schedule learningRates() {
    return new Schedule(schedule, learningRate, warmup, steps);
  }

  /** A configuration with the defaults of {@code ./lodestone train}. */
  public static Builder builder(Path model, Path data, Path out) {
    return new Builder(model, data, out);
  }

  /** Sets what differs from the defaults. */
  public static final class Builder {
    private final Path model;
    private final Path data;
    private final Path out;
    private Mode mode = Mode.ALL;
    private int contextLength;
    private RopeChange rope;
    private boolean ropeOverride;
    private long steps = 100;
    private int batchTokens;
    private int microBatchTokens;
    private double learningRate = 2e-5;
    private double beta1 = 0.9;
    private double beta2 = 0.95;
    private double eps = 1e-8;
    private double weightDecay;
    private double clip = 1;
    private Schedule.Shape schedule = Schedule.Shape.COSINE;
    private long warmup;
    private boolean noDecayNorm;
    private boolean noDecayBias;
    private long saveEvery;
    private int keepLast;
    private boolean addSpecialTokens;
    private boolean deterministic = true;
    private long seed;
    private CheckPlan checks = CheckPlan.NONE;

    private Builder(Path model, Path data, Path out) {
      this.model = model;
      this.data = data;
      this.out = out;
    }

    public Builder mode(Mode value) {
      mode = value;
      return this;
    }

    public Builder contextLength(int value) {
      contextLength = value;
      return this;
    }

    public Builder rope(RopeChange value) {
      rope = value;
      return this;
    }

    public Builder ropeOverride(boolean value) {
      ropeOverride = value;
      return this;
    }

    public Builder steps(long value) {
      steps = value;
      return this;
    }

    public Builder batchTokens(int value) {
      batchTokens = value;
      return this;
    }

    public Builder microBatchTokens(int value) {
      microBatchTokens = value;
      return this;
    }

    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    public Builder betas(double first, double second) {
      beta1 = first;
      beta2 = second;
      return this;
    }

    public Builder eps(double value) {
      eps = value;
      return this;
    }

    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    public Builder clip(double value) {
      clip = value;
      return this;
    }

    public Builder schedule(Schedule.Shape shape, long warmupSteps) {
      schedule = shape;
      warmup = warmupSteps;
      return this;
    }

    public Builder noDecay(boolean norm, boolean bias) {
      noDecayNorm = norm;
      noDecayBias = bias;
      return this;
    }

    public Builder save(long every, int last) {
      saveEvery = every;
      keepLast = last;
      return this;
    }

    public Builder addSpecialTokens(boolean value) {
      addSpecialTokens = value;
      return this;
    }

    public Builder deterministic(boolean value) {
      deterministic = value;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder checks(CheckPlan value) {
      checks = value;
      return this;
    }

    /** The configuration; throws a LodestoneException that names the first option that cannot be. */
    public TrainConfig build() {
      return new TrainConfig(model, data, out, mode, contextLength, rope, ropeOverride, steps, batchTokens,
          microBatchTokens, learningRate, beta1, beta2, eps, weightDecay, clip, schedule, warmup, noDecayNorm,
          noDecayBias, saveEvery, keepLast, addSpecialTokens, deterministic, seed, checks);
    }
  }
}
