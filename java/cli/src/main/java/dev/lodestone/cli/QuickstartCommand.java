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

  private static String[] lines(Story s, Path folder) {
    double chance = 1.0 / 256;
    return new String[] {
        "learned     %s right at length %d (before training: %.2f, by chance: %.3f)".formatted(
            s.learned(), Quickstart.SHORT, s.untrained().share(), chance),
        "heads       %d of %d score above 0.1 over %d trials; highest: %s".formatted(s.heads().above(0.1),
            s.heads().layers() * s.heads().heads(), s.heads().trials(), top(s.heads(), s.removed())),
        "knocked out %.2f without those %d; without %d random others %.2f (%d draws, %.2f to %.2f)".formatted(
            s.knockedOut().share(), s.removed(), s.removed(), s.controlMean(), s.controls().size(), s.controlLowest(),
            s.controlHighest()),
        "longer      %s right at length %d".formatted(s.failed(), Quickstart.LONG),
        "extended    %s right at length %d, %.2f at length %d (theta 1,000 -> 10,000; attention only, %.0f %% of %,d"
            .formatted(s.extended(), Quickstart.LONG, s.still().share(), Quickstart.SHORT, 100 * s.trained(),
                s.parameters()) + " parameters)",
        "heads now   %d of the %d highest are the same; highest: %s".formatted(s.kept(), s.removed(),
            top(s.extendedHeads(), s.removed())),
        "%s in %s".formatted(Progress.duration(s.seconds()), folder)};
  }

  private static String top(HeadScores scores, int count) {
    return scores.top(count).stream().map(r -> "%s %.2f".formatted(r.head(), r.mean()))
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
