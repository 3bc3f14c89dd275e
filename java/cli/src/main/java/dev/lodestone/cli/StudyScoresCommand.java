package dev.lodestone.cli;

import dev.lodestone.io.Json;
import dev.lodestone.lab.study.EvalSummaries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone study scores}: the table of task scores that {@code compare --scores} reads. */
@Command(name = "scores", description = "Puts what eval --json printed for several models into one table, for compare"
    + " --scores.")
final class StudyScoresCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "what eval --json printed, a file a model")
  List<Path> files;

  @Option(names = "--names", paramLabel = "NAME", split = ",", required = true,
      description = "what to call them, in their order")
  List<String> names = new ArrayList<>();

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "table, .csv")
  Path out;

  @Override
  protected void run() {
    if (names.size() != files.size()) {
      throw wrongWords("--names expected a name for each of the " + files.size() + " files but found " + names);
    }
    OutputPath.check(out);
    EvalSummaries.writeTable(names, files, out);
    summary(Json.mapper().createObjectNode().put("out", out.toString()).put("models", names.size()),
        "%s: scores of %d models".formatted(out, names.size()));
  }
}
