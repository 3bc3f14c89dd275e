package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Projection;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.train.HeadChoice;
import dev.lodestone.lab.train.ModeCost;
import dev.lodestone.model.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** What {@code train} trains: {@code --mode} and the options of single modes. */
final class ModeOptions {
  private static final int TOP = 10;

  @Option(names = "--mode", paramLabel = "NAME", defaultValue = "full",
      description = "what is trained: full (all weights), attention (q, k, v, o projections), lora (adapters beside"
          + " projections) or heads (the q, k, v, o slices of some heads) (default: ${DEFAULT-VALUE})")
  String mode;

  @Option(names = "--lora-rank", paramLabel = "N", description = "lora: rank of the adapters (default: 16)")
  Integer rank;

  @Option(names = "--lora-alpha", paramLabel = "X",
      description = "lora: adapters count alpha/rank; there is no dropout (default: 32)")
  Double alpha;

  @Option(names = "--lora-targets", paramLabel = "NAME", split = ",",
      description = "lora: projections among q, k, v, o, gate, up, down (default: q,k,v,o). Checkpoints hold the merged"
          + " model and, in adapter/, the adapters as PEFT reads them")
  List<String> targets = List.of();

  @Option(names = "--train-heads", paramLabel = "L-H", split = ",",
      description = "heads: the heads to train, such as 3-0,4-2")
  List<String> heads = List.of();

  @Option(names = "--heads-file", paramLabel = "FILE", description = "heads: or the --top heads of a score file")
  Path headsFile;

  @Option(names = "--top", paramLabel = "N", description = "heads: how many of --heads-file (default: 10)")
  Integer top;

  /** The mode that the words name; wrong ones are errors of the command. */
  Mode parse(BaseCommand command, Path model) {
    requireOf(command, "lora", "--lora-rank, --lora-alpha and --lora-targets",
        rank != null || alpha != null || !targets.isEmpty());
    requireOf(command, "heads", "--train-heads, --heads-file and --top",
        !heads.isEmpty() || headsFile != null || top != null);
    return switch (mode) {
      case "full" -> Mode.ALL;
      case "attention" -> Mode.ATTENTION;
      case "lora" -> lora(command);
      case "heads" -> headsFile == null ? named(command) : highest(command, model);
      default -> throw command.wrongWords("--mode expected full, attention, lora or heads but found '" + mode + "'");
    };
  }

  private void requireOf(BaseCommand command, String itsMode, String options, boolean given) {
    if (given && !mode.equals(itsMode)) {
      throw command.wrongWords(options + " are options of --mode " + itsMode + " but found --mode " + mode);
    }
  }

  private Mode lora(BaseCommand command) {
    try {
      Set<Projection> projections = targets.stream().map(Projection::parse).collect(Collectors.toSet());
      return new Mode.Lora(rank == null ? ModeCost.LORA.rank() : rank, alpha == null ? ModeCost.LORA.alpha() : alpha,
          projections.isEmpty() ? ModeCost.LORA.targets() : projections, command.common.seed);
    } catch (LodestoneException e) {
      throw command.wrongWords("--lora-targets: " + e.getMessage());
    }
  }

  private Mode named(BaseCommand command) {
    if (heads.isEmpty() || top != null) {
      throw command.wrongWords("--mode heads expected --train-heads, or --heads-file with --top");
    }
    try {
      return new Mode.Heads(heads.stream().map(Head::parse).toList());
    } catch (LodestoneException e) {
      throw command.wrongWords("--train-heads: " + e.getMessage());
    }
  }

  private Mode highest(BaseCommand command, Path model) {
    if (!heads.isEmpty()) {
      throw command.wrongWords("--mode heads expected either --train-heads or --heads-file but found both");
    }
    int count = top == null ? TOP : top;
    if (count < 1) {
      throw command.wrongWords("--top expected 1 or more but found " + count);
    }
    try (ModelFolder folder = ModelFolder.open(model)) {
      return HeadChoice.top(headsFile, count, folder.config());
    }
  }
}
