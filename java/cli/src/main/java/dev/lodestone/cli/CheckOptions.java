package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Detector;
import dev.lodestone.lab.train.CheckPlan;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What {@code train} looks at while it goes on. */
final class CheckOptions {
  @Option(names = "--eval-data", paramLabel = "FILE", description = "text samples that are answered and scored before"
      + " the first step, every --eval-every steps and after the last: RUN/eval/step_NNNNNNNN.jsonl and .json, eval.csv")
  Path evalData;

  @Option(names = "--eval-every", paramLabel = "N", description = "steps in between (default: 100)")
  Long evalEvery;

  @Option(names = "--heads-data", paramLabel = "FILE", description = "samples that heads are detected on, at the same"
      + " times: RUN/heads/step_NNNNNNNN.json and heads.csv, how heads emerge")
  Path headsData;

  @Option(names = "--heads-every", paramLabel = "N", description = "steps in between (default: 100)")
  Long headsEvery;

  @Option(names = "--detector", paramLabel = "NAME", description = "how: a detector of the command heads that reads"
      + " samples (default: wu-code)")
  String detector;

  /** The plan that the words make; a LodestoneException if they make none. */
  CheckPlan parse() {
    if (evalData == null && evalEvery != null) {
      throw new LodestoneException("--eval-every expected --eval-data, the samples to answer, but found none");
    }
    if (headsData == null && (headsEvery != null || detector != null)) {
      throw new LodestoneException("--heads-every and --detector expected --heads-data, the samples to detect heads on,"
          + " but found none");
    }
    return new CheckPlan(evalData, evalEvery == null ? CheckPlan.EVERY : evalEvery, headsData,
        headsEvery == null ? CheckPlan.EVERY : headsEvery,
        detector == null ? CheckPlan.NONE.detector() : Detector.parse(detector));
  }
}
