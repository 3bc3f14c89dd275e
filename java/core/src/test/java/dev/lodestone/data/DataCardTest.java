package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCardTest {
  @TempDir Path dir;

  private static Sample sample(int i) {
    var meta = Json.mapper().createObjectNode().put("seed", 7).put("index", i).put("depth", 50 * (i % 3))
        .put("tokens", 10 + i);
    return new Sample("s-" + i, "niah", "\ud83e\udea1".repeat(i + 1), List.of("a"), List.of(), meta);
  }

  private DataCard card(Contamination.Report contamination) throws IOException {
    var statistics = new SampleStatistics();
    IntStream.range(0, 100).forEach(i -> statistics.add(sample(i)));
    var source = Files.writeString(dir.resolve("book.txt"), "text");
    return new DataCard("niah", statistics, Json.mapper().createObjectNode().put("seed", 7),
        List.of(DataCard.Source.of(source, "public | domain")), "CC0", Map.of("lodestone", "0.1"), contamination, 3);
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  @Test
  void saysWhatTheFileHolds() throws Exception {
    var file = dir.resolve("data.jsonl.gz");
    Samples.write(file, IntStream.range(0, 100).mapToObj(DataCardTest::sample));
    var overlap = new Contamination.Report(13, List.of("eval.jsonl"), 5, 103, 3);
    var json = Json.readFile(DataCard.write(file, card(overlap)));
    assertEquals("data.jsonl.gz", json.get("file").asText());
    assertEquals(sha256(file), json.get("sha256").asText());
    assertEquals(Files.size(file), json.get("bytes").asLong());
    assertEquals(100, json.get("samples").asInt());
    assertEquals(3, json.get("dropped").asInt());
    assertEquals("{\"min\":1,\"mean\":50.5,\"max\":100,\"sum\":5050}", json.get("characters").toString());
    assertEquals("{\"min\":10,\"mean\":59.5,\"max\":109,\"sum\":5950}", json.get("tokens").toString());
    assertEquals("{\"seed\":{\"7\":100},\"depth\":{\"0\":34,\"50\":33,\"100\":33}}", json.get("axes").toString(),
        "the index is no axis");
    assertEquals(sha256(dir.resolve("book.txt")), json.at("/sources/0/sha256").asText());
    assertEquals(3 / 103.0, json.at("/contamination/share").asDouble());
    var text = Files.readString(dir.resolve("data.jsonl.gz.card.md"));
    assertTrue(text.contains("100 samples of the task niah, 3 more left out."), text);
    assertTrue(text.contains("| depth | 0 (34), 50 (33), 100 (33) |"), text);
    assertTrue(text.contains("| book.txt | public \\| domain | `"), text);
    assertTrue(text.contains("3 of 103 samples (2.91 %) share a run of 13 words with `eval.jsonl`"), text);
  }

  @Test
  void isSilentOnWhatWasNotLookedFor() throws IOException {
    var file = dir.resolve("data.jsonl");
    Samples.write(file, IntStream.range(0, 100).mapToObj(DataCardTest::sample));
    assertFalse(Json.readFile(DataCard.write(file, card(null))).has("contamination"));
    assertFalse(Files.readString(dir.resolve("data.jsonl.card.md")).contains("Overlap"));
  }

  @Test
  void needsTheFileInPlace() {
    assertThrows(LodestoneException.class, () -> DataCard.write(dir.resolve("none.jsonl"), card(null)));
    assertEquals(List.of("book.txt"), List.of(dir.toFile().list()));
  }
}
