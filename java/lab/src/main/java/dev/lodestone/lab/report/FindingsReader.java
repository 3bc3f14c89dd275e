package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds results by what files hold: score files of heads; what {@code compare}, {@code knockout} and {@code patch}
 * wrote; answers of {@code eval} and their summaries; runs, by their {@code metrics.jsonl}. A file that was named and
 * is none of these is an error; one that was found in a folder and is broken is kept in {@link Findings#skipped}.
 */
final class FindingsReader {
  private static final long MOST_BYTES = 1L << 30;
  private static final String EXPECTED = ": expected scores of heads, answers with scores, a run, or what compare,"
      + " knockout or patch wrote, but found something else";

  private static final Pattern RESULT = Pattern.compile(".*\\.jsonl?(\\.gz)?|full_attention_heads\\.tsv");
  /** Files of models, runs and studies that are no results of their own; tokenizers are large. */
  private static final Set<String> PARTS = Set.of("config.json", "generation_config.json", "tokenizer.json",
      "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "model.safetensors.index.json", "run.json",
      "step.json");

  private final Findings findings = new Findings();
  private final Names names = new Names();

  private FindingsReader() {}

  /** Reads files and folders, among them one result at least. */
  static Findings read(List<Path> places) {
    var reader = new FindingsReader();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        reader.readFolder(real(place), places.size() > 1);
      } else {
        if (!reader.readFile(real(place), rootOf(place, places))) {
          throw new LodestoneException(place + EXPECTED);
        }
      }
    }
    var findings = reader.findings;
    if (findings.isEmpty()) {
      throw new LodestoneException("expected results below " + places.get(0) + " but found none"
          + (findings.skipped.isEmpty() ? "" : "; " + String.join("; ", findings.skipped)));
    }
    findings.comparisons.replaceAll(c -> c.renamed(reader.names::ofRecorded));
    return findings;
  }

  /** Files of the same name are told apart by their folders. */
  private static Path rootOf(Path file, List<Path> places) {
    long same = places.stream().filter(p -> Objects.equals(p.getFileName(), file.getFileName())).count();
    Path folder = real(file).getParent();
    return same == 1 || folder.getParent() == null ? folder : folder.getParent();
  }

  private static Path real(Path place) {
    try {
      return place.toRealPath();
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + place + ": there is no such file or folder", e);
    }
  }

  private void readFolder(Path folder, boolean oneOfMany) {
    Path root = oneOfMany && folder.getParent() != null ? folder.getParent() : folder;
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(f -> isCandidate(f) && Files.isRegularFile(f)).toList();
    } catch (IOException | UncheckedIOException e) {
      throw new LodestoneException("cannot list " + folder + ": " + e.getMessage(), e);
    }
    var runs = files.stream().filter(FindingsReader::isMetrics).map(Path::getParent).toList();
    files.stream().filter(f -> !isStep(f, runs))
        .sorted(Comparator.comparing((Path f) -> names.of(f, root)).thenComparing(f -> f)).forEach(file -> {
          try {
            if (!readFile(file, root)) {
              findings.others.add(root.relativize(file).toString());
            }
          } catch (LodestoneException e) {
            skip(e, root);
          }
        });
  }

  /** The sentence, with places below the folder. */
  private void skip(LodestoneException e, Path root) {
    findings.skipped.add(e.getMessage().replace(root + "/", ""));
  }

  private static boolean isCandidate(Path file) {
    String name = file.getFileName().toString();
    return RESULT.matcher(name).matches() && !PARTS.contains(name) && !name.startsWith(".");
  }

  private static boolean isMetrics(Path file) {
    return file.getFileName().toString().equals("metrics.jsonl");
  }

  /** Whether the run reads it. */
  private static boolean isStep(Path file, List<Path> runs) {
    return runs.contains(file.getParent().getParent()) && RunReader.stepOf(file) >= 0;
  }

  /** False for a file that is no result. */
  private boolean readFile(Path file, Path root) {
    String fileName = file.getFileName().toString();
    if (isMetrics(file)) {
      readRun(file.getParent(), root);
      return true;
    } else if (fileName.matches(".*\\.jsonl(\\.gz)?")) {
      return readAnswers(file, root);
    } else if (fileName.matches(".*\\.tsv(\\.gz)?")) {
      findings.heads.add(new Findings.Heads(names.of(file, root), ScoreFile.read(file)));
      return true;
    }
    return fileName.matches(".*\\.json(\\.gz)?") && readJson(file, root);
  }

  private boolean readJson(Path file, Path root) {
    checkSize(file);
    JsonNode json = Json.readFile(file);
    var fields = new Fields(json, file.toString());
    String name = names.of(file, root);
    String kind = json.path("kind").asText();
    if (kind.equals("knockout")) {
      findings.knockouts.add(Knockout.read(fields, name));
    } else if (kind.equals("patch")) {
      findings.patches.add(Patch.read(fields, name));
    } else if (json.path("reference").isObject() && json.path("files").isArray()) {
      findings.comparisons.add(Comparison.read(fields, name));
    } else if (isHeads(json)) {
      findings.heads.add(new Findings.Heads(name, ScoreFile.read(file)));
    } else if (Answers.isSummary(json)) {
      if (!hasAnswers(file, json)) {
        findings.answers.add(Answers.ofSummary(json, name));
      }
    } else {
      return kind.equals(Report.KIND); // an earlier report's data
    }
    return true;
  }

  private static boolean isHeads(JsonNode json) {
    var scores = json.path("scores").isObject() ? json.get("scores") : json;
    var names = scores.fieldNames();
    return names.hasNext() && names.next().matches("\\d+-\\d+");
  }

  /** Whether the answers that it sums up lie beside it: they say more. */
  private static boolean hasAnswers(Path file, JsonNode summary) {
    String out = summary.path("out").asText();
    String stem = file.getFileName().toString().replaceFirst("\\.json(\\.gz)?$", "");
    return Stream.of(out.substring(out.lastIndexOf('/') + 1), stem + ".jsonl", stem + ".jsonl.gz")
        .filter(n -> n.matches(".*\\.jsonl(\\.gz)?")).anyMatch(n -> Files.isRegularFile(file.resolveSibling(n)));
  }

  private boolean readAnswers(Path file, Path root) {
    try (var lines = Lines.open(file)) {
      var first = lines.filter(line -> !line.text().isBlank()).findFirst();
      if (first.isEmpty()) {
        return false;
      }
      String where = file + " line " + first.get().number();
      if (!Answers.isAnswer(Json.parse(first.get().text(), where))) {
        return false;
      }
    }
    findings.answers.add(Answers.read(file, names.of(file, root)));
    return true;
  }

  /** The heads and answers of its last step stand among the others too. */
  private void readRun(Path folder, Path root) {
    String name = names.of(folder, root);
    List<LodestoneException> broken = new ArrayList<>();
    var run = RunReader.read(folder, name, broken);
    broken.forEach(e -> skip(e, root));
    findings.runs.add(run);
    if (!run.heads().isEmpty()) {
      HeadScores last = run.heads().get(run.heads().lastKey());
      findings.heads.add(new Findings.Heads(name + ", step " + run.heads().lastKey(), last));
    }
    if (!run.answers().isEmpty()) {
      findings.answers.add(run.answers().get(run.answers().lastKey()).named(name + ", step "
          + run.answers().lastKey()));
    }
  }

  static void checkSize(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new LodestoneException(file + ": expected at most 1 GiB of results but found " + Files.size(file)
            + " bytes");
      }
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
