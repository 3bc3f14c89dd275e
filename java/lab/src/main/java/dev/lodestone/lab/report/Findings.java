package dev.lodestone.lab.report;

import dev.lodestone.heads.HeadScores;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was found in the files of a report, in the order of their names. A name says which steps of a study the file
 * comes from, or where it lies below the folder that was given.
 */
final class Findings {
  /** A score file. */
  record Heads(String name, HeadScores scores) {
    String detector() {
      return scores.meta().getOrDefault("detector", "detector not stated").toString();
    }

    String model() {
      return scores.meta().getOrDefault("model", "").toString();
    }
  }

  final List<Heads> heads = new ArrayList<>();
  final List<Comparison> comparisons = new ArrayList<>();
  final List<Knockout> knockouts = new ArrayList<>();
  final List<Patch> patches = new ArrayList<>();
  final List<Run> runs = new ArrayList<>();
  final List<Answers> answers = new ArrayList<>();

  /** Files of folders that could not be read, a sentence each. */
  final List<String> skipped = new ArrayList<>();

  /** Files of folders that hold JSON but no results. */
  final List<String> others = new ArrayList<>();

  boolean isEmpty() {
    return Stream.of(heads, comparisons, knockouts, patches, runs, answers).allMatch(List::isEmpty);
  }
}
