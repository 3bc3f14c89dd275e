package dev.lodestone.lab.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A study of two variants, and the files that it reads. */
final class Studies {
  private Studies() {}

  /** 2 made sets; 2 trainings, each with heads, answers and a knockout; a comparison: 11 steps. */
  static String small(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("mine.jsonl"), "{}");
    return """
        {"models": {"tiny": "%1$s/model"},
         "reference": "real",
         "tasks": {"mdqa": {"evaluation": {"needle": "real", "count": 5}}},
         "variants": {"real": {"needle": "real"}, "mine": {"data": "%1$s/mine.jsonl"}},
         "generate": {"count": 7},
         "train": {"steps": 20, "warmup": 5, "mode": "attention"},
         "heads": {}, "eval": {"metric": ["f1"]}, "compare": {"top": [2, 3]}, "knockout": {"top": 2}}
        """.formatted(folder);
  }

  /** The same with another name for a variant. */
  static String renamed(String study) {
    return study.replace("\"real\": {", "\"genuine\": {").replace(": \"real\",\n", ": \"genuine\",\n");
  }
}
