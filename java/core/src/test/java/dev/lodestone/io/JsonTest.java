package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @TempDir Path folder;

  @Test
  void writesWhatItReads() throws Exception {
    Path file = folder.resolve("deep/er/a.json");
    Json.writeFile(file, Json.parse("{\"a\":[1,2.5,null],\"b\":{\"c\":\"é\"}}", "text"));
    assertEquals("{\n  \"a\": [ 1, 2.5, null ],\n  \"b\": {\n    \"c\": \"é\"\n  }\n}\n", Files.readString(file));
    assertEquals("é", Json.readFile(file).path("b").path("c").asText());
  }

  @Test
  void readsWhatPythonWrites() {
    assertTrue(Double.isNaN(Json.parse("[NaN]", "text").get(0).doubleValue()));
    assertEquals(Double.NEGATIVE_INFINITY, Json.parse("[-Infinity]", "text").get(0).doubleValue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{oops", "{} {}", "{\"a\":1,\"a\":2}", "\u0000\u0001", "[1,", "\"\\ud800"})
  void refusesWhatIsNotOneValue(String text) {
    var e = assertThrows(LodestoneException.class, () -> Json.parse(text, "data.jsonl line 3"));
    assertTrue(e.getMessage().startsWith("data.jsonl line 3"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void refusesNestingThatWouldOverflowTheStack() {
    assertThrows(LodestoneException.class, () -> Json.parse("[".repeat(1_000_000), "text"));
  }

  @Test
  void namesPlaceAndFile() throws Exception {
    Path file = Files.writeString(folder.resolve("c.json"), "{\n  \"a\": x\n}");
    String message = assertThrows(LodestoneException.class, () -> Json.readFile(file)).getMessage();
    assertTrue(message.contains("c.json (line 2, column"), message);
    Path none = folder.resolve("none.json");
    message = assertThrows(LodestoneException.class, () -> Json.readFile(none)).getMessage();
    assertEquals("cannot read " + none + ": there is no such file", message);
  }
}
