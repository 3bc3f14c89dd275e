package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.intervene.PatchedSets;
import dev.lodestone.lab.intervene.PatchedSets.HeadSet;
import dev.lodestone.lab.intervene.Rows;
import dev.lodestone.lab.intervene.Task;
import dev.lodestone.lab.train.HeadChoice;
import dev.lodestone.metrics.Metric;
import dev.lodestone.model.ModelFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lodestone patch}: whether heads of another model help. */
@Command(name = "patch", description = {
    "Answers samples with a model some of whose heads put out what those of a donor do on the same tokens, and scores"
        + " the answers, against both models as they are.",
    "The heads are the --top highest of the donor's score file: those that are among the model's own highest too"
        + " (intersection), those that are not (complement), or random others, as many in each layer as the"
        + " intersection has."})
final class PatchCommand extends BaseCommand {
  @Option(names = "--model", paramLabel = "DIR", required = true, description = "model folder of the receiver")
  Path model;

  @Option(names = "--donor", paramLabel = "DIR", required = true,
      description = "model folder of the same shape and tokenizer, such as that trained on real data")
  Path donor;

  @Mixin TaskOptions task;

  @Option(names = "--heads", paramLabel = "FILE", required = true, description = "score file of the receiver's heads")
  Path heads;

  @Option(names = "--donor-heads", paramLabel = "FILE",
      description = "score file of the donor's heads (default: that of --heads; then none are the donor's alone)")
  Path donorHeads;

  @Option(names = "--top", paramLabel = "K", defaultValue = "10",
      description = "the K highest heads of each file (default: ${DEFAULT-VALUE})")
  int top;

  @Option(names = "--set", paramLabel = "NAME", split = ",", defaultValue = "intersection,complement,random",
      description = "intersection, complement, random; several by commas (default: ${DEFAULT-VALUE})")
  List<HeadSet> sets;

  @Option(names = "--rows", paramLabel = "NAME", defaultValue = "all",
      description = "which rows are patched: all, or answer: those that write the answer, the prompt's last and the"
          + " generated ones (default: ${DEFAULT-VALUE})")
  Rows rows;

  @Option(names = "--controls", paramLabel = "N", defaultValue = "10",
      description = "draws of random heads (default: ${DEFAULT-VALUE})")
  int controls;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "result, .json")
  Path out;

  @Override
  protected void run() throws Exception {
    task.check(this);
    if (top < 1 || controls < 1) {
      throw wrongWords("--top and --controls expected 1 or more but found " + top + " and " + controls);
    }
    OutputPath.check(out);
    try (ModelFolder folder = ModelFolder.open(model); ModelFolder donorFolder = ModelFolder.open(donor)) {
      folder.check();
      donorFolder.check();
      checkDonor(folder, donorFolder);
      var plan = new PatchedSets.Plan(sets.stream().distinct().toList(), rows,
          HeadChoice.ranked(heads, top, folder.config()),
          HeadChoice.ranked(donorHeads == null ? heads : donorHeads, top, donorFolder.config()), controls, common.seed);
      try (var input = task.read(folder)) {
        var patched = patch(folder, donorFolder, task.task(folder, input), plan);
        write(patched, task.metric(input), input);
      }
    }
  }

  private void checkDonor(ModelFolder folder, ModelFolder donorFolder) {
    try {
      PatchedSets.checkShapes(folder.config(), donorFolder.config());
    } catch (LodestoneException e) {
      throw new LodestoneException(donor + ": " + e.getMessage(), e);
    }
  }

  private PatchedSets patch(ModelFolder folder, ModelFolder donorFolder, Task asked, PatchedSets.Plan plan) {
    try (Engine engine = common.openEngine(); Model receiver = Model.load(engine, folder);
        Model giver = Model.load(engine, donorFolder);
        Progress progress = progress("answers", plan.answers(asked.prompts().size()))) {
      return PatchedSets.run(receiver, giver, asked, plan, done -> progress.update(done, ""));
    }
  }

  private void write(PatchedSets patched, Metric metric, ModelSamples input) {
    var json = Json.mapper().createObjectNode().put("kind", "patch").put("model", name(model)).put("donor", name(donor))
        .put("data", task.data.getFileName().toString()).put("samples", input.samples().size())
        .put("metric", metric.id()).put("rows", rows.name().toLowerCase(Locale.ROOT)).put("seed", common.seed);
    json.setAll(patched.toJson());
    json.set("configuration", configuration());
    Json.writeFile(out, json);
    var lines = new ArrayList<String>();
    lines.add("%s: %s of %,d samples, receiver %s, donor %s".formatted(out, metric, input.samples().size(),
        TextTable.number(patched.receiver()), TextTable.number(patched.donor())));
    var table = new TextTable("set", "heads", "score", "change", "draws");
    patched.sets().forEach(set -> table.row(set.set().id(), String.valueOf(set.size()), TextTable.number(set.score()),
        String.format(Locale.ROOT, "%+.3f", set.score() - patched.receiver()), String.valueOf(set.scores().size())));
    lines.addAll(table.lines());
    lines.add("%,d passes over prompts; %,d saved by prefixes that all sets share".formatted(patched.forwards(),
        patched.forwardsSaved()));
    summary(json, lines.toArray(String[]::new));
  }

  private static String name(Path folder) {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }
}
