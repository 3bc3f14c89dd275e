package dev.lodestone.lab.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A step while its words are put together: the options of the study file first, then what the study sets. */
final class StepBuilder {
  private final StudyPlan plan;
  private final String kind;
  private final Cell cell;
  private final Map<String, String> places = new LinkedHashMap<>();
  private final List<Word> words = new ArrayList<>();

  /**
   * A cell of the grid, or several that share a step.
   *
   * @param labels what it is about
   * @param number {@link Step#SHARED} for several
   */
  record Cell(Map<String, String> labels, int number) {
    Cell with(String name, String value) {
      var more = new LinkedHashMap<>(labels);
      more.put(name, value);
      return new Cell(more, number);
    }

    /** The next cell of the plan, with a label more. */
    Cell next(StudyPlan plan, String name, String value) {
      return new Cell(with(name, value).labels, plan.newCell());
    }
  }

  /** @param command one word, or two for the command of a command */
  StepBuilder(StudyPlan plan, String command, Options options, Cell cell) {
    this.plan = plan;
    this.cell = cell;
    var names = command.split(" ");
    kind = names[names.length - 1];
    for (var name : names) {
      words.add(new Word.Text(name));
    }
    words.addAll(options.words(kind, plan.commands()));
    options.values().forEach((name, place) -> places.put("--" + name, place.file() + ": " + place.path()));
  }

  StepBuilder add(Word word) {
    words.add(word);
    return this;
  }

  StepBuilder add(String text) {
    return add(new Word.Text(text));
  }

  StepBuilder add(String option, Word value) {
    return add(option).add(value);
  }

  StepBuilder add(String option, Object value) {
    return add(option).add(value.toString());
  }

  /** The step; the plan's if it has one of the same words. */
  Step step(List<String> outputs) {
    return plan.add(new Step(kind, words, outputs, places, cell.labels(), cell.number()));
  }

  Step step(String output) {
    return step(List.of(output));
  }
}
