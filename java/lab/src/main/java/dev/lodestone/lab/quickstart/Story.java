package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.Sample;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadComparison;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.io.Json;
import dev.lodestone.stats.Descriptive;
import java.util.List;

/**
 * What the quickstart found. Shares are of questions whose whole answer is right.
 *
 * @param parameters of the embedded model
 * @param brief its share at the short context
 * @param far its share at the long one, before anything
 * @param samples a short question of each kind of facts
 * @param extended the model extended on each set, the real-like set first
 * @param knockout of heads of the model extended on the real-like set
 * @param seconds of everything
 */
public record Story(long parameters, double brief, double far, List<Sample> samples, List<Extended> extended,
    Knockout knockout, double seconds) {
  /**
   * The model extended on one set and asked the real-like questions at the long context.
   *
   * @param name of the set, such as {@code symbolic-varied}
   * @param losses of the training steps
   * @param right share of right answers
   * @param heads retrieval scores at the long context
   * @param comparison of them with those of the first set
   */
  public record Extended(String name, double[] losses, double right, HeadScores heads, HeadComparison comparison) {}

  /**
   * The share without some heads.
   *
   * @param top the highest heads, which are removed first
   * @param steps the share without the first 1, 2, ... of them
   * @param controls for each of those as many heads drawn at random from the others, a share a draw
   */
  public record Knockout(List<Head> top, List<Double> steps, List<double[]> controls) {
    /** The share without all of them. */
    public double right() {
      return steps.get(steps.size() - 1);
    }

    /** The shares of the draws of as many others. */
    public double[] others() {
      return controls.get(controls.size() - 1);
    }
  }

  /** The model extended on the real-like set. */
  public Extended real() {
    return extended.get(0);
  }

  /** All numbers, for {@code quickstart.json} and {@code --json}. */
  public ObjectNode toJson() {
    ObjectNode json = Json.mapper().createObjectNode().put("parameters", parameters);
    json.putObject("right_before").put("" + Quickstart.SHORT, brief).put("" + Quickstart.LONG, far);
    var sets = json.putArray("extended");
    for (var one : extended) {
      ObjectNode set = sets.addObject().put("name", one.name).put("right", one.right)
          .put("trials_passed", one.heads.trials());
      one.comparison.similarities().forEach((name, value) -> {
        if (!Double.isNaN(value)) {
          set.put(name, value);
        }
      });
      var top = set.putArray("heads");
      one.heads.top(Quickstart.REMOVED).forEach(h -> top.addObject().put("head", h.head().toString())
          .put("score", h.mean()));
    }
    var removed = json.putArray("knockout");
    for (int i = 0; i < knockout.steps.size(); i++) {
      double[] draws = knockout.controls.get(i);
      ObjectNode step = removed.addObject().put("heads", i + 1).put("right", knockout.steps.get(i))
          .put("others_mean", Descriptive.mean(draws));
      var list = step.putArray("others");
      for (double draw : draws) {
        list.add(draw);
      }
    }
    return json.put("seconds", seconds);
  }
}
