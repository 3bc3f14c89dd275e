package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.util.List;
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
            Metric.BEST_SUBSPAN_EM.score(record.get("model_answer").asText(), answers))));
  }

  @Test
  void greedyAnswersOfTheReferenceModel() {
    assertEquals(50, each("models/smollm2-135m-instruct/reference/mdqa10.jsonl.gz", (record, answers) ->
        assertEquals(record.get("meta").get("best_subspan_em").asDouble(),
            Metric.BEST_SUBSPAN_EM.score(record.get("meta").get("text").asText(), answers))));
  }

  @Test
  void rougeOfTheReferenceTrials() {
    assertEquals(100, each("models/smollm2-135m-instruct/reference/niah.jsonl.gz", (record, answers) ->
        assertEquals(record.get("meta").get("rouge1_recall").asDouble(), // recorded with four digits
            Metric.ROUGE1_RECALL.score(record.get("meta").get("text").asText(), answers), 5.1e-5)));
  }
}
