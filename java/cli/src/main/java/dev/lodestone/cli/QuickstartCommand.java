package dev.lodestone.cli;

import dev.lodestone.engine.Engine;
import dev.lodestone.lab.quickstart.Quickstart;
import dev.lodestone.lab.quickstart.Story;
import dev.lodestone.lab.train.StepReport;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.stats.Descriptive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone quickstart}: the whole story on the embedded model, without a download. */
@Command(name = "quickstart", description = {
    "The whole story in three minutes, without a download: a small model that fails at a longer context is extended to it"
        + " on a real-like set and on synthetic ones, the heads that retrieve are found, compared and knocked out."})
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
    var lines = new ArrayList<String>();
    lines.add("before       %.2f of questions right at length %d, %.2f at length %d (%,d parameters)".formatted(
        story.brief(), Quickstart.SHORT, story.far(), Quickstart.LONG, story.parameters()));
    var table = new TextTable("extended on", "right at " + Quickstart.LONG, "cosine", "spearman",
        "top " + Quickstart.REMOVED + " in common");
    for (var one : story.extended()) {
      var numbers = one.comparison().similarities();
      table.row(one.name(), TextTable.number(one.right()), TextTable.number(numbers.get("cosine")),
          TextTable.number(numbers.get("spearman")), "" + one.comparison().overlaps().get(1).common());
    }
    lines.addAll(table.lines());
    var knockout = story.knockout();
    double[] others = knockout.others();
    lines.add("knocked out  %.2f right without the %d highest heads; without %d others %.2f on average (95 %% of %d draws"
        .formatted(knockout.right(), knockout.top().size(), knockout.top().size(), Descriptive.mean(others),
            others.length)
        + " in %.2f to %.2f)".formatted(Descriptive.quantile(others, 0.025), Descriptive.quantile(others, 0.975)));
    lines.add("%s; the report is %s".formatted(Progress.duration(story.seconds()), folder.resolve("report.html")));
    return lines.toArray(String[]::new);
  }

  /** One training step in twenty is worth a line. */
  private record Steps(Progress progress) implements TrainListener {
    @Override
    public void stepped(StepReport report) {
      if (report.step() % 20 == 0 || report.step() == report.steps()) {
        progress.log(report.toString());
      }
    }
  }
}
