package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.data.Samples;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Recorded answers of real models with the scores that others' code gave them, where the files are there. */
class RecordedPredictionsTest {
  private interface Check {
    void accept(JsonNode record, List<String> answers);
  }

  private static int each(String file, Check check) {
    int[] count = new int[1];
    Lines.forEach(SharedFiles.get(file), (number, line) -> {
      var record = Json.parse(line, file);
      check.accept(record,
          StreamSupport.stream(record.get("answers").spliterator(), false).map(JsonNode::asText).toList());
      count[0]++;
    });
    return count[0];
  }

  @Test
  void lostInTheMiddle() {
    assertEquals(241, each("data/litm_real_predictions_rescored.jsonl.gz", (record, answers) ->
        assertEquals(record.get("recorded_metric").asDouble(),
            score(Metric.BEST_SUBSPAN_EM, record.get("model_answer"), answers))));
  }

  @Test
  void greedyAnswersOfTheReferenceModel() {
    assertEquals(50, each("models/smollm2-135m-instruct/reference/mdqa10.jsonl.gz", (record, answers) ->
        assertEquals(record.get("meta").get("best_subspan_em").asDouble(),
            score(Metric.BEST_SUBSPAN_EM, record.get("meta").get("text"), answers))));
  }

  @Test
  void rougeOfTheReferenceTrials() {
    assertEquals(100, each("models/smollm2-135m-instruct/reference/niah.jsonl.gz", (record, answers) ->
        assertEquals(record.get("meta").get("rouge1_recall").asDouble(), // recorded with four digits
            score(Metric.ROUGE1_RECALL, record.get("meta").get("text"), answers), 5.1e-5)));
  }

  /** 100 predictions that MuSiQue's own evaluator scored. */
  @Test
  void officialMusiqueExample() {
    var example = Json.readFile(SharedFiles.get("data/musique_official_eval_example.json.gz"));
    var gold = Samples.readText(SharedFiles.get("data/" + example.get("gold_file").asText()), Samples.Format.MUSIQUE);
    var predictions = example.get("predictions");
    assertEquals(gold.size(), predictions.size());
    var scores = new Musique();
    for (int i = 0; i < gold.size(); i++) {
      var line = predictions.get(i);
      assertEquals(gold.get(i).id(), line.get("id").asText());
      List<Integer> supports = new ArrayList<>();
      line.get("predicted_support_idxs").forEach(n -> supports.add(n.asInt()));
      scores.add(gold.get(i), new Prediction(line.get("predicted_answer").asText(), supports,
          line.get("predicted_answerable").asBoolean()));
    }
    assertEquals(Map.of("answer_f1", 0.624, "answer_em", 0.35, "support_f1", 0.746), scores.scores());
  }

  private static double score(Metric metric, JsonNode prediction, List<String> answers) {
    return metric.score(Prediction.of(prediction.asText()),
        MetricTest.sample(answers, Json.mapper().createObjectNode()));
  }
}
