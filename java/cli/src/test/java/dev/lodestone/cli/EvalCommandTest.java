package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
  @TempDir Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    data = Files.writeString(folder.resolve("d.jsonl"), """
        {"id": "a", "prompt": "where is the cat", "answers": ["the mat"]}
        {"id": "b", "prompt": "where is it", "answers": ["far away", "away"]}
        """);
    out = folder.resolve("eval.jsonl.gz");
  }

  private Cli eval(Object... more) {
    var words = new ArrayList<Object>(List.of("eval", "--data", data, "--out", out, "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  private List<JsonNode> rows() {
    var rows = new ArrayList<JsonNode>();
    Lines.forEach(out, (number, text) -> rows.add(Json.parse(text, "row")));
    return rows;
  }

  private Path predictions(String text) throws IOException {
    return Files.writeString(folder.resolve("p.jsonl"), text);
  }

  @Test
  void scoresExistingPredictionsInTheOrderOfTheData() throws IOException {
    Path predictions = predictions("""
        {"id": "b", "prediction": "It ran away."}
        {"id": "a", "prediction": "a mat"}
        """);
    Cli run = eval("--predictions", predictions, "--metric", "best_subspan_em,em,f1", "--json");
    assertEquals(0, run.code(), run.err());
    assertEquals("a", rows().get(0).get("id").asText());
    assertEquals(1, rows().get(0).get("em").asInt()); // articles do not count
    assertEquals(1, rows().get(1).get("best_subspan_em").asInt());
    assertEquals(0, rows().get(1).get("em").asInt());
    assertEquals(0.5, rows().get(1).get("f1").asDouble()); // one word of three against the only one
    var json = Json.parse(run.out(), "summary");
    assertEquals(0.5, json.get("em").asDouble());
    assertEquals(2, json.get("samples").asInt());
  }

  @Test
  void aModelAnswersEverySample() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"));
    assertEquals(0, eval("--model", model, "--metric", "f1", "--max-new-tokens", "4").code());
    assertEquals(2, rows().size());
    String prediction = rows().get(1).get("prediction").asText();
    assertTrue(prediction.split(" ").length <= 4 && List.of(TinyModel.WORDS).contains(prediction.split(" ")[0]),
        prediction);
    assertTrue(rows().get(1).get("f1").isNumber());
  }

  @Test
  void predictionsThatDoNotFitAreRefused() throws IOException {
    for (String text : List.of("{\"id\": \"a\", \"prediction\": \"x\"}\n", "{\"id\": \"a\"}\n", "oops\n",
        "{\"id\": \"a\", \"prediction\": \"x\"}\n{\"id\": \"a\", \"prediction\": \"y\"}\n")) {
      Cli run = eval("--predictions", predictions(text));
      assertEquals(1, run.code(), text);
      assertEquals(1, run.errorLines().size(), run.err());
      assertFalse(Files.exists(out));
    }
  }

  @Test
  void samplesWithoutAnswersAreRefused() throws IOException {
    Path predictions = predictions("{\"id\": \"a\", \"prediction\": \"x\"}\n");
    Files.writeString(data, "{\"id\": \"a\", \"prompt\": \"the cat\"}\n");
    assertEquals(1, eval("--predictions", predictions).code());
  }

  @Test
  void wrongWordsAreExitTwo() throws IOException {
    Path predictions = predictions("{\"id\": \"a\", \"prediction\": \"x\"}\n");
    assertEquals(2, eval().code());
    assertEquals(2, eval("--predictions", predictions, "--model", folder).code());
    assertEquals(2, eval("--predictions", predictions, "--metric", "bleu").code());
    assertEquals(2, eval("--predictions", predictions, "--format", "xml").code());
  }
}
