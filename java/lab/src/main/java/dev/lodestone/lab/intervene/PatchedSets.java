package dev.lodestone.lab.intervene;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.HeadEditor;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.stats.Descriptive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * The score of a receiver whose heads put out what a donor's do, for sets of heads as Zhao, Yin, Durrett (ICML 2025)
 * compare them.
 *
 * @param receiver the score of the receiver as it is
 * @param donor the score of the donor
 * @param forwards passes over prompts that were made, by both models
 * @param forwardsSaved those that were not, because several sets of heads shared the prefix of a prompt
 */
public record PatchedSets(double receiver, double donor, List<Patched> sets, long forwards, long forwardsSaved) {
  /** Which heads are taken from the donor. */
  public enum HeadSet {
    /** The donor's highest heads that are among the receiver's too. */
    INTERSECTION,
    /** The donor's highest heads that are not among the receiver's. */
    COMPLEMENT,
    /** {@link MatchedHeads} of the intersection, of the highest heads of neither. */
    RANDOM;

    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What is patched.
   *
   * @param receiverTop the receiver's highest heads
   * @param donorTop the donor's
   * @param draws of random heads
   */
  public record Plan(List<HeadSet> sets, Rows rows, List<Head> receiverTop, List<Head> donorTop, int draws, long seed) {
    private List<List<Head>> heads(HeadSet set, Model model) {
      var common = donorTop.stream().filter(receiverTop::contains).sorted().toList();
      return switch (set) {
        case INTERSECTION -> List.of(common);
        case COMPLEMENT -> List.of(donorTop.stream().filter(head -> !receiverTop.contains(head)).sorted().toList());
        case RANDOM -> MatchedHeads.draw(common, Stream.concat(receiverTop.stream(), donorTop.stream()).toList(),
            model.config().layers(), model.config().heads(), draws, seed).draws();
      };
    }

    /** Answers to be decoded, at most: of both models, and of the receiver with each set. */
    public int answers(int prompts) {
      return prompts * (2 + sets.stream().mapToInt(set -> set == HeadSet.RANDOM ? draws : 1).sum());
    }
  }

  /**
   * One set. Without a head in it the receiver is as it was.
   *
   * @param heads one list, or one a draw
   * @param scores one for each of them
   */
  public record Patched(HeadSet set, List<List<Head>> heads, List<Double> scores) {
    /** How many heads are patched at a time. */
    public int size() {
      return heads.get(0).size();
    }

    /** The mean over the draws. */
    public double score() {
      return Descriptive.mean(scores.stream().mapToDouble(s -> s).toArray());
    }
  }

  /**
   * Scores all of it.
   *
   * @param done hears how many of {@link Plan#answers} are there
   * @throws LodestoneException the models differ in shape, or too few heads are left to draw from; before any work
   */
  public static PatchedSets run(Model receiver, Model donor, Task task, Plan plan, IntConsumer done) {
    checkShapes(receiver.config(), donor.config());
    var lists = plan.sets.stream().map(set -> plan.heads(set, receiver)).toList();
    int[] answers = {0};
    Runnable answered = () -> done.accept(++answers[0]);
    double donorAlone = task.score(donor, HeadEditor.NONE, answered);
    double[] scores;
    List<HeadEditor.Source> variants = new ArrayList<>(List.of(HeadEditor.NONE));
    try (var giver = new Donor(donor)) {
      lists.stream().flatMap(List::stream).filter(heads -> !heads.isEmpty())
          .forEach(heads -> variants.add(DonorEditor.of(giver, heads, plan.rows)));
      scores = task.scores(receiver, variants, answered);
    }
    var patched = Arrays.stream(scores, 1, scores.length).iterator();
    List<Patched> sets = new ArrayList<>();
    for (int i = 0; i < lists.size(); i++) {
      sets.add(new Patched(plan.sets.get(i), lists.get(i),
          lists.get(i).stream().map(heads -> heads.isEmpty() ? scores[0] : patched.next()).toList()));
    }
    // Both models as they are, then both once for each list of heads, or once for all of them.
    long all = 2L * variants.size() * task.prompts().size();
    long made = plan.rows == Rows.ANSWER && variants.size() > 1 ? 3L * task.prompts().size() : all;
    return new PatchedSets(scores[0], donorAlone, sets, made, all - made);
  }

  /** That heads of one model fit into the other and both read the same tokens; a LodestoneException otherwise. */
  public static void checkShapes(ModelConfig receiver, ModelConfig donor) {
    if (!shape(receiver).equals(shape(donor))) {
      throw new LodestoneException("expected a donor of the receiver's shape, " + shape(receiver) + ", but found "
          + shape(donor));
    }
  }

  private static String shape(ModelConfig config) {
    return "%d layers of %d heads of %d over %,d tokens".formatted(config.layers(), config.heads(), config.headDim(),
        config.vocabulary());
  }

  /** The scores, the heads as pairs of layer and head, the passes. */
  public ObjectNode toJson() {
    var json = Json.mapper().createObjectNode().put("receiver", receiver).put("donor_score", donor);
    var array = json.putArray("sets");
    for (Patched patched : sets) {
      var node = array.addObject().put("set", patched.set.id()).put("size", patched.size());
      boolean random = patched.set == HeadSet.RANDOM;
      node.set("heads", HeadPairs.of(random ? List.of() : patched.heads.get(0)));
      node.put("score", patched.score());
      if (random) {
        patched.scores.forEach(node.putArray("draws")::add);
        node.set("draw_heads", HeadPairs.ofAll(patched.heads));
      }
    }
    return json.put("forwards", forwards).put("forwards_saved", forwardsSaved);
  }
}
