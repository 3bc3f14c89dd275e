package dev.lodestone.lab.study;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Detector;
import dev.lodestone.lab.study.StepBuilder.Cell;
import dev.lodestone.lab.study.StudyFile.DataSet;
import dev.lodestone.lab.study.StudyFile.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Plans the steps of one model, context length and task: all variants and seeds. */
final class GroupPlanner {
  /** Of evaluation and detection sets, so that made ones differ from the training sets of small seeds. */
  private static final long HELD_OUT_SEED = 1_000_000;
  private static final int FEWEST_FOR_SCORES = 3; // of compare --scores

  private final StudyPlan plan;
  private final StudyFile file;
  private final Task task;
  private final Word start; // the model as it is
  private final long length; // 0 if none is given
  private final Cell shared;
  private final Word evaluation; // null if there is none
  private final Word detection; // the same

  /** A model and what is found out about it; a step is null where it is not asked for. */
  private record Judged(String variant, Word model, Step heads, Step evaluation) {}

  GroupPlanner(StudyPlan plan, StudyFile file, Task task, String modelName, Place model, long length) {
    this.plan = plan;
    this.file = file;
    this.task = task;
    this.start = Options.files(model);
    this.length = length;
    var labels = new LinkedHashMap<String, String>();
    labels.put("model", modelName);
    labels.put("task", task.name());
    if (length > 0) {
      labels.put("length", "" + length);
    }
    shared = new Cell(labels, Step.SHARED);
    evaluation = heldOut(task.evaluation(), "evaluation");
    detection = heldOut(task.detection(), "detection");
  }

  private Word heldOut(DataSet set, String name) {
    return set == null ? null : data(set, HELD_OUT_SEED, shared.with("variant", name));
  }

  List<StudyPlan.Group> plan() {
    var ofBase = file.baseline().isEmpty() ? shared : shared.next(plan, "variant", "base");
    var base = judge("base", start, file.baseline(), ofBase);
    List<StudyPlan.Group> groups = new ArrayList<>();
    for (long seed : file.seeds()) {
      var one = shared.with("seed", "" + seed);
      var ofSeed = file.early() ? one.with("budget", "early") : one;
      var trained = task.variants().entrySet().stream().map(variant -> train(variant.getKey(), variant.getValue(), seed,
          ofSeed.next(plan, "variant", variant.getKey()))).toList();
      groups.add(join(trained, base, ofSeed));
    }
    return groups;
  }

  private StepBuilder command(String command, Cell cell) {
    return new StepBuilder(plan, command, task.options(command), cell);
  }

  private Word data(DataSet set, long seed, Cell cell) {
    if (set.file() != null) {
      return Options.files(set.file());
    }
    var words = new StepBuilder(plan, "generate", set.options(), cell).add("--task", task.kind())
        .add("--out", new Word.Own("data.jsonl"));
    if (length > 0) {
      words.add("--context-length", length).add("--tokenizer", start);
    }
    if (!set.options().has("seed")) {
      words.add("--seed", seed);
    }
    return new Word.Made(words.step("data.jsonl"), "data.jsonl");
  }

  private Judged train(String variant, DataSet set, long seed, Cell cell) {
    var options = task.options("train");
    var words = command("train", cell).add("--model", start).add("--data", data(set, seed, cell))
        .add("--out", new Word.Own("")).add("--seed", seed);
    if (length > 0) {
      words.add("--context-length", length);
    }
    if (!options.has("keep-last")) {
      words.add("--keep-last", 1);
    }
    var last = "step_%08d".formatted(options.values().get("steps").wholes(1, List.of()).get(0));
    var trained = judge(variant, new Word.Made(words.step(last + "/DONE"), last), StudyFile.OF_A_MODEL, cell);
    if (task.runs("knockout")) {
      command("knockout", cell).add("--model", trained.model()).add("--data", evaluation)
          .add("--heads", scores(trained, detectors().get(0))).add("--out", new Word.Own("knockout.json"))
          .step("knockout.json");
    }
    return trained;
  }

