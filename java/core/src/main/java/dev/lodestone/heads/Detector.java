package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/**
 * How heads are scored. The names and their sources; the arithmetic is in {@link TrialRules}, {@link QueryScore} and
 * {@link AttentionPattern}.
 */
public enum Detector {
  /**
   * Wu et al. 2024 (arXiv 2404.15574) as their program counts: 1/n for each decoded row in which the head's highest
   * attention lies on one of the n answer tokens and that token is the one generated from the row. A token copied again
   * counts again, so a score can exceed 1.
   */
  WU_CODE("wu-code", Evidence.BEST_KEY, Target.ANSWER, TrialRules::copies, "copies counted, passing trials"),
  /**
   * Wu et al. 2024 as their paper defines it (section 2): the share of the answer's distinct tokens that the head
   * copied at least once. Never above 1.
   */
  WU_PAPER("wu-paper", Evidence.BEST_KEY, Target.ANSWER, TrialRules::distinctCopies,
      "distinct tokens copied, passing trials"),
  /**
   * The heads that copy at each step, by Wu et al.'s condition (Retrieval Heads are Dynamic, arXiv 2602.11162). The set
   * of each step is written beside the scores; the score, the share of a trial's steps, is our own summary of it.
   */
  PER_STEP("per-step", Evidence.BEST_KEY, Target.ANSWER, TrialRules::copyingRows,
      "share of the decoded steps that copy (our summary of the sets in steps), passing trials"),
  /**
   * Attention mass on the answer against chance: the mean over the rows that write the answer of
   * {@code m - n / (K - n) * (1 - m)}, m the mass on the answer's n visible tokens and K the keys visible from the row
   * (the attention-only contrast of Gema et al. 2026, arXiv 2607.01002). 0 for uniform attention, 1 for all of it on
   * the answer.
   */
  MASS("mass", Evidence.MASS, Target.ANSWER, TrialRules::massContrast,
      "mass on the answer against chance, rows that write it, passing trials"),
  /**
   * LOCOS (Gema et al. 2026, arXiv 2607.01002): as {@link #MASS}, with what the head adds to the logit of the token
   * written in place of attention. A key adds {@code p * u·(W_O v)}, u the row of the output matrix without the last
   * norm.
   */
  LOCOS("locos", Evidence.CONTRIBUTION, Target.ANSWER, TrialRules::logitContrast,
      "logit added from the answer against that from elsewhere, rows that write it, passing trials"),
  /** Wu et al.'s rule on the answer inside gold documents; our operationalisation of Zhao et al. 2025 for answers. */
  ANSWER("answer", Evidence.BEST_KEY, Target.GOLD_ANSWER, TrialRules::copies,
      "our operationalisation: copies from the answer in gold documents counted, passing trials"),
  /**
   * The share of the rows writing the answer whose highest attention lies on the gold document of a hop before the
   * last, whatever its token; our operationalisation of Zhao et al. 2025 for intermediate documents.
   */
  INTERMEDIATE("intermediate", Evidence.BEST_KEY, Target.INTERMEDIATE, TrialRules::lookingRows,
      "our operationalisation: rows of the answer with the best key in a document of an earlier hop, passing trials"),
  /** As {@link #INTERMEDIATE}, with the contrast of {@link #MASS}. */
  INTERMEDIATE_MASS("intermediate-mass", Evidence.MASS, Target.INTERMEDIATE, TrialRules::massContrast,
      "our operationalisation: mass on documents of earlier hops against chance, rows of the answer, passing trials"),
  /** As {@link #INTERMEDIATE}, on the entities that lead from hop to hop. */
  BRIDGE("bridge", Evidence.BEST_KEY, Target.BRIDGE, TrialRules::lookingRows,
      "our operationalisation: rows of the answer with the best key on a bridge entity, passing trials"),
  /** Wu et al.'s rule on the numbers of gold documents; our operationalisation of Zhao et al. 2025 for citations. */
  CITATION("citation", Evidence.BEST_KEY, Target.CITATION, TrialRules::copies,
      "our operationalisation: copies from the numbers of gold documents counted, passing trials"),
  /**
   * The share of the rows writing the answer whose highest attention lies in the body of a gold document; our
   * operationalisation of Zhao et al. 2025 for the insight behind a citation.
   */
  INSIGHT("insight", Evidence.BEST_KEY, Target.BODY, TrialRules::lookingRows,
      "our operationalisation: rows of the answer with the best key in the body of a gold document, passing trials"),
  /** Attention from the question to the gold documents, see {@link QueryScore}. Nothing is decoded. */
  QR("qr", Evidence.QUERY_COLUMNS, Target.GOLD, null,
      "rows from the question to the end, minus those of the question N/A, tokens above mean - 2 std, all samples"),
  /** The share of attention that follows {@link AttentionPattern#INDUCTION}, all rows of the prompt. */
  INDUCTION("induction", Evidence.PATTERN, AttentionPattern.INDUCTION, "sum(P D) / sum(P), all samples"),
  /** The share of attention that follows {@link AttentionPattern#DUPLICATE}, all rows of the prompt. */
  DUPLICATE("duplicate", Evidence.PATTERN, AttentionPattern.DUPLICATE, "sum(P D) / sum(P), all samples"),
  /** The share of attention that follows {@link AttentionPattern#PREVIOUS}, all rows of the prompt. */
  PREVIOUS("previous", Evidence.PATTERN, AttentionPattern.PREVIOUS, "sum(P D) / sum(P), all samples"),
  /**
   * RazorAttention (arXiv 2407.15891), induction: on random tokens repeated several times, the mean over the square of
   * all rows and keys of the attention to tokens that followed the row's own. Its authors take the highest of a group.
   */
  RAZOR("razor", Evidence.REPEATS, AttentionPattern.INDUCTION, "induction on repeated random tokens, sum / S^2"),
  /** As {@link #RAZOR}, on the earlier places of the row's own token (their echo heads). */
  RAZOR_ECHO("razor-echo", Evidence.REPEATS, AttentionPattern.DUPLICATE, "echo on repeated random tokens, sum / S^2");

