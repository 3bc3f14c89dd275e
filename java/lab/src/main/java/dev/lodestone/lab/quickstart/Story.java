package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.io.Json;
import java.util.List;

/**
 * What the quickstart found.
 *
 * @param parameters of the tiny model
 * @param attentionShare share of them in the attention projections, which the extension trains
 * @param untrained retrieval at the short context before training
 * @param trained the model trained at the short context
 * @param extended the model extended to the long one
 * @param seconds of everything
 */
public record Story(long parameters, double attentionShare, Retrieval untrained, Trained trained, Extended extended,
    double seconds) {
  /** Heads that are listed by name in the JSON. */
  private static final int LISTED = 10;

  /**
   * The model trained at the short context.
   *
   * @param learned retrieval there
   * @param heads scores of all heads there
   * @param removed how many of the highest heads are knocked out
   * @param knockedOut retrieval without them
   * @param controls retrieval without as many heads drawn at random from the others, one a draw
   * @param longer retrieval at the long context
   */
  public record Trained(Retrieval learned, HeadScores heads, int removed, Retrieval knockedOut,
      List<Retrieval> controls, Retrieval longer) {
    /** Mean share over the controls. */
    public double controlMean() {
      return controls.stream().mapToDouble(Retrieval::share).average().orElse(Double.NaN);
    }

    /** Lowest share of a control. */
    public double controlLowest() {
      return controls.stream().mapToDouble(Retrieval::share).min().orElse(Double.NaN);
    }

    /** Highest share of a control. */
    public double controlHighest() {
      return controls.stream().mapToDouble(Retrieval::share).max().orElse(Double.NaN);
    }
  }

  /**
   * The model extended to the long context.
   *
   * @param longer retrieval there
   * @param still retrieval at the short context
   * @param heads scores of all heads at the long context
   */
  public record Extended(Retrieval longer, Retrieval still, HeadScores heads) {}

  /** How many of the heads that were knocked out are still as high after the extension. */
  public int kept() {
    var before = trained.heads.top(trained.removed).stream().map(HeadScores.Ranked::head).toList();
    return (int) extended.heads.top(trained.removed).stream().filter(r -> before.contains(r.head())).count();
  }

  /** All numbers, for {@code quickstart.json} and {@code --json}. */
  public ObjectNode toJson() {
    ObjectNode node = Json.mapper().createObjectNode()
        .put("parameters", parameters)
        .put("attention_share", attentionShare);
    put(node, "untrained", untrained);
    put(node, "learned", trained.learned);
    putHeads(node, "heads", trained.heads);
    put(node, "knocked_out", trained.knockedOut).put("heads", trained.removed);
    ObjectNode random = node.putObject("random_heads_knocked_out")
        .put("mean", trained.controlMean())
        .put("lowest", trained.controlLowest())
        .put("highest", trained.controlHighest());
    var shares = random.putArray("shares");
    trained.controls.forEach(control -> shares.add(control.share()));
    put(node, "long_before", trained.longer);
    put(node, "long_after", extended.longer);
    put(node, "short_after", extended.still);
    putHeads(node, "heads_after", extended.heads);
    return node.put("heads_kept", kept()).put("seconds", seconds);
  }

  private static ObjectNode put(ObjectNode node, String name, Retrieval retrieval) {
    return node.putObject(name).put("share", retrieval.share()).put("right", retrieval.right())
        .put("tokens", retrieval.of());
  }

  private static void putHeads(ObjectNode node, String name, HeadScores scores) {
    var list = node.putObject(name)
        .put("trials_passed", scores.trials())
        .put("above_0.1", scores.above(Quickstart.RETRIEVES))
        .putArray("highest");
    for (HeadScores.Ranked head : scores.top(LISTED)) {
      list.addObject().put("head", head.head().toString()).put("score", head.mean());
    }
  }
}
