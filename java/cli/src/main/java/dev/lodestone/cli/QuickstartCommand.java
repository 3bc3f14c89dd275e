package dev.lodestone.cli;

import dev.lodestone.engine.Engine;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.lab.quickstart.Quickstart;
import dev.lodestone.lab.quickstart.Story;
import dev.lodestone.lab.train.StepReport;
import dev.lodestone.lab.train.TrainListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone quickstart}: the whole story on a tiny model, without a download. */
@Command(name = "quickstart", description = {
    "The whole story in a few minutes, without a download: a tiny model is trained until it retrieves, the heads that do"
        + " it are found and knocked out, it is shown to fail at a longer context and is extended to it."})
final class QuickstartCommand extends BaseCommand {
  @Option(names = "--out", paramLabel = "DIR",
      description = "where everything is kept (default: runs/quickstart, then runs/quickstart-2 and so on)")
  Path out;

  @Override
  protected void run() throws Exception {
    Path folder = out == null ? freshFolder() : out;
    try (Engine engine = common.openEngine(); Progress progress = progress("quickstart", 1)) {
      var steps = new Steps(progress);
      Story story = Quickstart.run(engine, folder, Quickstart.Size.DEFAULT, common.seed, steps,
          chapter -> progress.log("... " + chapter));
      summary(story.toJson(), lines(story, folder));
    }
  }

  private static Path freshFolder() {
    Path folder = Path.of("runs", "quickstart");
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("runs", "quickstart-" + i);
    }
    return folder;
  }

  private static String[] lines(Story story, Path folder) {
    Story.Trained t = story.trained();
    Story.Extended e = story.extended();
    int all = t.heads().layers() * t.heads().heads();
    return new String[] {
        "learned      %s right at length %d (before training %.2f)".formatted(
            t.learned(), Quickstart.SHORT, story.untrained().share()),
        "heads        %d of %d score above 0.1 (Wu et al.'s retrieval score, %d trials); highest %s".formatted(
            t.heads().above(0.1), all, t.heads().trials(), top(t.heads())),
        "knocked out  %.2f right without the %d highest; without %d others %.2f on average (%d random draws, %.2f to %.2f)"
            .formatted(t.knockedOut().share(), t.removed(), t.removed(), t.controlMean(), t.controls().size(),
                t.controlLowest(), t.controlHighest()),
        "longer       %s right at length %d".formatted(t.longer(), Quickstart.LONG),
        "extended     %s right at length %d, %.2f at length %d (theta 1,000 to 10,000; attention trained, %.0f %% of"
            .formatted(e.longer(), Quickstart.LONG, e.still().share(), Quickstart.SHORT, 100 * story.attentionShare())
            + " %,d parameters)".formatted(story.parameters()),
        "heads now    %d of those %d are among the %d highest at length %d; highest %s".formatted(
            story.kept(), t.removed(), t.removed(), Quickstart.LONG, top(e.heads())),
        "%s; models, data and scores are in %s".formatted(Progress.duration(story.seconds()), folder)};
  }

  private static String top(HeadScores scores) {
    return scores.top(3).stream().map(r -> "%s %.2f".formatted(r.head(), r.mean()))
        .collect(Collectors.joining(", "));
  }

  /** One training step in fifty is worth a line. */
  private record Steps(Progress progress) implements TrainListener {
    @Override
    public void stepped(StepReport report) {
      if (report.step() == 1 || report.step() % 50 == 0 || report.step() == report.steps()) {
        progress.log(report.toString());
      }
    }
  }
}
