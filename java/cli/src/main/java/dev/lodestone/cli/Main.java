package dev.lodestone.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry of the command line: {@code ./lodestone COMMAND [options]}. */
@Command(
    name = "lodestone",
    description = "Extends the context of language models with synthetic data, and shows which attention heads learned"
        + " to retrieve.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    usageHelpAutoWidth = true,
    subcommands = {
      QuickstartCommand.class,
      DoctorCommand.class,
      ImportCommand.class,
      TrainCommand.class,
      ProbeCommand.class,
      HeadsCommand.class,
      CompareCommand.class,
      KnockoutCommand.class,
      PatchCommand.class,
      EvalCommand.class,
      ReportCommand.class,
      StudyCommand.class,
      GenerateCommand.class,
      BenchCommand.class,
    })
public final class Main implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs a command and leaves with its exit code. */
  public static void main(String[] arguments) {
    // Text is UTF-8 whatever the locale says; a model's answers hold any character.
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments));
  }

  /** Runs a command in this process and returns its exit code: 0 done, 1 the work failed, 2 the words were wrong. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    var line = commandLine(out, err);
    line.setParameterExceptionHandler(CliErrors::wrongWords);
    line.setExecutionExceptionHandler(CliErrors::workFailed);
    try {
      Optional<ConfigFile> config = ConfigFile.find(arguments);
      if (config.isPresent()) {
        config.get().applyTo(line, arguments);
      }
    } catch (CommandLine.ParameterException e) {
      return CliErrors.wrongWords(e, arguments);
    } catch (RuntimeException e) {
      return CliErrors.workFailed(e, line, null);
    }
    try {
      return line.execute(arguments);
    } catch (Error e) { // picocli hands on exceptions, not errors: no memory, no native library
      return CliErrors.workFailed(e, line, null);
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** All commands, before any words. */
  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    var line = new CommandLine(new Main());
    line.setOut(out);
    line.setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }

  /** Without a command: the usage. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
