package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.lab.train.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a study's results lie: {@code steps/KIND-KEY/} with what the command wrote, {@code step.json} and, written
 * last, {@code DONE}. The key is the hash of the step's words, in which the hash of its content stands for a file and
 * the key of its step for a result. So a step whose configuration and inputs are the same is found done, in whatever
 * file it stands and wherever the folder was moved to. Labels are only names.
 */
public final class StudyFolder {
  /** The copy of the study file. */
  public static final String FILE = "study.yaml";

  private static final int KEY_DIGITS = 12;
  private static final String RECORD = "step.json";
  private static final String DONE = "DONE";

  private final Path root;
  private final FileHashes hashes;
  private final Map<Step, String> keys = new IdentityHashMap<>();

  /** A folder that is there or is to be. */
  public StudyFolder(Path root) {
    this.root = root;
    this.hashes = new FileHashes(root.resolve("hashes.json"));
  }

  /** Makes the folder if it is missing, and keeps the file that it follows from. */
  public static StudyFolder begin(Path root, Path file) throws IOException {
    Files.createDirectories(root.resolve("steps"));
    Path copy = root.resolve(FILE);
    if (!Files.exists(copy) || !Files.isSameFile(file, copy)) {
      try (var kept = AtomicOutput.open(copy)) {
        kept.stream().write(Files.readAllBytes(file));
        kept.commit();
      }
    }
    return new StudyFolder(root);
  }

  public Path root() {
    return root;
  }

  /** The hash that says what a step does with which content. */
  String key(Step step) {
    var known = keys.get(step);
    if (known == null) {
      ArrayNode words = Json.mapper().createArrayNode();
      step.words().forEach(word -> words.add(content(word)));
      known = FileHashes.ofText(words.toString());
      keys.put(step, known);
    }
    return known;
  }

  private ObjectNode content(Word word) {
    var node = Json.mapper().createObjectNode();
    if (word instanceof Word.Text text) {
      node.put("text", text.text());
    } else if (word instanceof Word.Own own) {
      node.put("own", own.name());
    } else if (word instanceof Word.Made made) {
      node.put("step", key(made.step())).put("name", made.name());
    } else if (word instanceof Word.Input input) {
      var list = node.putArray("sha256");
      input.paths().forEach(path -> list.add(hashes.of(path)));
    }
    return node;
  }

  /** The name of a step's folder. */
  String id(Step step) {
    return step.kind() + "-" + key(step).substring(0, KEY_DIGITS);
  }

  Path of(Step step) {
    return root.resolve("steps").resolve(id(step));
  }

  public boolean isDone(Step step) {
    return Files.exists(of(step).resolve(DONE));
  }

  /** How long a finished step took, in seconds. */
  double seconds(Step step) {
    return Json.readFile(of(step).resolve(RECORD)).path("seconds").asDouble();
  }

  /** A step's command with its files. */
  List<String> words(Step step) {
    return step.words().stream().map(word -> word(word, step)).toList();
  }

  private String word(Word word, Step self) {
    if (word instanceof Word.Text text) {
      return text.text();
    } else if (word instanceof Word.Own own) {
      return of(self).resolve(own.name()).toString();
    } else if (word instanceof Word.Made made) {
      return of(made.step()).resolve(made.name()).toString();
    }
    return ((Word.Input) word).paths().stream().map(Path::toString).collect(Collectors.joining(","));
  }

  /** Makes room for a step: an unfinished training goes on from its last checkpoint, all else starts over. */
  void prepare(Step step) throws IOException {
    if (!step.kind().equals("train")) {
      Durable.delete(of(step));
    }
    Files.createDirectories(of(step));
    hashes.save();
  }

  /** Keeps what the command printed and says that the step is finished; its outputs must be there. */
  void finish(Step step, String printed, double seconds) throws IOException {
    try (var file = AtomicOutput.open(of(step).resolve(step.printed()))) {
      file.writer().write(printed);
      file.commit();
    }
    for (var output : step.outputs()) {
      if (!Files.exists(of(step).resolve(output))) {
        throw new LodestoneException("the command ended without " + of(step).resolve(output) + "; was it stopped?");
      }
    }
    write(step, seconds);
    Durable.sync(Files.createFile(of(step).resolve(DONE)));
    Durable.sync(of(step));
  }

  /** Writes the labels of a finished step anew where the study file calls it something else now. */
  void relabel(Step step) {
    var labels = Json.readFile(of(step).resolve(RECORD)).path("labels");
    if (!labels.equals(Json.mapper().valueToTree(step.labels()))) {
      write(step, seconds(step));
    }
  }

  private void write(Step step, double seconds) {
    var node = Json.mapper().createObjectNode().put("kind", step.kind()).put("key", key(step));
    node.set("labels", Json.mapper().valueToTree(step.labels()));
    node.set("command", Json.mapper().valueToTree(words(step)));
    var inputs = node.putArray("inputs");
    step.inputs().forEach(input -> inputs.add(id(input)));
    step.words().stream().filter(Word.Input.class::isInstance)
        .forEach(word -> ((Word.Input) word).paths().forEach(path -> inputs.add(path.toString())));
    Json.writeFile(of(step).resolve(RECORD), node.put("seconds", seconds));
  }

  /** Takes a step for this process; nothing if another one has it. */
  Optional<StepLock> lock(Step step) throws IOException {
    return StepLock.take(lockFile(step));
  }

  /** Whether a process has a step right now. */
  boolean isRunning(Step step) throws IOException {
    if (!Files.exists(lockFile(step))) {
      return false;
    }
    try (var free = lock(step).orElse(null)) {
      return free == null;
    }
  }

  private Path lockFile(Step step) {
    return root.resolve("locks").resolve(id(step));
  }
}
