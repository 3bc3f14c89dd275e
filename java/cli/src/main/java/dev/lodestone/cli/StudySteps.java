package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.lab.study.Commands;
import dev.lodestone.lab.study.Step;
import dev.lodestone.lab.study.StudyPlan;
import dev.lodestone.lab.study.Word;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The commands of this program as steps of a study, run in this process. */
final class StudySteps implements Commands {
  private final List<String> shared; // where and how to run: no part of what a step is
  private final PrintWriter err;
  private final CommandLine known = Main.commandLine(new PrintWriter(Writer.nullWriter()),
      new PrintWriter(Writer.nullWriter()));

  /** Steps run on the device and threads of the study's command, and print their progress where it does. */
  StudySteps(BaseCommand study) {
    var common = study.common;
    shared = new ArrayList<>(List.of("--device", common.device.id(), "--threads",
        "" + common.threads));
    if (common.quiet) {
      shared.add("--quiet");
    }
    err = study.spec.commandLine().getErr();
  }

  @Override
  public boolean readsFiles(String command, String option) {
    var line = known.getSubcommands().get(command);
    var spec = line == null ? null : line.getCommandSpec().optionsMap().get("--" + option);
    return spec != null && (spec.type() == Path.class || spec.auxiliaryTypes()[0] == Path.class);
  }

  @Override
  public void run(List<String> words, PrintWriter out) {
    var all = new ArrayList<>(words);
    all.addAll(shared);
    var failure = new Throwable[1];
    var line = Main.commandLine(out, err);
    line.setParameterExceptionHandler((e, arguments) -> fail(failure, e));
    line.setExecutionExceptionHandler((e, command, result) -> fail(failure, e));
    try {
      line.execute(all.toArray(String[]::new));
    } catch (OutOfMemoryError | LinkageError e) { // of this step alone
      failure[0] = e;
    }
    if (failure[0] instanceof ParameterException wrong) {
      throw new LodestoneException(words.get(0) + ": " + wrong.getMessage(), wrong);
    } else if (failure[0] != null) {
      throw new LodestoneException(CliErrors.sentence(failure[0]), failure[0]);
    }
  }

  private static int fail(Throwable[] failure, Throwable e) {
    failure[0] = e;
    return CliErrors.WORK_FAILED;
  }

  /** Says now what a command would refuse later: options that it does not have, and values that they cannot take. */
  void check(StudyPlan plan) {
    for (var step : plan.steps()) {
      checkNames(step, known.getSubcommands().get(step.kind()));
      try {
        known.parseArgs(step.words().stream().map(StudySteps::sample).toArray(String[]::new));
      } catch (MissingParameterException e) {
        throw new LodestoneException(step + ": " + e.getMessage(), e);
      } catch (ParameterException e) {
        var option = e.getArgSpec() instanceof OptionSpec spec ? step.places().get(spec.longestName()) : null;
        throw new LodestoneException((option == null ? step : option) + ": " + e.getMessage(), e);
      }
    }
  }

  private static void checkNames(Step step, CommandLine command) {
    step.places().forEach((option, place) -> {
      if (command == null) {
        throw new LodestoneException(place + ": this version has no command '" + step.kind() + "'");
      }
      var known = command.getCommandSpec().optionsMap().keySet();
      if (!known.contains(option)) {
        throw new LodestoneException(place + ": " + step.kind() + " has no such option" + CliErrors.nearest(option,
            List.copyOf(known)).map(near -> "; did you mean '" + near.replaceFirst("^-+", "") + "'?").orElse(""));
      }
    });
  }

  /** A word as it could be; files are not looked at. */
  private static String sample(Word word) {
    return word instanceof Word.Text text ? text.text() : "x.json";
  }
}
