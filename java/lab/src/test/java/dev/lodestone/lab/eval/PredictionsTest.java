package dev.lodestone.lab.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.metrics.Prediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictionsTest {
  @TempDir Path dir;

  private Predictions open(String text) throws IOException {
    return Predictions.open(Files.writeString(dir.resolve("p.jsonl"), text));
  }

  @Test
  void areTakenInAnyOrder() throws IOException {
    try (var predictions = open("""
        {"id": "a", "prediction": "1"}

        {"id": "b", "prediction": "2", "score": 0.5}
        {"id": "a", "prediction": "3"}
        {"id": "c", "predicted_answer": "4", "predicted_support_idxs": [7, 0], "predicted_answerable": false}
        {"id": "d", "predicted_answer": "5"}
        {"id": "e", "prediction": "6"}
        """)) {
      assertEquals("2", predictions.take("b").text());
      assertEquals("1", predictions.take("a").text());
      assertEquals(new Prediction("4", List.of(7, 0), false), predictions.take("c"));
      assertEquals("3", predictions.take("a").text());
      assertEquals(2, predictions.unused());
    }
  }

  @Test
  void aMissingOneIsOneSentence() throws IOException {
    try (var predictions = open("{\"id\": \"a\", \"prediction\": \"1\"}\n")) {
      predictions.take("a");
      var e = assertThrows(LodestoneException.class, () -> predictions.take("a"));
      assertEquals(dir.resolve("p.jsonl") + ": expected a prediction for sample a but found none.", e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "{\"prediction\": \"x\"}|id: expected a text but found nothing",
    "{\"id\": \"a\", \"prediction\": 5}|prediction: expected a text but found 5", "{\"id\": \"a\"}|found no prediction",
    "{\"id\": \"a\", \"predicted_answer\": \"x\", \"predicted_support_idxs\": [1.5]}|whole numbers but found 1.5",
    "oops|expected JSON"})
  void refusesDamagedLines(String line, String part) throws IOException {
    try (var predictions = open(line + "\n")) {
      var e = assertThrows(LodestoneException.class, () -> predictions.take("a"));
      assertTrue(e.getMessage().contains("p.jsonl line 1") && e.getMessage().contains(part), e.getMessage());
    }
  }
}
