package dev.lodestone.cli;

import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.intervene.KnockoutSweep;
import dev.lodestone.lab.intervene.Rows;
import dev.lodestone.lab.intervene.Task;
import dev.lodestone.lab.probe.Knockout;
import dev.lodestone.lab.train.HeadChoice;
import dev.lodestone.metrics.Metric;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lodestone knockout}: whether a task needs the heads. */
@Command(name = "knockout", description = {
    "Answers samples without the highest heads of a score file and scores the answers, against the whole model and"
        + " against the model without as many random heads of the same layers.",
    "Writes a JSON file with every draw and its interval, the 2.5th to the 97.5th percentile, and a CSV beside it."})
final class KnockoutCommand extends BaseCommand {
  /** Names on the command line; {@link Rows} says which rows they are. */
  enum Scope {
    ALL, GENERATED
  }

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "model folder")
  Path model;

  @Mixin TaskOptions task;

  @Option(names = "--heads", paramLabel = "FILE", required = true, description = "score file of the model's heads")
  Path heads;

  @Option(names = "--top", paramLabel = "K", split = ",", defaultValue = "10",
      description = "removes the K highest heads; several by commas (default: ${DEFAULT-VALUE})")
  List<Integer> tops;

  @Option(names = "--mode", paramLabel = "NAME", defaultValue = "zero",
      description = "what a removed head puts out: zero; mean, of its own output over the prompt; or uniform attention"
          + " over what it may see, as Wu et al. mask (default: ${DEFAULT-VALUE})")
  Knockout.Mode mode;

  @Option(names = "--scope", paramLabel = "NAME", defaultValue = "all",
      description = "in which rows: all, or generated: those that write the answer, the prompt's last included"
          + " (default: ${DEFAULT-VALUE})")
  Scope scope;

  @Option(names = "--controls", paramLabel = "N", defaultValue = "10",
      description = "draws of random heads for each K (default: ${DEFAULT-VALUE})")
  int controls;

  @Option(names = "--exclude-top", paramLabel = "N",
      description = "never draw one of the N highest heads (default: the K that are removed)")
  Integer excludeTop;

  @Option(names = "--out", paramLabel = "FILE", required = true,
      description = "result, .json; a .csv appears beside it")
  Path out;

  @Override
  protected void run() throws Exception {
    task.check(this);
    if (tops.stream().anyMatch(k -> k < 1) || controls < 1 || excludeTop != null && excludeTop < 0) {
      throw wrongWords("expected --top and --controls of 1 or more and --exclude-top of 0 or more but found " + tops
          + ", " + controls + " and " + excludeTop);
    }
    if (!out.toString().endsWith(".json")) {
      throw wrongWords("--out expected a name that ends in .json but found " + out);
    }
    OutputPath.check(out);
    int excluded = excludeTop == null ? 0 : excludeTop;
    try (ModelFolder folder = ModelFolder.open(model)) {
      folder.check();
      var ranked = HeadChoice.ranked(heads, Math.max(Collections.max(tops), excluded), folder.config());
      try (var input = task.read(folder)) {
        var plan = new KnockoutSweep.Plan(mode, scope == Scope.ALL ? Rows.ALL : Rows.ANSWER, ranked,
            tops.stream().distinct().toList(), excluded, controls, common.seed);
        var sweep = sweep(folder, task.task(folder, input), plan);
        write(sweep, task.metric(input), input);
      }
    }
  }

  private KnockoutSweep sweep(ModelFolder folder, Task asked, KnockoutSweep.Plan plan) {
    try (Engine engine = common.openEngine(); Model loaded = Model.load(engine, folder);
        Progress progress = progress("answers", plan.answers(asked.prompts().size()))) {
      return KnockoutSweep.run(loaded, asked, plan, done -> progress.update(done, ""));
    }
  }

  private void write(KnockoutSweep sweep, Metric metric, ModelSamples input) throws IOException {
    var json = Json.mapper().createObjectNode().put("kind", "knockout")
        .put("model", model.toAbsolutePath().normalize().getFileName().toString())
        .put("data", task.data.getFileName().toString()).put("samples", input.samples().size())
        .put("metric", metric.id()).put("mode", mode.name().toLowerCase(Locale.ROOT))
        .put("scope", scope.name().toLowerCase(Locale.ROOT)).put("heads_file", heads.toString())
        .put("seed", common.seed).put("controls", controls);
    json.setAll(sweep.toJson());
    json.set("configuration", configuration());
    Json.writeFile(out, json);
    Path csv = out.resolveSibling(out.getFileName().toString().replaceFirst("json$", "csv"));
    try (var file = AtomicOutput.open(csv)) {
      file.writer().write(sweep.toCsv());
      file.commit();
    }
    var lines = new ArrayList<String>();
    lines.add("%s: %s of %,d samples, whole model %s".formatted(out, metric, input.samples().size(),
        TextTable.number(sweep.baseline())));
    lines.addAll(table(sweep).lines());
    sweep.levels().stream().filter(level -> level.controls().offLayer() > 0).forEach(level -> lines.add(
        "of the %d heads %d have no other of their layer left: random heads of the nearest layers stand in".formatted(
            level.heads().size(), level.controls().offLayer())));
    summary(json, lines.toArray(String[]::new));
  }

  private TextTable table(KnockoutSweep sweep) {
    var table = new TextTable("heads removed", "score", "random heads", "2.5 %", "97.5 %", "draws");
    sweep.levels().forEach(level -> table.row(String.valueOf(level.heads().size()), TextTable.number(level.score()),
        TextTable.number(level.controlMean()), TextTable.number(level.controlLow()),
        TextTable.number(level.controlHigh()), String.valueOf(controls)));
    return table;
  }
}
