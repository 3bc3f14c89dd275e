package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the folder of a training run, which may still be going on. */
final class RunReader {
  private static final Pattern STEP = Pattern.compile("step_(\\d{1,18})\\.jsonl?");

  private RunReader() {}

  /** @param broken takes files of the run that cannot be read */
  static Run read(Path folder, String name, List<LodestoneException> broken) {
    SortedMap<Long, HeadScores> heads = steps(folder.resolve("heads"), ".json", ScoreFile::read, broken);
    SortedMap<Long, Answers> answers = steps(folder.resolve("eval"), ".json",
        file -> Answers.ofSummary(Json.readFile(file), name), broken);
    answers.putAll(steps(folder.resolve("eval"), ".jsonl", file -> Answers.read(file, name), broken));
    return new Run(name, options(folder.resolve("run.json")), metrics(folder.resolve("metrics.jsonl")), heads, answers);
  }

  /** The step of a file in a run's folder {@code heads} or {@code eval}; -1 for any other. */
  static long stepOf(Path file) {
    var name = STEP.matcher(file.getFileName().toString());
    Path folder = file.getParent().getFileName();
    boolean found = folder != null && folder.toString().matches("heads|eval") && name.matches();
    return found ? Long.parseLong(name.group(1)) : -1;
  }

  private static <T> SortedMap<Long, T> steps(Path folder, String ending, Function<Path, T> reader,
      List<LodestoneException> broken) {
    var found = new TreeMap<Long, T>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(ending) && stepOf(f) >= 0).sorted().toList()) {
        try {
          FindingsReader.checkSize(file);
          found.put(stepOf(file), reader.apply(file));
        } catch (LodestoneException e) {
          broken.add(e);
        }
      }
    } catch (IOException e) {
      broken.add(new LodestoneException("cannot list " + folder + ": " + e.getMessage(), e));
    }
    return found;
  }

  private static List<Run.Step> metrics(Path file) {
    FindingsReader.checkSize(file);
    List<Lines.Line> lines;
    try (var all = Lines.open(file)) {
      lines = all.filter(line -> !line.text().isBlank()).toList();
    }
    List<Run.Step> steps = new ArrayList<>();
    for (var line : lines) {
      String where = file + " line " + line.number();
      try {
        steps.add(Run.Step.read(Json.parse(line.text(), where), where));
      } catch (LodestoneException e) {
        if (line != lines.get(lines.size() - 1)) { // the last one may be half-written
          throw e;
        }
      }
    }
    if (steps.isEmpty()) {
      throw new LodestoneException(file + ": expected a line a step but found none");
    }
    return steps;
  }

  private static Map<String, String> options(Path file) {
    var options = new TreeMap<String, String>();
    if (Files.isRegularFile(file)) {
      JsonNode configuration = Json.readFile(file).path("configuration");
      configuration.properties().stream().filter(e -> e.getValue().isValueNode() && !e.getValue().isNull())
          .forEach(e -> options.put(e.getKey(), e.getValue().asText()));
    }
    return options;
  }
}
