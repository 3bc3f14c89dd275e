package dev.lodestone.lab.study;

/** Hears how far a study has come. */
public interface StudyListener {
  /** A step begins; {@code number} of {@code total} steps of this process. */
  default void started(Step step, int number, int total) {}

  default void finished(Step step, double seconds) {}

  default void failed(Step step, String sentence) {}

  /** Nothing can be done until another process has finished a step. */
  default void waiting(Step step) {}
}
