package dev.lodestone.cli;

import picocli.CommandLine.Command;

/** {@code lodestone study}: a whole grid of the other commands from one file. */
@Command(name = "study", synopsisSubcommandLabel = "COMMAND", description = {
    "Runs a grid of models, context lengths, tasks, training sets and seeds from one YAML file: generate, train, heads,"
        + " eval, compare, knockout, patch.",
    "Each step is one command, whose results lie in a folder named after the hash of its words and of the content of"
        + " its files. What is done is not done again, whatever else changes in the file; what was killed half-way goes"
        + " on.",
    "The keys of the file: models, lengths, seeds, baseline, reference, tasks, variants, the options of the commands by"
        + " their long names, and rank. scripts/studies has examples with an explanation of each."},
    subcommands = {
      StudyRunCommand.class,
      StudyStatusCommand.class,
      StudyReportCommand.class,
      StudyRankCommand.class,
      StudyScoresCommand.class,
    })
final class StudyCommand extends BaseCommand {
  /** Without a command of its own: the usage. */
  @Override
  protected void run() {
    spec.commandLine().usage(out());
  }
}
