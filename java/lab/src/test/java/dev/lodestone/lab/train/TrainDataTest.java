package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainDataTest {
  private static final int X = TrainSample.IGNORED;

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    try (Engine engine = Engine.open(Device.CPU, 1)) {
      model = TestModels.write(engine, folder.resolve("model"));
    }
  }

  /** Words are tokens: the=1 city=2 is=3 Rome=4 ?=5; 7 ends a text. */
  private void writeTokenizer() throws IOException {
    Files.writeString(model.resolve("tokenizer.json"), """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
         "model": {"type": "WordLevel", "unk_token": "u",
                   "vocab": {"u": 0, "the": 1, "city": 2, "is": 3, "Rome": 4, "?": 5}}}""");
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": 7}");
  }

  private List<TrainSample> read(String... lines) throws IOException {
    Path data = Files.write(folder.resolve("data.jsonl"), List.of(lines));
    try (ModelFolder opened = ModelFolder.open(model)) {
      return TrainData.read(opened, data, false);
    }
  }

  @Test
  void textIsLearnedOnTheAnswerAndTheEnd() throws IOException {
    writeTokenizer();
    TrainSample row = read("""
        {"id": "a", "task": "t", "prompt": "the city is", "answers": ["Rome ?", "Paris"], "spans": [], "meta": {}}""")
        .get(0);
    assertArrayEquals(new int[] {1, 2, 3, 4, 5, 7}, row.tokens());
    assertArrayEquals(new int[] {X, X, X, 4, 5, 7}, row.labels());
    assertEquals(3, row.labelled());
  }

  @Test
  void charactersOutsideTheBasicPlaneDoNotShiftTheAnswer() throws IOException {
    writeTokenizer();
    TrainSample row = read("""
        {"id": "a", "task": "t", "prompt": "𝄞 𝄞 𝄞 is ", "answers": ["the city"], "spans": [], "meta": {}}""").get(0);
    assertArrayEquals(new int[] {X, X, X, X, 1, 2, 7}, row.labels());
  }

  @Test
  void tokensAreLearnedWhereTheirLabelsSayOrEverywhere() throws IOException {
    List<TrainSample> rows = read(
        "{\"id\": \"a\", \"tokens\": [1, 2, 3], \"labels\": [-100, 2, -100]}",
        "{\"id\": \"b\", \"tokens\": [4, 5, 6, 7], \"packed_lengths\": [3, 1]}");
    assertArrayEquals(new int[] {X, 2, X}, rows.get(0).labels());
    assertEquals(1, rows.get(0).labelled());
    assertArrayEquals(new int[] {4, 5, 6, 7}, rows.get(1).labels());
    assertEquals(2, rows.get(1).labelled()); // nothing predicts a document's first token
    assertEquals(3, rows.get(1).longest());
  }

  @Test
  void aWeightStandsInTheSampleOrItsMeta() throws IOException {
    List<TrainSample> rows = read("{\"id\": \"a\", \"tokens\": [1, 2], \"weight\": 0.5}",
        "{\"id\": \"b\", \"tokens\": [1, 2]}");
    assertEquals(List.of(0.5, 1.0), rows.stream().map(TrainSample::weight).toList());
    writeTokenizer();
    rows = read("""
        {"id": "c", "task": "t", "prompt": "the", "answers": ["city"], "meta": {"weight": 2}}""", """
        {"id": "d", "task": "t", "prompt": "the", "answers": ["city"], "weight": 3}""");
    assertEquals(List.of(2.0, 3.0), rows.stream().map(TrainSample::weight).toList());
    for (String weight : List.of("0", "-1", "1e300", "\"2\"")) {
      var e = assertThrows(LodestoneException.class,
          () -> read("{\"id\": \"a\", \"tokens\": [1, 2], \"weight\": " + weight + "}"));
      assertTrue(e.getMessage().contains("line 1: weight: expected a number above 0"), e.getMessage());
    }
  }

  @Test
  void whatHoldsNothingToLearnIsRefusedByName() throws IOException {
    var e = assertThrows(LodestoneException.class,
        () -> read("{\"id\": \"empty\", \"tokens\": [1, 2], \"labels\": [1, -100]}"));
    assertTrue(e.getMessage().contains("'empty' holds nothing to learn"), e.getMessage());
    writeTokenizer();
    e = assertThrows(LodestoneException.class, () -> read("""
        {"id": "mute", "task": "t", "prompt": "the city", "answers": [], "spans": [], "meta": {}}"""));
    assertTrue(e.getMessage().contains("'mute' has no answer"), e.getMessage());
  }
}
