package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Detector.Evidence;
import java.nio.file.Path;

/**
 * What is looked at while a run goes on: before its first step, every so many steps, and after its last.
 *
 * @param evalData samples that are answered and scored; null for none
 * @param evalEvery steps in between
 * @param headsData samples that heads are detected on; null for none
 * @param headsEvery steps in between
 * @param detector how
 */
public record CheckPlan(Path evalData, long evalEvery, Path headsData, long headsEvery, Detector detector) {
  /** Steps in between unless said. */
  public static final long EVERY = 100;
  /** Looks at nothing. */
  public static final CheckPlan NONE = new CheckPlan(null, EVERY, null, EVERY, Detector.WU_CODE);

  public CheckPlan {
    if (evalEvery < 1 || headsEvery < 1) {
      throw new LodestoneException("--eval-every and --heads-every: expected 1 or more but found " + evalEvery + " and "
          + headsEvery);
    }
    if (detector.evidence() == Evidence.REPEATS) {
      throw new LodestoneException("--detector: expected one that reads samples but found " + detector.id());
    }
  }

  /** Answers are scored after this step of a run of so many. */
  boolean evaluates(long step, long steps) {
    return evalData != null && (step % evalEvery == 0 || step == steps);
  }

  boolean detects(long step, long steps) {
    return headsData != null && (step % headsEvery == 0 || step == steps);
  }
}
