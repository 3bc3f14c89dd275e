package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of a study, each after those whose results it reads: the cells of the grid one by one, so that the first
 * results come early, each group of cells followed by what looks at all of them.
 */
public final class StudyPlan {
  private final Commands commands;
  private final Map<List<Object>, Step> steps = new LinkedHashMap<>(); // by kind and words
  private final List<Group> groups = new ArrayList<>();
  private int cells;

  /**
   * What is comparable: one model, task, length and seed.
   *
   * @param labels what it is
   * @param evaluations by variant, the reference among them; empty if there are none
   * @param comparisons of the other variants with the reference, by detector; empty if there are none
   */
  record Group(Map<String, String> labels, Map<String, Step> evaluations, Map<String, Step> comparisons) {}

  private StudyPlan(StudyFile file, Commands commands) {
    this.commands = commands;
    file.models().forEach((name, folder) -> {
      for (long length : file.lengths()) {
        for (var task : file.tasks()) {
          groups.addAll(new GroupPlanner(this, file, task, name, folder, length).plan());
        }
      }
    });
  }

  /**
   * @param root the file as it was parsed
   * @param name of the file, for errors
   * @throws dev.lodestone.LodestoneException something in the file is wrong; the sentence says where
   */
  public static StudyPlan of(JsonNode root, String name, Commands commands) {
    return new StudyPlan(StudyFile.parse(root, name, false), commands);
  }

  /** The short runs of {@code study rank}: the same cells, without interventions. */
  public static StudyPlan early(JsonNode root, String name, Commands commands) {
    return new StudyPlan(StudyFile.parse(root, name, true), commands);
  }

  public List<Step> steps() {
    return List.copyOf(steps.values());
  }

  List<Group> groups() {
    return groups;
  }

  Commands commands() {
    return commands;
  }

  /** The number of a cell, one after the other. */
  int newCell() {
    return cells++;
  }

  /** Adds a step, or finds the one with these words. */
  Step add(Step step) {
    var known = steps.putIfAbsent(List.of(step.kind(), step.words()), step);
    if (known != null) {
      known.share(step.labels(), step.cell());
    }
    return known == null ? step : known;
  }
}
