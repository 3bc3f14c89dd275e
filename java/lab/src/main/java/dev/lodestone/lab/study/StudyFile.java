package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a study is about: every model, context length, task, variant and seed is a cell of its grid.
 *
 * <pre>{@code
 * models: {smollm2: models/smollm2-135m}
 * lengths: [2048]                    # optional: tokens of a sample and of the trained context
 * seeds: [0, 1]                      # of data and training (default: 0)
 * baseline: [eval, heads]            # what is done with the models as they are (default: nothing)
 * reference: real                    # the variant that the others are compared with, and the donor of patch
 * tasks:
 *   mdqa:                            # what generate --task takes; or say it with "task: mdqa"
 *     evaluation: {needle: real, haystack: real, count: 100}    # options of generate, or {data: FILE}
 *     detection: {data: needles.jsonl}                          # what heads reads (default: the evaluation set)
 *     train: {batch-tokens: 8192}    # and generate, heads, .. : over what the study says
 *     variants: {real: {source: nq.jsonl.gz}}                   # the same of one variant, or a variant more
 * variants:                          # training sets: options of generate, or {data: FILE}
 *   real: {needle: real, haystack: real}
 *   symbolic: {needle: symbolic}
 * generate: {count: 400}             # options of the commands; a command that is not named is not run
 * train: {mode: attention, rope: theta=1e6, steps: 100, lr: 2e-5}
 * heads: {detector: [wu-code]}
 * eval: {metric: [best_subspan_em]}
 * compare: {top: [10]}
 * knockout: {top: [5, 10]}
 * patch: {}
 * rank: {share: 0.1, train: {batch-tokens: 2048}}               # of study rank: the short runs
 * }</pre>
 *
 * @param models places of their folders by name
 * @param lengths in tokens; 0 where none is given
 * @param reference null if there is none
 * @param early whether the trainings are the short ones of {@code study rank}
 */
