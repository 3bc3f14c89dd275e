package dev.lodestone.cli;

import dev.lodestone.io.Json;
import dev.lodestone.lab.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone report}: results on one page. */
@Command(name = "report", description = {
    "Shows results on one self-contained HTML page: heads as heat maps, comparisons, similarity of heads against task"
        + " scores, knockout, patching, emergence of heads, training curves, needles by depth and length, task scores.",
    "Finds results in folders by what files hold, at any depth: score files of heads, what compare, knockout, patch and"
        + " eval wrote, runs of train, studies. What is not there is left out; a broken file in a folder is skipped and"
        + " named, a file that was named itself is refused.",
    "The numbers lie beside the page as CSV and JSON: report/data for report.html."})
final class ReportCommand extends BaseCommand {
  @Parameters(paramLabel = "DIR_OR_FILE", arity = "1..*", description = "folders and files of results")
  List<Path> places;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "page to write, .html")
  Path out;

  @Override
  protected void run() {
    if (!out.toString().matches(".*\\.html?")) {
      throw wrongWords("--out expected a name that ends in .html but found " + out);
    }
    OutputPath.check(out);
    var report = Report.of(places);
    report.write(out);
    List<String> lines = new ArrayList<>();
    lines.add(out + ": " + String.join(", ", report.sections()).toLowerCase(Locale.ROOT));
    lines.add("  numbers in " + Report.dataFolder(out));
    report.skipped().forEach(sentence -> lines.add("  skipped: " + sentence));
    var json = Json.mapper().createObjectNode().put("out", out.toString())
        .put("data", Report.dataFolder(out).toString());
    report.sections().forEach(json.putArray("sections")::add);
    report.skipped().forEach(json.putArray("skipped")::add);
    json.set("configuration", configuration());
    summary(json, lines.toArray(String[]::new));
  }
}
