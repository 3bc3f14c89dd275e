package dev.lodestone.cli;

import static dev.lodestone.cli.GenerateCommand.fromFile;

import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.HotpotRecord;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.MusiqueRecord;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.RealSamples;
import dev.lodestone.data.Samples;
import dev.lodestone.data.SummHayPrompt;
import dev.lodestone.data.SummHayTopic;
import dev.lodestone.metrics.Normalize;
import dev.lodestone.synth.Budget;
import dev.lodestone.synth.DocumentTask;
import dev.lodestone.synth.DocumentTasks;
import dev.lodestone.synth.Generator;
import dev.lodestone.synth.Haystack;
import dev.lodestone.synth.Needle;
import dev.lodestone.synth.Problem;
import dev.lodestone.synth.RealProblems;
import dev.lodestone.synth.Scene;
import dev.lodestone.synth.WorldProblems;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import dev.lodestone.synth.write.FactWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** What {@code generate} asks about the tasks over documents: mdqa, musique, summhay. */
final class DocumentTaskOptions {
  /** Where the facts of made needles come from. */
  enum Facts { WORLD, SOURCE }

  /** What the facts and the templates of a split share with the other's. */
  enum SplitBy { ENTITY, TEMPLATE }

  @Option(names = "--documents", order = 300, paramLabel = "N", defaultValue = "0",
      description = "documents of a prompt (default: as many as fit)")
  int documents;

  @Option(names = "--gold-positions", order = 301, paramLabel = "N", split = ",",
      description = "mdqa: places of the gold document, from 0; every question is asked at all of them (default: each"
          + " question once, at one of --depths places)")
  List<Integer> goldPositions = List.of();

  @Option(names = "--facts", order = 302, paramLabel = "NAME", defaultValue = "world",
      description = "what a made needle says: facts of a made world, or of the source's questions (mdqa, musique)"
          + " (default: ${DEFAULT-VALUE})")
  Facts facts;

  @Option(names = "--hops", order = 303, paramLabel = "N", split = ",", defaultValue = "2,3,4",
      description = "musique: hops of made questions, in turns (default: ${DEFAULT-VALUE})")
  List<Integer> hops;

  @Option(names = "--insights", order = 304, paramLabel = "N", defaultValue = "8",
      description = "summhay: insights of a made topic (default: ${DEFAULT-VALUE})")
  int insights;

  @Option(names = "--hard-negatives", order = 305, paramLabel = "N", defaultValue = "0",
      description = "documents with the fact's relation but about something else (default: ${DEFAULT-VALUE})")
  int hardNegatives;

  @Option(names = "--unanswerable", order = 306, paramLabel = "X", defaultValue = "0",
      description = "share of made questions whose last document is left out, 0 to 1 (default: ${DEFAULT-VALUE})")
  double unanswerable;

  @Option(names = "--split", order = 307, paramLabel = "NAME", defaultValue = "all",
      description = "train and eval share no made name and no template; all (default) uses everything")
  Split split;

  @Option(names = "--split-by", order = 308, paramLabel = "NAME", split = ",", defaultValue = "entity,template",
      description = "what --split parts: entity, template (default: ${DEFAULT-VALUE})")
  List<SplitBy> splitBy;

  @Option(names = "--relations", order = 309, paramLabel = "FILE",
      description = "relations and sentence templates instead of the built-in ones")
  Path relations;

  @Option(names = "--prompt-template", order = 310, paramLabel = "FILE",
      description = "a prompt of your own: the form of a document ({index}, {title}, {text}), a line ---, the prompt"
          + " ({documents}, {question})")
  Path promptTemplate;

  @Option(names = "--written-pool", order = 311, paramLabel = "N", defaultValue = "200",
      description = "written documents that a varied haystack is drawn from (default: ${DEFAULT-VALUE})")
  int pool;

  /**
   * @param writer opened if the needle is written
   * @throws dev.lodestone.LodestoneException if an option is wrong, or a file
   */
  Generator create(GenerateCommand shared, Budget budget, ChatTemplate chat, Supplier<FactWriter> writer) {
    var needle = shared.needle(Needle.TEMPLATED);
    var haystack = shared.haystack(needle == Needle.REAL ? Haystack.REAL : Haystack.VARIED);
    var all = relations == null ? Relations.builtin() : fromFile(() -> Relations.read(relations));
    var known = splitBy.contains(SplitBy.TEMPLATE) ? all.part(split) : all;
    var names = splitBy.contains(SplitBy.ENTITY) ? split : Split.ALL;
    var expressions = switch (needle) {
      case SYMBOLIC -> Scene.Expressions.symbolic();
      case WRITTEN -> Scene.Expressions.written(known, writer.get());
      case TEMPLATED, REAL -> Scene.Expressions.templated(known);
    };
    var scenes = new Scene.Options(known, names, avoided(shared.evaluation), expressions,
        needle == Needle.SYMBOLIC);
    var recipe = new DocumentTasks.Recipe(shared.task, needle, haystack, facts == Facts.SOURCE,
        hops, insights, pool, new WorldProblems.Options(scenes, hardNegatives, unanswerable),
        new DocumentTask.Options(documents, goldPositions, shared.depths, chat, shared.common.seed));
    return DocumentTasks.create(recipe, () -> fromFile(() -> real(shared)), template(shared), budget);
  }

  /** Whether real questions or passages go into the samples. */
  boolean usesSource(GenerateCommand shared) {
    return DocumentTasks.NAMES.contains(shared.task) && (shared.needle == Needle.REAL
        || shared.haystack == Haystack.REAL || facts == Facts.SOURCE);
  }

  private PromptTemplate template(GenerateCommand shared) {
    if (promptTemplate != null) {
      return fromFile(() -> PromptTemplate.read(promptTemplate));
    }
    return shared.task.equals("summhay") ? SummHayPrompt.CITATION : shared.prompt.template();
  }

  /** The questions of the sources; without sources those of the embedded sample. */
  private static List<Problem> real(GenerateCommand shared) {
    List<Path> files = shared.sources;
    return switch (shared.task) {
      case "mdqa" -> RealProblems.mdqa(files.isEmpty() ? RealSamples.mdqa() : all(files, MdqaRecord::read));
      case "musique" -> shared.format.equals("hotpot") ? RealProblems.hotpot(all(files, HotpotRecord::read))
          : RealProblems.musique(files.isEmpty() ? RealSamples.musique() : all(files, MusiqueRecord::read));
      default -> RealProblems.summHay(files.isEmpty() ? List.of(RealSamples.summHay())
          : files.stream().map(SummHayTopic::read).toList());
    };
  }

  private static <T> List<T> all(List<Path> files, Function<Path, List<T>> reader) {
    return files.stream().flatMap(file -> reader.apply(file).stream()).toList();
  }

  /** The answers of evaluation files, as names that a made world must not hold. */
  private static Set<String> avoided(List<Path> files) {
    Set<String> avoided = new HashSet<>();
    for (var file : files) {
      try (var samples = Samples.streamText(file, Samples.Format.AUTO)) {
        samples.forEach(s -> s.answers().forEach(a -> avoided.add(Normalize.SQUAD.apply(a))));
      }
    }
    return avoided;
  }
}