  /** What a detector needs to see. */
  public enum Evidence {
    /** The best key of every decoded row. */
    BEST_KEY,
    /** Also the mass on the target. */
    MASS,
    /** Also what heads add to logits from the target. */
    CONTRIBUTION,
    /** Sums over the rows of the question, for each key. */
    QUERY_COLUMNS,
    /** Mass on patterns, all rows of the prompt. */
    PATTERN,
    /** The same for repeated random tokens; no samples. */
    REPEATS
  }

  private final String id;
  private final Evidence evidence;
  private final Target target;
  private final ToDoubleBiFunction<Trial, Integer> rule;
  private final AttentionPattern pattern;
  private final String variant;

  Detector(String id, Evidence evidence, Target target, ToDoubleBiFunction<Trial, Integer> rule, String variant) {
    this.id = id;
    this.evidence = evidence;
    this.target = target;
    this.rule = rule;
    this.pattern = null;
    this.variant = variant;
  }

  Detector(String id, Evidence evidence, AttentionPattern pattern, String variant) {
    this.id = id;
    this.evidence = evidence;
    this.target = null;
    this.rule = null;
    this.pattern = pattern;
    this.variant = variant;
  }

  /** The name on the command line, such as {@code wu-code}. */
  public String id() {
    return id;
  }

  public Evidence evidence() {
    return evidence;
  }

  /** Whether samples are answered greedily and only those count whose answer was given. */
  public boolean decodes() {
    return rule != null;
  }

  /** What is looked for in the prompt; null if that is a pattern. */
  public Target target() {
    return target;
  }

  /** The pattern looked for; null if a target is. */
  public AttentionPattern pattern() {
    return pattern;
  }

  /** What is counted, for the meta of a score file; it says so where the definition is ours. */
  public String variant() {
    return variant;
  }

  /** One score a head, layer by layer: (layers * heads). NaN where a head cannot see the target. */
  public double[] score(Trial trial) {
    if (rule == null) {
      throw new IllegalArgumentException("the detector " + id + " does not score decoded trials");
    }
    var scores = new double[trial.layers() * trial.heads()];
    Arrays.setAll(scores, i -> rule.applyAsDouble(trial, i));
    return scores;
  }

  /** The detector of that {@link #id}; a LodestoneException lists the known ones otherwise. */
  public static Detector parse(String id) {
    return Arrays.stream(values()).filter(d -> d.id.equals(id)).findFirst().orElseThrow(
        () -> new LodestoneException("Expected a detector among " + ids() + " but found \"" + id + "\"."));
  }

  /** All names, by commas. */
  public static String ids() {
    return Arrays.stream(values()).map(Detector::id).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return id;
  }
}
