package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.lab.study.StudyFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone study report}: {@code report} over a study's folder. */
@Command(name = "report", description = "Shows the results of a study, as far as it is, in one HTML file: the same as"
    + " lodestone report DIR.")
final class StudyReportCommand extends BaseCommand {
  @Parameters(paramLabel = "DIR", description = "the folder of a study")
  Path folder;

  @Option(names = "--out", paramLabel = "FILE", description = "HTML file (default: DIR/report.html)")
  Path out;

  @Override
  protected void run() {
    if (!Files.exists(folder.resolve(StudyFolder.FILE))) {
      throw new LodestoneException(folder + ": expected the folder of a study, with " + StudyFolder.FILE
          + " in it, but found none");
    }
    if (!Main.commandLine(out(), out()).getSubcommands().containsKey("report")) {
      throw new LodestoneException("this version has no command 'report'; the results are in " + folder);
    }
    var page = out == null ? folder.resolve("report.html") : out;
    new StudySteps(this).run(List.of("report", folder.toString(), "--out", page.toString()), out());
    out().flush();
  }
}
