package dev.lodestone.lab.train;

import java.util.Map;

/** Hears how a run goes. What it throws stops the run, as a kill would. */
public interface TrainListener {
  /** Hears nothing. */
  TrainListener NONE = new TrainListener() {};

  /** Before the first step. */
  default void started(RunPlan plan) {}

  /** After each step. */
  default void stepped(StepReport report) {}

  /** What was found on the weights after a step, such as {@code eval/f1} and {@code heads/highest}. */
  default void checked(long step, Map<String, Double> found) {}

  /** A checkpoint is on the disk. */
  default void saved(Checkpoint checkpoint) {}
}
