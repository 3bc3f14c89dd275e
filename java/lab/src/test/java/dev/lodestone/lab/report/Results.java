package dev.lodestone.lab.report;

import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes small files of results, one of every kind. */
final class Results {
  private Results() {}

  static Path all(Path folder) throws IOException {
    heads(folder.resolve("heads/real.json"), 0.9, 0.4, 0, 0.02);
    heads(folder.resolve("heads/symbolic.json"), 0.1, 0.35, 0, 0.01);
    write(folder.resolve("compare.json"), comparison());
    write(folder.resolve("knockout.json"), knockout());
    write(folder.resolve("patch.json"), patch());
    run(folder.resolve("run"));
    write(folder.resolve("niah.jsonl"), """
        {"id": "a", "prediction": "x", "f1": 1.0, "depth": 0, "context_length": 1024}
        {"id": "b", "prediction": "x", "f1": 0.5, "depth": 0, "context_length": 1024}
        {"id": "c", "prediction": "x", "f1": 0.25, "depth": 100, "context_length": 2048}
        """);
    return folder;
  }

  /** Two layers of two heads, two trials that differ by 0.02. */
  static Path heads(Path file, double... means) {
    List<double[]> trials = List.of(means.clone(), means.clone());
    trials.get(0)[0] -= 0.01;
    trials.get(1)[0] += 0.01;
    ScoreFile.write(HeadScores.of(2, 2, Map.of("model", "tiny", "detector", "wu-code"), trials), file,
        ScoreFile.Style.LODESTONE);
    return file;
  }

  static String comparison() {
    var files = new StringBuilder();
    double[][] numbers = {{0.95, 0.8, 0.61}, {0.7, 0.5, 0.41}, {0.3, 0.2, 0.33}};
    for (int i = 0; i < numbers.length; i++) {
      files.append(i == 0 ? "" : ", ").append("""
          {"name": "v%d", "file": "v%d.json", "trials": 9, "cosine": %s, "spearman": null, "recall@0.1": %s,
           "recall@0": 1.0, "jaccard@0.1": 0.125, "task_scores": {"f1": %s}}
          """.formatted(i, i, numbers[i][0], numbers[i][1], numbers[i][2]));
    }
    return """
        {"reference": {"file": "heads/real.json", "layers": 2, "heads": 2, "trials": 9}, "files": [%s],
         "correlations": [{"similarity": "cosine", "score": "f1",
           "pearson": {"coefficient": 0.987, "p": 0.333, "n": 3, "interval": [0.9, 1.0]},
           "spearman": {"coefficient": 1.0, "p": 0.334, "n": 3, "interval": [1.0, 1.0]},
           "kendall": {"coefficient": 1.0, "p": 0.335, "n": 3, "interval": [1.0, 1.0]}}]}
        """.formatted(files);
  }

  static String knockout() {
    return """
        {"kind": "knockout", "model": "m", "data": "d.jsonl", "samples": 40, "metric": "f1", "mode": "zero",
         "scope": "all", "heads_file": "heads/real.json", "seed": 0, "controls": 3, "baseline": 0.8125, "levels": [
          {"top": 2, "heads": [[0, 0], [0, 1]], "score": 0.0625, "controls": [0.7, 0.8, 0.06], "control_mean": 0.52,
           "control_low": 0.06, "control_high": 0.8},
          {"top": 1, "heads": [[0, 0]], "score": 0.375, "controls": [0.8, 0.8, 0.7], "control_mean": 0.766,
           "control_low": 0.7, "control_high": 0.8}]}
        """;
  }

  static String patch() {
    return """
        {"kind": "patch", "model": "symbolic", "donor": "real", "data": "d.jsonl", "samples": 40, "metric": "f1",
         "rows": "all", "receiver": 0.25, "donor_score": 0.75, "sets": [
          {"set": "intersection", "heads": [[0, 1]], "score": 0.625},
          {"set": "random", "heads": [[1, 0]], "score": 0.25, "draws": [0.2, 0.3]}], "forwards": 80,
         "forwards_saved": 0}
        """;
  }

  /** Three steps, the last line half-written, with heads and answers of steps 0 and 2. */
  static Path run(Path folder) throws IOException {
    write(folder.resolve("metrics.jsonl"), """
        {"step": 1, "loss": 2.5, "grad_norm": 1.5, "lr": 1e-05, "tokens": 64, "seconds": 0.5, "peak_bytes": 1073741824}
        {"step": 2, "loss": 1.125, "grad_norm": "NaN", "lr": 2e-05, "tokens": 64, "seconds": 0.5, "mfu": null}
        {"step": 3, "lo""");
    write(folder.resolve("run.json"), """
        {"command": "train", "configuration": {"model": "/models/tiny", "data": "/data/real.jsonl", "mode": "lora",
         "context-length": 512, "rope": null, "lr": 1e-05, "betas": [0.9, 0.95]}}
        """);
    heads(folder.resolve("heads/step_0.json"), 0.05, 0.02, 0, 0);
    heads(folder.resolve("heads/step_2.json"), 0.6, 0.3, 0, 0);
    write(folder.resolve("eval/step_0.json"), "{\"samples\": 5, \"f1\": 0.1}");
    write(folder.resolve("eval/step_2.json"), "{\"samples\": 5, \"f1\": 0.7}");
    return folder;
  }

  static Path write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