  private Judged judge(String variant, Word model, List<String> wanted, Cell cell) {
    Step heads = null;
    Step answers = null;
    if (task.runs("heads") && wanted.contains("heads")) {
      var words = command("heads", cell).add("--model", model).add("--out", new Word.Own("{}.json"));
      if (detection != null) {
        words.add("--data", detection);
      }
      heads = words.step(detectors().stream().map(detector -> detector + ".json").toList());
    }
    if (task.runs("eval") && wanted.contains("eval")) {
      answers = command("eval", cell).add("--model", model).add("--data", evaluation)
          .add("--out", new Word.Own("eval.jsonl")).add("--json").step(List.of("eval.jsonl", Step.EVAL_SUMMARY));
    }
    return new Judged(variant, model, heads, answers);
  }

  /** What looks at several variants of a seed. */
  private StudyPlan.Group join(List<Judged> all, Judged base, Cell cell) {
    Map<String, Step> evaluations = new LinkedHashMap<>();
    all.stream().filter(one -> one.evaluation != null).forEach(one -> evaluations.put(one.variant, one.evaluation));
    Map<String, Step> comparisons = new LinkedHashMap<>();
    var others = all.stream().filter(one -> !one.variant.equals(file.reference())).toList();
    for (var reference : all.stream().filter(one -> one.variant.equals(file.reference())).toList()) { // one or none
      for (var detector : task.runs("compare") ? detectors() : List.<String>of()) {
        if (!others.isEmpty()) {
          comparisons.put(detector, compare(cell.with("detector", detector), reference, others, detector));
        }
        if (base.heads != null) {
          compare(cell.with("detector", detector).with("variant", "base"), reference, List.of(base), detector);
        }
      }
      if (task.runs("patch")) {
        others.forEach(receiver -> patch(reference, receiver, cell.with("variant", receiver.variant)));
      }
    }
    return new StudyPlan.Group(cell.labels(), evaluations, comparisons);
  }

  private Step compare(Cell cell, Judged reference, List<Judged> others, String detector) {
    var names = others.stream().map(Judged::variant).collect(Collectors.joining(","));
    var words = command("compare", cell).add("--reference", scores(reference, detector)).add("--names", names)
        .add("--out", new Word.Own("compare.json"));
    if (others.size() >= FEWEST_FOR_SCORES && task.runs("eval")) {
      var table = command("study scores", cell).add("--names", names).add("--out", new Word.Own("scores.csv"));
      others.forEach(other -> table.add(new Word.Made(other.evaluation, Step.EVAL_SUMMARY)));
      words.add("--scores", new Word.Made(table.step("scores.csv"), "scores.csv"));
    }
    others.forEach(other -> words.add(scores(other, detector)));
    return words.step("compare.json");
  }

  private void patch(Judged donor, Judged receiver, Cell cell) {
    var detector = detectors().get(0);
    command("patch", cell).add("--model", receiver.model).add("--donor", donor.model).add("--data", evaluation)
        .add("--heads", scores(receiver, detector)).add("--donor-heads", scores(donor, detector))
        .add("--out", new Word.Own("patch.json")).step("patch.json");
  }

  private static Word scores(Judged model, String detector) {
    return new Word.Made(model.heads, detector + ".json");
  }

  /** Those of {@code heads}; the first is the one whose heads are knocked out and patched. */
  private List<String> detectors() {
    var options = task.options("heads");
    if (!options.has("detector")) {
      return List.of(Detector.WU_CODE.id());
    }
    var place = options.values().get("detector");
    return place.texts().stream().flatMap(text -> Arrays.stream(text.split(","))).map(text -> {
      try {
        return Detector.parse(text.strip()).id();
      } catch (LodestoneException e) {
        throw place.wrong(e.getMessage());
      }
    }).distinct().toList();
  }
}
