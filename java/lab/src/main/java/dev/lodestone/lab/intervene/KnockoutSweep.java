package dev.lodestone.lab.intervene;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.HeadEditor;
import dev.lodestone.lab.probe.Knockout;
import dev.lodestone.stats.Descriptive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * What removing the highest heads does to the score of a task, against removing {@link MatchedHeads}.
 *
 * @param baseline the score of the whole model
 */
public record KnockoutSweep(double baseline, List<Level> levels) {
  /**
   * What is removed.
   *
   * @param ranked heads, the highest first; at least as many as the largest of {@code tops} and {@code excludeTop}
   * @param tops how many of them at each level
   * @param excludeTop the highest heads that are never drawn as controls; those removed are not drawn either
   * @param controls draws of random heads at each level
   */
  public record Plan(Knockout.Mode mode, Rows rows, List<Head> ranked, List<Integer> tops, int excludeTop, int controls,
      long seed) {
    /** Answers to be decoded: of the whole model, and at each level without the heads and without each draw. */
    public int answers(int prompts) {
      return prompts * (1 + tops.size() * (1 + controls));
    }
  }

  /**
   * One number of heads.
   *
   * @param score without the highest heads
   * @param controls the random heads
   * @param controlScores without each draw of them
   */
  public record Level(List<Head> heads, double score, MatchedHeads controls, List<Double> controlScores) {
    public double controlMean() {
      return Descriptive.mean(values());
    }

    /** The 2.5th percentile of the draws. */
    public double controlLow() {
      return Descriptive.quantile(values(), 0.025);
    }

    /** The 97.5th percentile of the draws. */
    public double controlHigh() {
      return Descriptive.quantile(values(), 0.975);
    }

    private double[] values() {
      return controlScores.stream().mapToDouble(s -> s).toArray();
    }
  }

  /**
   * Scores all of it.
   *
   * @param done hears how many of {@link Plan#answers} are there
   * @throws LodestoneException where too few heads are left to draw controls from, before any work
   */
  public static KnockoutSweep run(Model model, Task task, Plan plan, IntConsumer done) {
    var config = model.config();
    var controls = plan.tops.stream().map(top -> MatchedHeads.draw(plan.ranked.subList(0, top),
        plan.ranked.subList(0, Math.max(top, plan.excludeTop)), config.layers(), config.heads(), plan.controls,
        plan.seed)).toList();
    int[] answers = {0};
    Runnable answered = () -> done.accept(++answers[0]);
    List<HeadEditor.Source> variants = new ArrayList<>(List.of(HeadEditor.NONE));
    for (int i = 0; i < controls.size(); i++) {
      variants.add(without(plan.ranked.subList(0, plan.tops.get(i)), model, plan));
      controls.get(i).draws().forEach(draw -> variants.add(without(draw, model, plan)));
    }
    var scores = Arrays.stream(task.scores(model, variants, answered)).boxed().toList();
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < controls.size(); i++) {
      int at = 1 + i * (1 + plan.controls);
      levels.add(new Level(plan.ranked.subList(0, plan.tops.get(i)), scores.get(at), controls.get(i),
          scores.subList(at + 1, at + 1 + plan.controls)));
    }
    return new KnockoutSweep(scores.get(0), levels);
  }

  private static HeadEditor.Source without(List<Head> heads, Model model, Plan plan) {
    return KnockoutEditor.of(model, new Knockout(plan.mode, heads), plan.rows);
  }

  /** {@code baseline} and {@code levels}; heads are pairs of layer and head. */
  public ObjectNode toJson() {
    var json = Json.mapper().createObjectNode().put("baseline", baseline);
    var array = json.putArray("levels");
    for (Level level : levels) {
      var node = array.addObject().put("top", level.heads.size());
      node.set("heads", HeadPairs.of(level.heads));
      node.put("score", level.score);
      level.controlScores.forEach(node.putArray("controls")::add);
      node.put("control_mean", level.controlMean()).put("control_low", level.controlLow())
          .put("control_high", level.controlHigh()).put("control_off_layer", level.controls.offLayer());
      node.set("control_heads", HeadPairs.ofAll(level.controls.draws()));
    }
    return json;
  }

  /** A line a level. */
  public String toCsv() {
    return levels.stream().map(level -> String.format(Locale.ROOT, "%d,%s,%s,%s,%s\n", level.heads.size(), level.score,
        level.controlMean(), level.controlLow(), level.controlHigh()))
        .collect(Collectors.joining("", "top,score,control_mean,control_low,control_high\n", ""));
  }
}
