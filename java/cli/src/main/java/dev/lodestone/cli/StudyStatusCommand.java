package dev.lodestone.cli;

import dev.lodestone.io.Json;
import dev.lodestone.lab.study.StudyFolder;
import dev.lodestone.lab.study.StudyPlan;
import dev.lodestone.lab.study.StudyStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone study status}: what is done and what is left. */
@Command(name = "status", description = "Says which steps of a study are done, and about how long the others will"
    + " take: as long as the finished steps of their kind.")
final class StudyStatusCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE|DIR",
      description = "the folder of a study; or a study file: what there would be to do")
  Path place;

  @Option(names = "--steps", description = "also a line a step that is left")
  boolean listed;

  @Override
  protected void run() throws Exception {
    boolean begun = Files.isDirectory(place);
    var file = begun ? place.resolve(StudyFolder.FILE) : place;
    var steps = new StudySteps(this);
    var plan = StudyPlan.of(ConfigFile.read(file), file.toString(), steps);
    steps.check(plan);
    var folder = begun ? new StudyFolder(place) : null;
    var status = StudyStatus.of(plan, folder);
    List<String> lines = new ArrayList<>();
    lines.add("%s: %d of %d steps done%s".formatted(place, status.done(), status.done() + status.left(), left(status)));
    var table = new TextTable("", "done", "running", "left", "seconds each");
    var json = Json.mapper().createObjectNode().put("done", status.done()).put("left", status.left())
        .put("seconds_left", status.secondsLeft()).put("steps_of_unknown_time", status.unknown());
    status.kinds().forEach((name, kind) -> {
      table.row(name, "" + kind.done(), "" + kind.running(), "" + kind.left(),
          kind.done() == 0 ? "" : "%.1f".formatted(kind.secondsEach()));
      json.withObject("/kinds").putObject(name).put("done", kind.done()).put("running", kind.running())
          .put("left", kind.left()).put("seconds", kind.seconds());
    });
    lines.addAll(table.lines());
    if (listed) {
      plan.steps().stream().filter(step -> !begun || !folder.isDone(step)).forEach(step -> lines.add("left: " + step));
    }
    summary(json, lines.toArray(String[]::new));
  }

  private static String left(StudyStatus status) {
    if (status.left() == 0) {
      return "";
    }
    var known = status.unknown() == status.left() ? "" : ", about " + Progress.duration(status.secondsLeft());
    var unknown = status.unknown() == 0 ? "" : ", of %d the time is not known yet".formatted(status.unknown());
    return ", %d left%s%s".formatted(status.left(), known, unknown);
  }
}
