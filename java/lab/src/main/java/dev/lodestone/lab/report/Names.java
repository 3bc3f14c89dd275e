package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What files are called in a report: in a step's folder of a study by the labels of the step, such as {@code symbolic,
 * mdqa, seed 1}; elsewhere by their place below the folder that was given. Endings are left out.
 */
final class Names {
  private record Step(String kind, String labels) {}

  private static final String STEP_FILE = "step.json";
  private static final Step NONE = new Step("", "");

  private final Map<Path, Step> steps = new HashMap<>(); // by folder; a folder without a step has the step NONE
  private final Map<String, String> labels = new HashMap<>(); // by the name of the step's folder

  /** Of a file or run below a root. */
  String of(Path file, Path root) {
    for (Path folder = file; folder != null && folder.startsWith(root); folder = folder.getParent()) {
      Step step = steps.computeIfAbsent(folder, this::step);
      if (step != NONE) {
        String inside = inside(file, folder);
        return inside.isEmpty() || inside.equals(step.kind) ? step.labels : step.labels + ": " + inside;
      }
    }
    String inside = inside(file, root);
    return inside.isEmpty() ? root.getFileName().toString() : inside;
  }

  /** The labels of a file in a step's folder that has been seen; otherwise what it is called. */
  String ofRecorded(String file, String called) {
    Path folder = Path.of(file.replace('\0', ' ')).getParent();
    return folder == null || folder.getFileName() == null ? called
        : labels.getOrDefault(folder.getFileName().toString(), called);
  }

  private Step step(Path folder) {
    Path file = folder.resolve(STEP_FILE);
    if (!Files.isRegularFile(file)) {
      return NONE;
    }
    JsonNode json;
    try {
      json = Json.readFile(file);
    } catch (LodestoneException e) { // it only lends its labels
      return NONE;
    }
    String named = json.path("labels").properties().stream().map(Names::label).collect(Collectors.joining(", "));
    var step = new Step(json.path("kind").asText(), named.isEmpty() ? folder.getFileName().toString() : named);
    labels.put(folder.getFileName().toString(), step.labels);
    return step;
  }

  /** A number says nothing without its key. */
  private static String label(Map.Entry<String, JsonNode> label) {
    String value = label.getValue().asText();
    return value.matches("[-+.\\d]*") ? label.getKey() + " " + value : value;
  }

  private static String inside(Path file, Path folder) {
    return folder.relativize(file).toString().replace('\\', '/').replaceFirst("\\.(jsonl?|tsv)(\\.gz)?$", "");
  }
}
