package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.io.Json;
import java.util.List;

/**
 * What the quickstart found.
 *
 * @param parameters of the tiny model
 * @param trained share of them that the extension trains
 * @param untrained retrieval at the short context before training
 * @param learned at the short context, after training
 * @param heads scores of all heads
 * @param knockedOut at the short context with the {@code removed} highest heads removed
 * @param controls the same for as many heads drawn at random from the others, one a draw
 * @param failed at the long context, before the extension
 * @param extended at the long context, after it
 * @param still at the short context, after it
 * @param extendedHeads scores of all heads at the long context, after it
 * @param seconds of everything
 */
public record Story(
    long parameters, double trained, Retrieval untrained, Retrieval learned, HeadScores heads, int removed,
    Retrieval knockedOut, List<Retrieval> controls, Retrieval failed, Retrieval extended, Retrieval still,
    HeadScores extendedHeads, double seconds) {

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

  /** How many of the {@code removed} highest heads are still among them after the extension. */
  public int kept() {
    var before = heads.top(removed).stream().map(HeadScores.Ranked::head).toList();
    return (int) extendedHeads.top(removed).stream().filter(r -> before.contains(r.head())).count();
  }

  /** All numbers, for {@code quickstart.json} and {@code --json}. */
  public ObjectNode toJson() {
    ObjectNode node = Json.mapper().createObjectNode().put("parameters", parameters).put("trained_share", trained);
    put(node, "untrained", untrained);
    put(node, "learned", learned);
    putHeads(node, "heads", heads);
    put(node, "knocked_out", knockedOut).put("heads", removed);
    ObjectNode random = node.putObject("random_heads").put("mean", controlMean()).put("lowest", controlLowest())
        .put("highest", controlHighest());
    var shares = random.putArray("shares");
    controls.forEach(control -> shares.add(control.share()));
    put(node, "long_before", failed);
    put(node, "long_after", extended);
    put(node, "short_after", still);
    putHeads(node, "heads_after", extendedHeads);
    return node.put("heads_kept", kept()).put("seconds", seconds);
  }

  private static ObjectNode put(ObjectNode node, String name, Retrieval retrieval) {
    return node.putObject(name).put("share", retrieval.share()).put("right", retrieval.right())
        .put("tokens", retrieval.of());
  }

  private static void putHeads(ObjectNode node, String name, HeadScores scores) {
    var list = node.putObject(name).put("trials", scores.trials()).put("above_0.1", scores.above(0.1)).putArray("top");
    for (HeadScores.Ranked head : scores.top(5)) {
      list.addObject().put("head", head.head().toString()).put("score", head.mean());
    }
  }
}
