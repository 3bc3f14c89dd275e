package dev.lodestone.lab.train;

import java.util.List;

/** Hears how a run goes. What it throws stops the run, as a kill would. */
public interface TrainListener {
  /** Hears nothing. */
  TrainListener NONE = new TrainListener() {};

  /**
   * Before the first step: the samples, the step to start after (0: from the beginning), the memory of a step, and what
   * the mode costs (first) beside others.
   */
  default void started(int samples, long tokens, long fromStep, RecomputePolicy memory, List<ModeCost> costs) {}

  /** After each step. */
  default void stepped(StepReport report) {}

  /** A checkpoint is on the disk. */
  default void saved(Checkpoint checkpoint) {}
}
