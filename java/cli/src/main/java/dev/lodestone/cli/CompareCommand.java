package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.HeadComparison;
import dev.lodestone.heads.HeadCut;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.HeadScores.Pooling;
import dev.lodestone.heads.ScoreCorrelation;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.heads.TaskScores;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone compare}: how the heads of several models agree with those of a reference. */
@Command(name = "compare", description = {
    "Compares score files with a reference: cosine and correlations over all heads; recall, precision, Jaccard and F1"
        + " of the retrieval heads at each cut.",
    "With --scores also how each similarity correlates with task scores over the files: Pearson, Spearman, Kendall with"
        + " permutation p (exact up to nine files) and bootstrap intervals.",
    "Reads score files of lodestone heads, of Wu et al., of LOCOS, and DuoAttention's full_attention_heads.tsv."})
final class CompareCommand extends BaseCommand {
  private static final int FEWEST_FOR_CORRELATION = 3;

  @Option(names = "--reference", paramLabel = "FILE", required = true,
      description = "score file to compare with, such as that of the model trained on real data")
  Path reference;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "score files of models of the same shape")
  List<Path> files;

  @Option(names = "--names", paramLabel = "NAME", split = ",",
      description = "what to call the files, in their order, in tables and in --scores (default: after the files)")
  List<String> names = List.of();

  @Option(names = "--threshold", paramLabel = "X", split = ",", defaultValue = "0,0.1",
      description = "retrieval heads score above X on average; several by commas (default: ${DEFAULT-VALUE})")
  List<Double> thresholds;

  @Option(names = "--top", paramLabel = "K", split = ",", defaultValue = "10",
      description = "also the K highest heads, less those tied across the cut; several by commas, 0 for none"
          + " (default: ${DEFAULT-VALUE})")
  List<Integer> tops;

  @Option(names = "--scores", paramLabel = "FILE",
      description = "CSV with a header: score file or its name without ending, then one or more task scores")
  Path scores;

  @Option(names = "--key-value-heads", paramLabel = "N",
      description = "pool query heads into the N key-value heads of a layer (grouped-query attention) before comparing;"
          + " needed against DuoAttention")
  Integer keyValueHeads;

  @Option(names = "--pool", paramLabel = "NAME", defaultValue = "max",
      description = "how: mean or max (default: ${DEFAULT-VALUE})")
  Pooling pooling;

  @Option(names = "--out", paramLabel = "FILE",
      description = "result as .json, or as .csv with a line a file (similarities and task scores, no correlations)")
  Path out;

  @Override
  protected void run() throws Exception {
    checkWords();
    if (out != null) {
      OutputPath.check(out);
    }
    var cuts = Stream.concat(thresholds.stream().map(HeadCut::above), tops.stream().filter(k -> k > 0)
        .map(HeadCut::top)).distinct().toList();
    var expected = read(reference);
    List<ComparisonReport.Row> rows = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      var file = files.get(i);
      var found = read(file);
      try {
        rows.add(new ComparisonReport.Row(label(i), file, found, HeadComparison.of(expected, found, cuts)));
      } catch (LodestoneException e) {
        throw new LodestoneException(file + " against " + reference + ": " + e.getMessage(), e);
      }
    }
    var report = correlate(new ComparisonReport(reference, expected, rows, List.of(), List.of(), List.of()));
    if (out != null) {
      write(report);
    }
    summary(report.toJson(), report.lines().toArray(String[]::new));
  }

  private void checkWords() {
    if (thresholds.stream().anyMatch(x -> !Double.isFinite(x)) || tops.stream().anyMatch(k -> k < 0)) {
      throw wrongWords("--threshold expected finite numbers and --top 0 or more but found " + thresholds + " and "
          + tops);
    }
    if (keyValueHeads != null && keyValueHeads < 1) {
      throw wrongWords("--key-value-heads expected 1 or more but found " + keyValueHeads);
    }
    if (!names.isEmpty() && names.size() != files.size()) {
      throw wrongWords("--names expected a name for each of the " + files.size() + " files but found " + names);
    }
    if (scores != null && files.size() < FEWEST_FOR_CORRELATION) {
      throw wrongWords("--scores expected " + FEWEST_FOR_CORRELATION + " files or more to correlate but found "
          + files.size());
    }
    if (out != null && !out.toString().matches(".*\\.(json|csv)(\\.gz)?")) {
      throw wrongWords("--out expected a name that ends in .json or .csv but found " + out);
    }
  }

  private HeadScores read(Path file) {
    var read = ScoreFile.read(file);
    if (keyValueHeads == null || keyValueHeads == read.heads()) {
      return read;
    }
    try {
      return read.pooled(keyValueHeads, pooling);
    } catch (LodestoneException e) {
      throw new LodestoneException(file + ": " + e.getMessage(), e);
    }
  }

  /** The name that was given; the file's without ending; or the whole path where two files have the same name. */
  private String label(int index) {
    if (!names.isEmpty()) {
      return names.get(index);
    }
    Path file = files.get(index);
    String stem = TaskScores.stem(file.getFileName().toString());
    boolean alone = files.stream().filter(f -> TaskScores.stem(f.getFileName().toString()).equals(stem)).count() == 1;
    return alone ? stem : file.toString();
  }

  private ComparisonReport correlate(ComparisonReport report) {
    if (scores == null) {
      return report;
    }
    var table = TaskScores.read(scores);
    var byFile = (names.isEmpty() ? files : names.stream().map(Path::of).toList()).stream().map(table::of).toList();
    var comparisons = report.rows().stream().map(ComparisonReport.Row::comparison).toList();
    List<ScoreCorrelation> correlations = new ArrayList<>();
    for (int i = 0; i < table.names().size(); i++) {
      int column = i;
      var values = byFile.stream().mapToDouble(row -> row[column]).toArray();
      correlations.addAll(ScoreCorrelation.of(comparisons, table.names().get(i), values, common.seed));
    }
    return new ComparisonReport(report.reference(), report.expected(), report.rows(), table.names(), byFile,
        correlations);
  }

  private void write(ComparisonReport report) throws IOException {
    if (out.toString().matches(".*\\.json(\\.gz)?")) {
      var json = report.toJson();
      json.set("configuration", configuration());
      Json.writeFile(out, json);
      return;
    }
    try (var file = AtomicOutput.open(out)) {
      file.writer().write(report.toCsv());
      file.commit();
    }
  }
}
