package dev.lodestone.cli;

import dev.lodestone.io.Json;
import dev.lodestone.lab.study.Ranking;
import dev.lodestone.lab.study.Shard;
import dev.lodestone.lab.study.StudyFolder;
import dev.lodestone.lab.study.StudyPlan;
import dev.lodestone.lab.study.StudyRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone study rank}: which training set is worth a whole run. */
@Command(name = "rank", description = {
    "Trains on every variant of a study for a share of its steps (rank.share in the file, default 0.1), detects and"
        + " evaluates, and ranks the variants by how their heads resemble those of a short run on the reference, and by"
        + " task score.",
    "Where whole runs of the study are in the folder it also says how well the early ranking agrees with their task"
        + " scores. Writes rank.json."})
final class StudyRankCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", description = "the study, YAML or JSON; needs reference and heads")
  Path file;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "folder of the study's results")
  Path out;

  @Override
  protected void run() throws Exception {
    var root = ConfigFile.read(file);
    var steps = new StudySteps(this);
    var early = StudyPlan.early(root, file.toString(), steps);
    var whole = StudyPlan.of(root, file.toString(), steps);
    steps.check(early);
    steps.check(whole);
    var folder = StudyFolder.begin(out, file);
    StudyRun.Result result;
    try (Progress progress = progress("steps", early.steps().size())) {
      result = StudyRun.run(early, folder, Shard.WHOLE, new StudyRunCommand.Log(progress));
    }
    var rankings = Ranking.of(early, whole, folder, common.seed);
    var json = Json.mapper().createObjectNode().put("kind", "rank");
    var list = json.putArray("rankings");
    rankings.forEach(ranking -> list.add(ranking.toJson()));
    Json.writeFile(out.resolve("rank.json"), json);
    summary(json, rankings.stream().flatMap(ranking -> lines(ranking).stream()).toArray(String[]::new));
    StudyRunCommand.requireNoFailure(result);
  }

  private static List<String> lines(Ranking ranking) {
    List<String> lines = new ArrayList<>();
    lines.add(ranking.labels().entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(", ")));
    var early = ranking.candidates().get(0).early().keySet();
    var late = ranking.candidates().stream().flatMap(c -> c.late().keySet().stream()).distinct().toList();
    var table = new TextTable(Stream.of(Stream.of("variant"), early.stream(), late.stream().map(name -> "late " + name))
        .flatMap(s -> s).toArray(String[]::new));
    for (var candidate : ranking.candidates()) {
      table.row(Stream.of(Stream.of(candidate.variant()), early.stream().map(name -> number(candidate.early(), name)),
          late.stream().map(name -> number(candidate.late(), name))).flatMap(s -> s).toArray(String[]::new));
    }
    lines.addAll(table.lines());
    for (var agreement : ranking.agreements()) {
      lines.add("%s early against %s late: %s".formatted(agreement.early(), agreement.late(),
          agreement.spearman() == null ? "no correlation, one of them is the same for all"
              : agreement.spearman() + "; " + agreement.kendall()));
    }
    return lines;
  }

  private static String number(Map<String, Double> numbers, String name) {
    return numbers.containsKey(name) ? TextTable.number(numbers.get(name)) : "";
  }
}
