package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.data.SummHayJudgement;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every metric against what the published codes return, to 1e-9. */
class MetricCasesTest {
  private static final double TOLERANCE = 1e-9;

  /** Of one text and its answers. */
  private static final Map<String, ToDoubleBiFunction<String, Collection<String>>> SCORES = Map.of(
      "best_subspan_em", LostInTheMiddle::bestSubspanEm,
      "litm_example_best_subspan_em", (p, a) -> LostInTheMiddle.bestSubspanEm(LostInTheMiddle.firstLine(p), a),
      "litm_kv_accuracy", LostInTheMiddle::keyValueAccuracy,
      "musique_answer_em", Squad::exactMatch,
      "musique_answer_f1", Squad::f1,
      "longbench_qa_f1", LongBench::qaF1,
      "helmet_f1", Helmet::f1,
      "helmet_substring_exact_match", Helmet::substringExactMatch,
      "niah_retrieval_head_score", (p, a) -> 100 * Rouge.rouge1Recall(a.iterator().next(), p));

  /** From one text to another. */
  private static final Map<String, Function<String, String>> TEXTS = Map.of(
      "normalize_answer.squad_re", Normalize.SQUAD::apply,
      "normalize_answer.litm_regex", Normalize.LOST_IN_THE_MIDDLE::apply,
      "porter_stem_nltk", PorterStemmer::stem,
      "helmet_parse_output", Helmet::parseOutput,
      "ruler_postprocess_pred", Ruler::postprocess);

  @TestFactory
  Stream<DynamicTest> publishedCases() throws IOException {
    List<JsonNode> cases;
    try (var in = getClass().getResourceAsStream("metric_cases.jsonl")) {
      cases = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(l -> Json.parse(l, "case")).toList();
    }
    assertEquals(353, cases.size());
    return cases.stream().map(c -> DynamicTest.dynamicTest(name(c), () -> check(c)));
  }

  private static String name(JsonNode c) {
    return c.toString().substring(0, Math.min(200, c.toString().length()));
  }

  private static void check(JsonNode c) {
    var name = c.get("metric").asText();
    var prediction = c.get("prediction");
    var references = c.get("references");
    var expected = c.get("expected");
    if (SCORES.containsKey(name)) {
      double score = SCORES.get(name).applyAsDouble(prediction.asText(), texts(references));
      assertEquals(number(expected), score, TOLERANCE);
    } else if (TEXTS.containsKey(name)) {
      assertEquals(expected.asText(), TEXTS.get(name).apply(prediction.asText()));
    } else {
      switch (name) {
        case "rouge1_stemmed" -> checkRouge(expected, Rouge.rougeN(1, references.get(0).asText(), prediction.asText()));
        case "rouge2_stemmed" -> checkRouge(expected, Rouge.rougeN(2, references.get(0).asText(), prediction.asText()));
        case "rougeL_stemmed" -> checkRouge(expected, Rouge.rougeL(references.get(0).asText(), prediction.asText()));
        case "musique_support_f1" ->
            assertEquals(number(expected), Musique.supportF1(integers(prediction), integers(references)), TOLERANCE);
        case "musique_support_em" ->
            assertEquals(number(expected), Musique.supportEm(integers(prediction), integers(references)), TOLERANCE);
        case "musique_group_answer_sufficiency_f1" -> checkGroup(prediction, references, expected);
        case "ruler_string_match_all" -> assertEquals(number(expected),
            Ruler.percent(Ruler::matchAll, texts(prediction), lists(references)), TOLERANCE);
        case "ruler_string_match_part" -> assertEquals(number(expected),
            Ruler.percent(Ruler::matchPart, texts(prediction), lists(references)), TOLERANCE);
        case "babilong_compare_answers" -> assertEquals(expected.asBoolean(),
            Babilong.correct(prediction.get("output").asText(), references.get(0).asText(),
                prediction.get("question").asText(), Babilong.LABELS.get(prediction.get("task").asText())));
        case "summhay_extract_citations" -> assertEquals(integers(expected), Citations.strict(prediction.asText()));
        case "summhay_single" -> {
          var scores = new SummHay();
          scores.add(SummHay.Coverage.parse(prediction.get("coverage").asText()), texts(prediction.get("bullets")),
              prediction.get("bullet_id").asText(), integers(references));
          checkSummHay(expected, scores.scores());
        }
        case "summhay_subtopic_real" -> {
          var scores = new SummHay();
          for (var eval : prediction.get("evals")) {
            scores.add(SummHay.Coverage.parse(eval.get("coverage").asText()), texts(prediction.get("bullets")),
                eval.get("bullet_id").asText(), integers(references.get(eval.get("insight_id").asText())));
          }
          checkSummHay(expected, scores.scores());
        }
        case "summhay_topic_real" -> checkTopic(prediction, expected);
        default -> throw new AssertionError("no test of " + name);
      }
    }
  }

  private static void checkRouge(JsonNode expected, PrecisionRecall score) {
    assertEquals(expected.get("precision").asDouble(), score.precision(), TOLERANCE);
    assertEquals(expected.get("recall").asDouble(), score.recall(), TOLERANCE);
    assertEquals(expected.get("fmeasure").asDouble(), score.f1(), TOLERANCE);
  }

  /** Two forms of a question, each with its prediction. */
  private static void checkGroup(JsonNode predictions, JsonNode references, JsonNode expected) {
    var scores = new Musique();
    for (int i = 0; i < 2; i++) {
      scores.add(MetricTest.sample(texts(references.get(i).get(0)), Json.mapper().createObjectNode()
          .put("answerable", references.get(i).get(1).asBoolean())),
          new Prediction(predictions.get(i).get(0).asText(), null, predictions.get(i).get(1).asBoolean()));
    }
    assertEquals(number(expected), scores.scores().get("group_answer_sufficiency_f1"), TOLERANCE);
  }

  /** Over a whole topic file, which is too large to be kept here. */
  private static void checkTopic(JsonNode prediction, JsonNode expected) {
    var file = SharedFiles.get("data/" + prediction.get("topic").asText() + ".summaries_and_judgements.json.gz");
    var scores = new SummHay();
    for (var j : SummHayJudgement.read(file, prediction.get("model").asText())) {
      scores.add(SummHay.Coverage.parse(j.coverage()), j.bullets(), j.bulletId(), j.documents());
    }
    checkSummHay(expected, scores.scores());
  }

  private static void checkSummHay(JsonNode expected, SummHay.Scores scores) {
    assertEquals(number(expected.get("coverage_score")), scores.coverage(), TOLERANCE);
    assertEquals(number(expected.get("citation_score")), scores.citation(), TOLERANCE);
    assertEquals(number(expected.get("joint_score")), scores.joint(), TOLERANCE);
    assertEquals(number(expected.get("citation_precision")), scores.precision(), TOLERANCE);
    assertEquals(number(expected.get("citation_recall")), scores.recall(), TOLERANCE);
  }

  /** A number, a truth value as 1 or 0, or a list of at most one number. */
  private static double number(JsonNode node) {
    return node.isArray() ? (node.isEmpty() ? Double.NaN : number(node.get(0)))
        : node.isBoolean() ? (node.asBoolean() ? 1 : 0) : node.doubleValue();
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  private static List<Integer> integers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asInt).toList();
  }

  private static List<List<String>> lists(JsonNode array) {
    var lists = new ArrayList<List<String>>();
    array.forEach(list -> lists.add(texts(list)));
    return lists;
  }
}
