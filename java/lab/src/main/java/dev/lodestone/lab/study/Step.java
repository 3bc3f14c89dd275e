package dev.lodestone.lab.study;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A step of a study: a command whose results lie in one folder. Steps of the same words are the same step, whatever
 * names they go by.
 */
public final class Step {
  /** No cell of the grid: made for several, or out of several. */
  static final int SHARED = -1;
  /** What {@code eval --json} prints. */
  static final String EVAL_SUMMARY = "eval.json";

  private final String kind;
  private final List<Word> words;
  private final List<String> outputs;
  private final Map<String, String> places;
  private final Map<String, String> labels;
  private int cell;

  /**
   * @param kind what the folder is called after, such as {@code train}
   * @param outputs files that are there when the step is done
   * @param places where in the study file each option stands, by {@code --name}
   * @param labels what the step is about, such as task and variant
   * @param cell of the grid
   */
  Step(String kind, List<Word> words, List<String> outputs, Map<String, String> places, Map<String, String> labels,
      int cell) {
    this.kind = kind;
    this.words = List.copyOf(words);
    this.outputs = List.copyOf(outputs);
    this.places = Map.copyOf(places);
    this.labels = new LinkedHashMap<>(labels);
    this.cell = cell;
  }

  /** The step is needed for this too: it keeps the labels that hold for both. */
  void share(Map<String, String> otherLabels, int otherCell) {
    labels.entrySet().retainAll(otherLabels.entrySet());
    cell = cell == otherCell ? cell : SHARED;
  }

  public String kind() {
    return kind;
  }

  public List<Word> words() {
    return words;
  }

  /** The file that keeps what the command prints. */
  String printed() {
    return kind.equals("eval") ? EVAL_SUMMARY : "summary.txt";
  }

  List<String> outputs() {
    return outputs;
  }

  /** Where in the study file each option stands, by {@code --name}. */
  public Map<String, String> places() {
    return places;
  }

  public Map<String, String> labels() {
    return labels;
  }

  int cell() {
    return cell;
  }

  /** The steps whose results this one reads. */
  Stream<Step> inputs() {
    return words.stream().filter(Word.Made.class::isInstance).map(word -> ((Word.Made) word).step()).distinct();
  }

  /** For people: {@code train (model smollm2, task mdqa, variant symbolic, seed 0)}. */
  @Override
  public String toString() {
    return kind + labels.entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(", ", " (", ")"));
  }
}
