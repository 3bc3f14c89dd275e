package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HaystackTextTest {
  @TempDir Path dir;

  @Test
  void splitsIntoSentences() {
    assertEquals(List.of("A CHAPTER", "“Well, Mr. Bennet,” said she.", "He came (so it seemed.)", "Then left!"),
        HaystackText.split(
            "A CHAPTER\n\n  “Well, Mr. Bennet,” said\r\nshe. He  came (so it seemed.) Then left!\n"));
  }

  @Test
  void cutsRunsWithoutAnEnd() {
    var pieces = HaystackText.split("word ".repeat(250));
    assertEquals(3, pieces.size());
    assertTrue(HaystackText.split(" \n\n ").isEmpty());
  }

  @Test
  void theBuiltInTextIsLongAndClean() {
    var text = HaystackText.builtin();
    assertTrue(text.sentences().size() > 3000, text.sentences().size() + "");
    assertTrue(text.sentences().get(0).startsWith("It is a truth universally acknowledged"));
    assertTrue(text.sentences().stream().noneMatch(s -> s.contains("\n") || s.contains("_") || s.isBlank()));
  }

  @Test
  void readsFiles() throws IOException {
    var one = Files.writeString(dir.resolve("1.txt"), "One. Two.");
    var two = Files.writeString(dir.resolve("2.txt"), "Three.");
    assertEquals(List.of("One.", "Two.", "Three."), HaystackText.read(List.of(one, two)).sentences());
    var empty = Files.writeString(dir.resolve("3.txt"), "\n");
    assertThrows(LodestoneException.class, () -> HaystackText.read(List.of(empty)));
  }

  @Test
  void readsNeedles() throws IOException {
    assertEquals(3, NeedleText.wu().size());
    assertTrue(NeedleText.builtin().size() >= 6);
    var file = Files.writeString(dir.resolve("n.jsonl"),
        "{\"needle\":\"The cat sat.\",\"question\":\"Who sat?\",\"real_needle\":\"The cat\"}\n");
    assertEquals("The cat", NeedleText.read(file).get(0).answer());
    Files.writeString(file, "{\"needle\":\"The cat sat.\",\"question\":\"Who sat?\",\"answer\":\"dog\"}\n");
    var e = assertThrows(LodestoneException.class, () -> NeedleText.read(file));
    assertTrue(e.getMessage().contains("dog"), e.getMessage());
    Files.writeString(file, "{\"needle\":\"The cat sat.\"}\n");
    e = assertThrows(LodestoneException.class, () -> NeedleText.read(file));
    assertTrue(e.getMessage().contains("question"), e.getMessage());
  }
}
