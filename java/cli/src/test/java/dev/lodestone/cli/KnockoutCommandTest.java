package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnockoutCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path data;
  private Path heads;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    data = Files.writeString(folder.resolve("d.jsonl"), """
        {"id": "a", "prompt": "where is the cat", "answers": ["the mat"]}
        {"id": "b", "prompt": "where is it", "answers": ["far away", "away"]}
        """);
    heads = Files.writeString(folder.resolve("heads.json"), "{\"0-0\": [0.1], \"0-1\": [0.9]}");
    out = folder.resolve("knockout.json");
  }

  private Cli knockout(Object... more) {
    var words = new ArrayList<Object>(List.of("knockout", "--model", model, "--data", data, "--heads", heads, "--out",
        out, "--device", "cpu", "--max-new-tokens", "4"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  @Test
  void writesTheSweepAndPrintsATable() throws IOException {
    Cli run = knockout("--top", "1", "--metric", "f1", "--mode", "uniform", "--scope", "generated", "--controls", "3");
    assertEquals(0, run.code(), run.err());
    var json = Json.readFile(out);
    assertEquals("knockout model d.jsonl 2 f1 uniform generated 3", "%s %s %s %s %s %s %s %s".formatted(
        json.get("kind").asText(), json.get("model").asText(), json.get("data").asText(), json.get("samples"),
        json.get("metric").asText(), json.get("mode").asText(), json.get("scope").asText(), json.get("controls")));
    assertEquals(heads.toString(), json.get("heads_file").asText());
    var level = json.get("levels").get(0);
    assertEquals("[[0,1]]", level.get("heads").toString());
    assertEquals("[[[0,0]],[[0,0]],[[0,0]]]", level.get("control_heads").toString());
    assertEquals(3, level.get("controls").size());
    assertEquals("f1", json.at("/configuration/metric").asText());
    assertTrue(Files.readString(folder.resolve("knockout.csv")).startsWith("top,score,control_mean"));
    assertTrue(run.out().contains("f1 of 2 samples, whole model 0."), run.out());
    assertTrue(run.out().contains("heads removed  score  random heads  2.5 %  97.5 %  draws\n1 "), run.out());
  }

  @Test
  void theHighestHeadsGoFirst() throws IOException {
    model = TinyModel.write(folder.resolve("four"), 4);
    Files.writeString(heads, "{\"0-0\": [0.1], \"0-1\": [0.5], \"0-2\": [0.9], \"0-3\": [0.3]}");
    assertEquals(0, knockout("--top", "1,2", "--controls", "1").code());
    assertEquals("[[0,2]]", Json.readFile(out).at("/levels/0/heads").toString());
    assertEquals("[[0,2],[0,1]]", Json.readFile(out).at("/levels/1/heads").toString());
    assertEquals("[[[0,0],[0,3]]]", Json.readFile(out).at("/levels/1/control_heads").toString());
  }

  @Test
  void theMetricIsTheTasks() {
    assertEquals(0, knockout("--top", "1", "--mode", "mean").code());
    assertEquals("best_subspan_em", Json.readFile(out).get("metric").asText());
  }

  @Test
  void filesThatDoNotFitAreOneSentence() throws IOException {
    Files.writeString(heads, "{\"0-0\": [0.1], \"0-1\": [0.9], \"0-2\": [0.9]}");
    refused("expected scores of 1 layers of 2 heads, as the model has, but found 1 of 3", "--top", "1");
    Files.writeString(heads, "{\"0-0\": [0.1], \"0-1\": [0.9]}");
    refused("at least 2 other heads to draw random ones from but found 0", "--top", "2");
    refused("at least 1 other heads", "--top", "1", "--exclude-top", "2");
    Files.writeString(data, "{\"id\": \"x\", \"prompt\": \"the cat\"}\n");
    refused("sample x: expected answers", "--top", "1");
    Files.writeString(data, "{\"id\": \"y\", \"tokens\": [1, 2]}\n");
    refused("sample y: expected text", "--top", "1");
  }

  private void refused(String sentence, Object... more) {
    Cli run = knockout(more);
    assertEquals(1, run.code());
    assertEquals(1, run.errorLines().size(), run.err());
    assertTrue(run.err().contains(sentence), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongWordsAreExitTwo() {
    assertEquals(2, knockout("--top", "0").code());
    assertEquals(2, knockout("--controls", "0").code());
    assertEquals(2, knockout("--exclude-top", "-1").code());
    assertEquals(2, knockout("--mode", "ablate").code());
    assertEquals(2, knockout("--scope", "answer").code());
    assertEquals(2, knockout("--metric", "bleu").code());
    assertEquals(2, knockout("--max-new-tokens", "0").code());
    assertEquals(2, knockout("--out", folder.resolve("knockout.txt")).code());
  }
}
