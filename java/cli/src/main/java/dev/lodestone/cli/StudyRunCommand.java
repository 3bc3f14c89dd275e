package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.lab.study.Shard;
import dev.lodestone.lab.study.Step;
import dev.lodestone.lab.study.StudyFolder;
import dev.lodestone.lab.study.StudyListener;
import dev.lodestone.lab.study.StudyPlan;
import dev.lodestone.lab.study.StudyRun;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone study run}: does the steps that are not done. */
@Command(name = "run", description = {
    "Runs the steps of a study that are not done yet. A step that fails does not stop the others; run again to try it"
        + " again.",
    "Several processes or machines that share the folder may run the same study at once, each with its --shard."})
final class StudyRunCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", description = "the study, YAML or JSON")
  Path file;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "folder of the results, new or begun:"
      + " study.yaml, steps/KIND-HASH/ with step.json, results and DONE")
  Path out;

  @Option(names = "--shard", paramLabel = "I/N", defaultValue = "1/1",
      description = "do the i-th of n parts of the grid's cells; what looks at several cells is done by the part that"
          + " ends last (default: all)")
  String shard;

  @Override
  protected void run() throws Exception {
    Shard part;
    try {
      part = Shard.parse(shard);
    } catch (LodestoneException e) {
      throw wrongWords("--shard: " + e.getMessage());
    }
    var root = ConfigFile.read(file);
    var steps = new StudySteps(this);
    var plan = StudyPlan.of(root, file.toString(), steps);
    steps.check(plan);
    var folder = StudyFolder.begin(out, file);
    try (Progress progress = progress("steps", plan.steps().size())) {
      var result = StudyRun.run(plan, folder, part, new Log(progress));
      report(plan, result);
    }
  }

  private void report(StudyPlan plan, StudyRun.Result result) {
    int steps = plan.steps().size();
    int done = steps - result.left().size();
    var json = Json.mapper().createObjectNode().put("out", out.toString()).put("steps", steps).put("done", done)
        .put("ran", result.ran().size()).put("failed", result.failed().size()).put("left", result.left().size());
    summary(json, "%s: %d of %d steps done, %d of them now".formatted(out, done, steps, result.ran().size())
        + (result.left().isEmpty() || !result.failed().isEmpty() ? "" : "; the rest is for other shards"));
    requireNoFailure(result);
  }

  /** Failed steps are a failure of the study, once all others are done. */
  static void requireNoFailure(StudyRun.Result result) {
    result.failed().entrySet().stream().findFirst().ifPresent(first -> {
      throw new LodestoneException("%d steps failed, %d in all are left; the first was %s: %s".formatted(
          result.failed().size(), result.left().size(), first.getKey(), first.getValue()));
    });
  }

  /** A line as a step begins and ends. */
  record Log(Progress progress) implements StudyListener {
    @Override
    public void started(Step step, int number, int total) {
      progress.log("[%d/%d] %s".formatted(number, total, step));
    }

    @Override
    public void finished(Step step, double seconds) {
      progress.log("        done in " + Progress.duration(seconds));
    }

    @Override
    public void failed(Step step, String sentence) {
      progress.log("        failed: " + sentence);
    }

    @Override
    public void waiting(Step step) {
      progress.update(0, "another process has " + step);
    }
  }
}