record StudyFile(Map<String, Place> models, List<Long> lengths, List<Long> seeds, List<String> baseline,
    String reference, List<Task> tasks, boolean early) {
  /** What happens to a trained model, in this order. */
  static final List<String> OF_A_MODEL = List.of("heads", "eval");

  private static final List<String> COMMANDS =
      List.of("generate", "train", "heads", "eval", "compare", "knockout", "patch");
  private static final Set<String> NEVER = Set.of("help", "version", "config", "json", "quiet", "verbose", "out");
  private static final Map<String, Set<String>> SET_BY_STUDY = Map.of(
      "generate", Set.of("task", "tokenizer", "context-length", "list"),
      "train", Set.of("model", "data", "context-length", "seed", "resume"),
      "heads", Set.of("model", "data"),
      "eval", Set.of("model", "data", "predictions", "summaries"),
      "compare", Set.of("reference", "scores", "names"),
      "knockout", Set.of("model", "data", "heads"),
      "patch", Set.of("model", "data", "donor", "heads", "donor-heads"));

  /**
   * A task of the grid.
   *
   * @param kind what {@code generate --task} takes
   * @param evaluation null if there is none
   * @param detection null if there is none
   * @param commands options of those that are run
   */
  record Task(String name, String kind, DataSet evaluation, DataSet detection, Map<String, DataSet> variants,
      Map<String, Options> commands) {
    Options options(String command) {
      return commands.getOrDefault(command, Options.NONE);
    }

    boolean runs(String command) {
      return commands.containsKey(command);
    }
  }

  /**
   * Samples that are there, or that are to be made.
   *
   * @param file null if they are to be made
   * @param options of {@code generate}
   */
  record DataSet(Place file, Options options) {}

  /** @param early as {@code study rank} runs it */
  static StudyFile parse(JsonNode root, String file, boolean early) {
    var study = new Place(root, file, "");
    study.expectKeys(List.of("models", "lengths", "seeds", "baseline", "reference", "tasks", "variants", "generate",
        "train", "heads", "eval", "compare", "knockout", "patch", "rank"));
    var models = required(study, "models");
    var reference = study.at("reference").isThere() ? study.at("reference").text() : null;
    var baseline = study.at("baseline").isThere() ? study.at("baseline").texts() : List.<String>of();
    if (!OF_A_MODEL.containsAll(baseline)) {
      throw study.at("baseline").wrong("expected " + OF_A_MODEL + " or one of them but found " + baseline);
    }
    var tasks = required(study, "tasks").values().stream().map(place -> task(study, place, early)).toList();
    for (var task : tasks) {
      check(study, task, reference);
    }
    return new StudyFile(models, study.at("lengths").wholes(1, List.of(0L)), study.at("seeds").wholes(0, List.of(0L)),
        early ? List.of() : baseline, reference, tasks, early);
  }

  private static Map<String, Place> required(Place study, String key) {
    var entries = study.at(key).named();
    if (entries.isEmpty()) {
      throw study.at(key).wrong("expected at least one but found none");
    }
    return entries;
  }

  private static Task task(Place study, Place place, boolean early) {
    place.expectKeys(List.of("task", "evaluation", "detection", "variants", "generate", "train", "heads", "eval",
        "compare", "knockout", "patch"));
    var name = place.path().substring("tasks.".length());
    var commands = new LinkedHashMap<String, Options>();
    for (var command : COMMANDS) {
      var general = study.node().has(command);
      if (general || place.node().has(command)) {
        commands.put(command, options(study.at(command), command).with(options(place.at(command), command)));
      }
    }
    if (early) {
      commands.put("train", EarlyRuns.shorten(commands.getOrDefault("train", Options.NONE), study.at("rank")));
      commands.keySet().removeAll(List.of("knockout", "patch"));
      commands.putIfAbsent("compare", Options.NONE);
    }
    var common = commands.getOrDefault("generate", Options.NONE);
    var variants = new LinkedHashMap<String, DataSet>();
    study.at("variants").named().forEach((variant, own) ->
        variants.put(variant, dataSet(common, own, place.at("variants").at(variant))));
    place.at("variants").named().forEach((variant, own) ->
        variants.putIfAbsent(variant, dataSet(common, own)));
    var evaluation = place.at("evaluation").isThere() ? dataSet(Options.NONE, place.at("evaluation")) : null;
    return new Task(name, place.at("task").isThere() ? place.at("task").text() : name, evaluation,
        place.at("detection").isThere() ? dataSet(Options.NONE, place.at("detection")) : evaluation, variants,
        commands);
  }

  static Options options(Place place, String command) {
    var kept = new HashSet<>(NEVER);
    kept.addAll(SET_BY_STUDY.get(command));
    return Options.of(place, kept);
  }

  /** The last of the layers that says {@code data} wins; otherwise the options of all of them together. */
  private static DataSet dataSet(Options common, Place... layers) {
    var options = common;
    Place file = null;
    for (var layer : layers) {
      if (layer.node().has("data")) {
        layer.expectKeys(List.of("data"));
        file = layer.at("data");
      } else if (layer.isThere()) {
        options = options.with(options(layer, "generate"));
        file = null;
      }
    }
    return new DataSet(file, options);
  }

  /** What the commands of a task need of the rest of the file. */
  private static void check(Place study, Task task, String reference) {
    var place = study.at("tasks").at(task.name());
    if (task.variants().isEmpty()) {
      throw study.at("variants").wrong("expected at least one but found none");
    }
    if (!task.options("train").has("steps")) {
      throw study.at("train").at("steps").wrong("expected how long to train but found none");
    }
    if (reference != null && !task.variants().containsKey(reference)) {
      throw study.at("reference").wrong("expected one of " + task.variants().keySet() + " but found '" + reference
          + "'");
    }
    for (var command : List.of("compare", "patch")) {
      if (task.runs(command) && reference == null) {
        throw study.at("reference").wrong("expected the variant that " + command + " looks at but found none");
      }
    }
    for (var command : List.of("compare", "knockout", "patch")) {
      if (task.runs(command) && !task.runs("heads")) {
        throw place.at("heads").wrong("expected options such as {detector: wu-code}, for " + command
            + ", but found none");
      }
    }
    for (var command : List.of("eval", "knockout", "patch")) {
      if (task.runs(command) && task.evaluation() == null) {
        throw place.at("evaluation").wrong("expected the samples of " + command + " but found none");
      }
    }
  }
}
