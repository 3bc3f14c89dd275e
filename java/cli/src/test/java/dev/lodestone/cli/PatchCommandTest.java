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

class PatchCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path donor;
  private Path data;
  private Path heads;
  private Path donorHeads;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    donor = TinyModel.write(folder.resolve("donor"));
    data = Files.writeString(folder.resolve("d.jsonl"), """
        {"id": "a", "prompt": "where is the cat", "answers": ["the mat"]}
        {"id": "b", "prompt": "where is it", "answers": ["far away", "away"]}
        """);
    heads = Files.writeString(folder.resolve("heads.json"), "{\"0-0\": [0.1], \"0-1\": [0.9]}");
    donorHeads = Files.writeString(folder.resolve("donor.json"), "{\"0-0\": [0.3], \"0-1\": [0.8]}");
    out = folder.resolve("patch.json");
  }

  private Cli patch(Object... more) {
    var words = new ArrayList<Object>(List.of("patch", "--model", model, "--donor", donor, "--data", data, "--heads",
        heads, "--donor-heads", donorHeads, "--out", out, "--device", "cpu", "--max-new-tokens", "4"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  @Test
  void writesEverySetAndPrintsATable() {
    Cli run = patch("--top", "1", "--rows", "answer", "--controls", "2", "--metric", "f1");
    assertEquals(0, run.code(), run.err());
    var json = Json.readFile(out);
    assertEquals("patch model donor d.jsonl 2 f1 answer", "%s %s %s %s %s %s %s".formatted(json.get("kind").asText(),
        json.get("model").asText(), json.get("donor").asText(), json.get("data").asText(), json.get("samples"),
        json.get("metric").asText(), json.get("rows").asText()));
    assertEquals(json.get("receiver"), json.get("donor_score"));
    assertEquals("[[0,1]]", json.at("/sets/0/heads").toString());
    assertEquals("[]", json.at("/sets/1/heads").toString());
    assertEquals("[[[0,0]],[[0,0]]]", json.at("/sets/2/draw_heads").toString());
    for (var set : json.get("sets")) {
      assertEquals(json.get("receiver"), set.get("score"), "the donor has the same weights");
    }
    assertEquals(2 * 3, json.get("forwards").asInt());
    assertEquals(2 * 2 + 2 * 2 * 3 - 2 * 3, json.get("forwards_saved").asInt());
    assertTrue(run.out().contains("complement        0"), run.out());
    assertTrue(run.out().contains("6 passes over prompts; 10 saved"), run.out());
  }

  @Test
  void filesThatDoNotFitAreOneSentence() throws IOException {
    Files.writeString(donorHeads, "{\"0-0\": [0.1]}");
    refused("donor.json: expected scores of 1 layers of 2 heads, as the model has, but found 1 of 1", "--top", "1");
    donorHeads = heads;
    refused("at least 2 other heads", "--top", "2", "--set", "random");
    donor = folder.resolve("nowhere");
    refused("does not exist", "--top", "1");
  }

  private void refused(String sentence, Object... more) {
    Cli run = patch(more);
    assertEquals(1, run.code());
    assertEquals(1, run.errorLines().size(), run.err());
    assertTrue(run.err().contains(sentence), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongWordsAreExitTwo() {
    assertEquals(2, patch("--top", "0").code());
    assertEquals(2, patch("--controls", "0").code());
    assertEquals(2, patch("--set", "union").code());
    assertEquals(2, patch("--rows", "prompt").code());
    assertEquals(2, patch("--metric", "bleu").code());
  }
}
