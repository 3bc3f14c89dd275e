package dev.lodestone.metrics;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/** A score of one prediction against its sample, from 0 to 1; the score of a data set is the mean. */
public enum Metric {
  /**
   * Lost in the Middle's accuracy: a normalised answer occurs in the normalised first line of the prediction. Like its
   * evaluation script it looks only at what stands before the first newline, so a prediction that starts with a newline
   * scores 0; {@link LostInTheMiddle#bestSubspanEm} is the rule without that cut.
   */
  BEST_SUBSPAN_EM((text, answers) -> LostInTheMiddle.bestSubspanEm(LostInTheMiddle.firstLine(text), answers)),
  /** Equality after normalisation, best over the answers (SQuAD 2.0, MuSiQue). */
  EM(Squad::exactMatch),
  /** F1 of words after normalisation, best over the answers (SQuAD 2.0, MuSiQue). */
  F1(Squad::f1),
  /** F1 as LongBench computes it. */
  LONGBENCH_F1(LongBench::qaF1),
  /** F1 as HELMET computes it, the better of the raw and the parsed prediction. */
  HELMET_F1((text, answers) -> Helmet.best(Helmet::f1, text, answers)),
  /** HELMET's substring_exact_match, the better of the raw and the parsed prediction. */
  HELMET_SUBSTRING_EM((text, answers) -> Helmet.best(Helmet::substringExactMatch, text, answers)),
  /**
   * Share of an answer's stemmed words that the prediction has, best over the answers; Wu et al. count a needle as
   * found above 0.5.
   */
  ROUGE1_RECALL((text, answers) -> answers.stream().mapToDouble(a -> Rouge.rouge1Recall(a, text)).max().orElse(0)),
  /** The value occurs in the prediction, letter case aside (Lost in the Middle, key-value retrieval). */
  KV_ACCURACY(LostInTheMiddle::keyValueAccuracy),
  /** RULER's string_match_all: the share of the answers that occur, letter case aside. */
  STRING_MATCH_ALL((text, answers) -> Ruler.matchAll(Ruler.postprocess(text), answers)),
  /** RULER's string_match_part: whether some answer occurs, letter case aside. */
  STRING_MATCH_PART((text, answers) -> Ruler.matchPart(Ruler.postprocess(text), answers)),
  /** BABILong's comparison; {@code meta.labels} holds the answers of the task, the span {@code query} the question. */
  BABILONG(Metric::babilong, s -> Gold.texts(s, "labels")),
  /**
   * MuSiQue's support F1 against {@code meta.supports}. Where a prediction is text alone, its strict citations are the
   * supports (ours; a document is cited by the number that the prompt shows, from 1).
   */
  SUPPORT_F1(Metric::supportF1, s -> Gold.integers(s, "supports")),
  /** Of the documents cited in the form {@code [1][4]}, those in {@code meta.citations} ({@link Citations#strict}). */
  CITATION_PRECISION((p, s) -> citations(Citations.strict(p.text()), s).precision(), Metric::gold),
  CITATION_RECALL((p, s) -> citations(Citations.strict(p.text()), s).recall(), Metric::gold),
  CITATION_F1((p, s) -> citations(Citations.strict(p.text()), s).f1(), Metric::gold),
  /** The same of citations in any usual form ({@link Citations#lenient}; ours). */
  CITATION_PRECISION_LENIENT((p, s) -> citations(Citations.lenient(p.text()), s).precision(), Metric::gold),
  CITATION_RECALL_LENIENT((p, s) -> citations(Citations.lenient(p.text()), s).recall(), Metric::gold),
  CITATION_F1_LENIENT((p, s) -> citations(Citations.lenient(p.text()), s).f1(), Metric::gold);

  private final ToDoubleBiFunction<Prediction, Sample> rule;
  private final Function<Sample, Collection<?>> gold; // what the rule compares with

  /** Of the text and the answers. */
  Metric(ToDoubleBiFunction<String, Collection<String>> rule) {
    this((prediction, sample) -> rule.applyAsDouble(prediction.text(), sample.answers()), Sample::answers);
  }

  Metric(ToDoubleBiFunction<Prediction, Sample> rule, Function<Sample, Collection<?>> gold) {
    this.rule = rule;
    this.gold = gold;
  }

  /** The name on the command line and in result files, such as {@code best_subspan_em}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** From 0 to 1; a LodestoneException if the sample does not say what the right answer is, see {@link #check}. */
  public double score(Prediction prediction, Sample sample) {
    return rule.applyAsDouble(prediction, sample);
  }

  /** Throws a LodestoneException if the sample does not hold what this metric compares with. */
  public void check(Sample sample) {
    if (gold.apply(sample).isEmpty() && this != SUPPORT_F1) { // an unanswerable question has no support
      throw new LodestoneException("sample " + sample.id() + ": expected answers to compare with but found none");
    }
  }

  private static double babilong(Prediction prediction, Sample sample) {
    var question = sample.spans("query").map(sample::text).findFirst().orElse("");
    var labels = Gold.texts(sample, "labels");
    return sample.answers().stream().anyMatch(a -> Babilong.correct(prediction.text(), a, question, labels)) ? 1 : 0;
  }

  private static double supportF1(Prediction prediction, Sample sample) {
    var supports = prediction.supports() != null ? prediction.supports()
        : Citations.strict(prediction.text()).stream().map(i -> i - 1).toList();
    return Musique.supportF1(supports, Gold.integers(sample, "supports"));
  }

  private static List<Integer> gold(Sample sample) {
    return Gold.integers(sample, "citations");
  }

  private static PrecisionRecall citations(List<Integer> cited, Sample sample) {
    return PrecisionRecall.ofSets(cited, gold(sample));
  }

  /** What is usually reported on a task, by the name of {@link Sample#task}. */
  public static List<Metric> usual(String task) {
    return switch (task) {
      case "musique", "hotpot" -> List.of(EM, F1);
      case "summhay" -> List.of(CITATION_PRECISION, CITATION_RECALL, CITATION_F1, CITATION_PRECISION_LENIENT,
          CITATION_RECALL_LENIENT, CITATION_F1_LENIENT);
      case "kv" -> List.of(KV_ACCURACY);
      case "niah" -> List.of(ROUGE1_RECALL, STRING_MATCH_ALL);
      default -> List.of(BEST_SUBSPAN_EM, EM, F1);
    };
  }

  /** The metric of that {@link #id}; a LodestoneException lists the known ones otherwise. */
  public static Metric parse(String id) {
    return Arrays.stream(values()).filter(m -> m.id().equals(id)).findFirst().orElseThrow(() -> new LodestoneException(
        "Expected a metric among " + names() + " but found \"" + id + "\"."));
  }

  /** All {@link #id}s, with commas between. */
  public static String names() {
    return Arrays.stream(values()).map(Metric::id).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return id();
  }
}
