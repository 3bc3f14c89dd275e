package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every metric against what the published codes return, to 1e-9. */
class MetricCasesTest {
  private static final double TOLERANCE = 1e-9;
  private static final Map<String, Metric> METRICS = Map.of("litm_example_best_subspan_em", Metric.BEST_SUBSPAN_EM,
      "litm_kv_accuracy", Metric.KV_ACCURACY, "musique_answer_em", Metric.EM, "musique_answer_f1", Metric.F1);

  @TestFactory
  Stream<DynamicTest> publishedCases() throws IOException {
    var cases = new ArrayList<JsonNode>();
    try (var in = getClass().getResourceAsStream("metric_cases.jsonl");
        var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        cases.add(new ObjectMapper().readTree(line));
      }
    }
    assertTrue(cases.size() > 200, "the file of cases is cut");
    return cases.stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> check(c)));
  }

  private static void check(JsonNode c) {
    var name = c.get("metric").asText();
    var prediction = c.get("prediction").asText();
    List<String> answers = StreamSupport.stream(c.get("references").spliterator(), false).map(JsonNode::asText)
        .toList();
    var expected = c.get("expected");
    switch (name) {
      case "normalize_answer.squad_re" -> assertEquals(expected.asText(), Normalize.SQUAD.apply(prediction));
      case "normalize_answer.litm_regex" -> assertEquals(expected.asText(),
          Normalize.LOST_IN_THE_MIDDLE.apply(prediction));
      case "porter_stem_nltk" -> assertEquals(expected.asText(), PorterStemmer.stem(prediction));
      case "best_subspan_em" ->
          assertEquals(expected.asDouble(), AnswerMetrics.bestSubspanEm(prediction, answers), TOLERANCE);
      case "rouge1_stemmed" -> checkRouge(expected, Rouge.rougeN(1, answers.get(0), prediction));
      case "rouge2_stemmed" -> checkRouge(expected, Rouge.rougeN(2, answers.get(0), prediction));
      case "rougeL_stemmed" -> checkRouge(expected, Rouge.rougeL(answers.get(0), prediction));
      case "niah_retrieval_head_score" ->
          assertEquals(expected.asDouble(), 100 * Metric.ROUGE1_RECALL.score(prediction, answers), TOLERANCE);
      default -> assertEquals(expected.asDouble(), METRICS.get(name).score(prediction, answers), TOLERANCE);
    }
  }

  private static void checkRouge(JsonNode expected, Rouge.Score score) {
    assertEquals(expected.get("precision").asDouble(), score.precision(), TOLERANCE);
    assertEquals(expected.get("recall").asDouble(), score.recall(), TOLERANCE);
    assertEquals(expected.get("fmeasure").asDouble(), score.f1(), TOLERANCE);
  }
}
